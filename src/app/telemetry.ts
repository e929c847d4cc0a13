import type pg from "pg";
import { figureSources, figuresOf, readFigures } from "../features/operations/index.ts";
import { readOutbox } from "../features/reach/index.ts";
import type { Config } from "../config/config.ts";
import type { Queryable } from "../platform/db/database.ts";
import type { Logger } from "../platform/log/log.ts";
import type { Queue } from "../platform/queue/queue.ts";
import type { OnFrames } from "../platform/realtime/fan-out.ts";
import { createMetrics, type Metrics } from "../platform/telemetry/metrics.ts";
import { createOtlpExporter } from "../platform/telemetry/otlp.ts";
import { beginSpan, traceIdOf, type SpanSink } from "../platform/telemetry/trace.ts";
import type { Releasers } from "./releasers.ts";
import { version } from "./version.ts";

/** What a process says about itself. */
export interface Telemetry {
  readonly metrics: Metrics;
  /** Undefined: nobody collects spans. */
  readonly sink: SpanSink | undefined;
}

export const openTelemetry = ({ tracing }: Config, log: Logger, releasers: Releasers): Telemetry => {
  const exporter = tracing === undefined ? undefined : createOtlpExporter({ ...tracing, version }, log);
  if (exporter !== undefined) releasers.add("traces", () => exporter.close());
  return { metrics: createMetrics(log), sink: exporter?.sink };
};

/** The figures of the pool, and those that the database and the queue hold. */
export const addFigures = (
  metrics: Metrics,
  parts: { pool: pg.Pool; q: Queryable; queue: Queue; hasMail: boolean },
): void => {
  const { pool, q, queue, hasMail } = parts;
  metrics.addGauges([
    { name: "covershare_db_connections", help: "Database connections of this process.", read: () => pool.totalCount },
    { name: "covershare_db_connections_idle", help: "Those that nobody uses.", read: () => pool.idleCount },
    { name: "covershare_db_waiting", help: "Work that waits for a connection.", read: () => pool.waitingCount },
    {
      name: "covershare_queue_up",
      help: "1 while jobs can be handed to the queue.",
      read: () => Number(queue.isReady()),
    },
    {
      name: "covershare_mail_configured",
      help: "1 where this process has a mail server to use.",
      read: () => Number(hasMail),
    },
  ]);
  metrics.addCostly(figureSources, async () => {
    const [held, outbox, counts] = await Promise.all([
      readFigures(q),
      readOutbox(q),
      queue.counts().catch(() => undefined),
    ]);
    return figuresOf(held, outbox, counts);
  });
};

/** The end of the way from a request to a frame, for whoever follows its trace. */
export const tellFrames =
  (log: Logger, sink: SpanSink | undefined): OnFrames =>
  (events, sockets) => {
    for (const { stream, offset, type, trace } of events) {
      if (trace === null || trace === undefined) continue;
      log.debug({ stream, offset, type, sockets, traceId: traceIdOf(trace) }, "sent");
      if (sink === undefined) continue;
      beginSpan({
        name: `frame ${type}`,
        kind: "producer",
        from: { traceparent: trace },
        sink,
        attributes: { "covershare.stream": stream, "covershare.offset": offset, "covershare.sockets": sockets },
      }).end();
    }
  };
