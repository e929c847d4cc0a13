import { withoutSql } from "../db/sql-errors.ts";
import type { Logger } from "../log/log.ts";
import type { Span, SpanKind, SpanSink } from "./trace.ts";

/*
 * OpenTelemetry's protocol over HTTP with JSON (OTLP 1.x), which every collector takes. Written out because the present
 * exporters want Node 22, and because all that is sent is a list of spans.
 */

export interface OtlpSettings {
  /** As in OTEL_EXPORTER_OTLP_ENDPOINT: `/v1/traces` is appended. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly version: string;
}

export interface OtlpExporter {
  readonly sink: SpanSink;
  /** Sends what is left. */
  close(): Promise<void>;
}

const SEND_EVERY_MS = 1_000;
const BATCH = 512;
/** What may wait for a collector that does not answer; older spans go first. */
const MOST_WAITING = 4_096;
const TIMEOUT_MS = 5_000;

const kinds: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, producer: 4, consumer: 5 };

const attribute = ([key, value]: readonly [string, string | number]) => ({
  key,
  value:
    typeof value === "string"
      ? { stringValue: value }
      : Number.isInteger(value)
        ? { intValue: String(value) }
        : { doubleValue: value },
});

const encode = (span: Span) => ({
  traceId: span.traceId,
  spanId: span.spanId,
  ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
  name: span.name,
  kind: kinds[span.kind],
  startTimeUnixNano: span.startNs,
  endTimeUnixNano: span.endNs,
  attributes: Object.entries(span.attributes).map(attribute),
  status: span.isError ? { code: 2 } : {},
});

/** The body of one export request. */
export const otlpBody = (settings: Pick<OtlpSettings, "serviceName" | "version">, spans: readonly Span[]) => ({
  resourceSpans: [
    {
      resource: {
        attributes: Object.entries({
          "service.name": settings.serviceName,
          "service.version": settings.version,
          "process.pid": process.pid,
        }).map(attribute),
      },
      scopeSpans: [{ scope: { name: "covershare", version: settings.version }, spans: spans.map(encode) }],
    },
  ],
});

export const createOtlpExporter = (settings: OtlpSettings, log: Logger): OtlpExporter => {
  const address = `${settings.endpoint.replace(/\/+$/, "")}/v1/traces`;
  let waiting: Span[] = [];
  let sending: Promise<void> | undefined;
  let hasFailed = false;

  const send = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH);
      waiting = waiting.slice(BATCH);
      try {
        const answer = await fetch(address, {
          method: "POST",
          headers: { ...settings.headers, "content-type": "application/json" },
          body: JSON.stringify(otlpBody(settings, batch)),
          signal: AbortSignal.timeout(TIMEOUT_MS),
          redirect: "error",
        });
        await answer.arrayBuffer();
        if (!answer.ok) throw new Error(`it answered ${answer.status}`);
        hasFailed = false;
      } catch (error) {
        // Spans help and are not needed: what a collector misses is not sent again. Said once an outage.
        if (!hasFailed) log.warn({ error: withoutSql(error).message }, "the OpenTelemetry collector takes no spans");
        hasFailed = true;
        return;
      }
    }
  };
  const flush = async (): Promise<void> => {
    sending ??= send().finally(() => {
      sending = undefined;
    });
    await sending;
  };
  const timer = setInterval(() => void flush(), SEND_EVERY_MS);
  timer.unref();
  return {
    sink: (span) => {
      waiting.push(span);
      if (waiting.length > MOST_WAITING) waiting.shift();
    },
    close: async () => {
      clearInterval(timer);
      await sending;
      await flush();
    },
  };
};
