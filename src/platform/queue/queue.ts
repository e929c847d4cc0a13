import { UnrecoverableError } from "bullmq";
import { z } from "zod";
import { wallClock } from "../clock/clock.ts";
import type { FollowUp } from "../db/database.ts";
import { withoutSql } from "../db/sql-errors.ts";
import type { Logger } from "../log/log.ts";
import { beginSpan, carriedTrace, type Carried, type SpanSink } from "../telemetry/trace.ts";
import { openEngine, type FailedJob, type QueueBackend, type QueueCounts, type ReceivedJob } from "./backend.ts";
import { isDoneWithin } from "./in-time.ts";
import type { JobContract, JobHandler } from "./job.ts";

const READY_WITHIN_MS = 5_000;

export interface Producer {
  /**
   * Hands a job to the queue without waiting and without ever throwing: it is called after the commit, and whatever the
   * queue misses the sweep finds (M5). `delayMs` is how long the job waits before it may run.
   */
  enqueue(followUp: FollowUp, options?: { readonly delayMs?: number }): void;
}

export interface WorkerSettings {
  /** Jobs that this process carries out at once. */
  readonly concurrency: number;
}

export interface Queue {
  readonly producer: Producer;
  /** For readiness: can a job be handed on just now? */
  isReady(): boolean;
  /** Throws at once unless every contract has exactly one handler; resolves when the worker waits for jobs. */
  startWorkers(handlers: readonly JobHandler[], settings: WorkerSettings): Promise<void>;
  /** Called each time that the backend is there again after it was away: what lay in it may be lost. */
  onBack(listener: () => void): void;
  /** Once none of the jobs at hand in this process is any more, or after so long: for what nobody waits for. */
  untilIdle(ms: number): Promise<void>;
  counts(): Promise<QueueCounts>;
  /** Jobs that were given up, the last ones first. The sweep has done their work, or does. */
  failed(limit: number): Promise<readonly FailedJob[]>;
  /** Workers first (they finish what they have, within `graceMs`), then the producer. */
  close(graceMs?: number): Promise<void>;
}

export interface QueueOptions {
  readonly backend: QueueBackend;
  /** Every job there is. Payloads are parsed against these when sent and when received. */
  readonly contracts: readonly JobContract[];
  readonly log: Logger;
  /** Told of each job that ran. */
  readonly observe?: (job: string, seconds: number, outcome: "done" | "failed") => void;
  /** Where spans go. */
  readonly sink?: SpanSink | undefined;
}

const index = <T>(items: readonly T[], nameOf: (item: T) => string, what: string): ReadonlyMap<string, T> => {
  const byName = new Map<string, T>();
  for (const item of items) {
    if (byName.has(nameOf(item))) throw new Error(`${what} "${nameOf(item)}" is declared twice.`);
    byName.set(nameOf(item), item);
  }
  return byName;
};

/** Boot stops where a job would be accepted that nobody carries out, or two would. */
const checkHandlers = (
  contracts: ReadonlyMap<string, JobContract>,
  handlers: readonly JobHandler[],
): ReadonlyMap<string, JobHandler> => {
  const byName = index(handlers, (handler) => handler.contract.name, "The handler of job");
  const missing = [...contracts.keys()].filter((name) => !byName.has(name));
  if (missing.length > 0) throw new Error(`No handler for job: ${missing.join(", ")}.`);
  const stray = [...byName.keys()].filter((name) => !contracts.has(name));
  if (stray.length > 0) throw new Error(`A handler for a job that is not registered: ${stray.join(", ")}.`);
  return byName;
};

/** The member of a job's data that carries whose request it is for, beside the payload. */
const TRACE = "_trace";
const traced = z.looseObject({
  [TRACE]: z.object({ traceparent: z.string(), requestId: z.string().optional() }).optional(),
});

const withTrace = (payload: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const carried = carriedTrace();
  return carried === undefined ? payload : { ...payload, [TRACE]: carried };
};

/** What a job carries, and for whom. Data of any other form is left to the contract to refuse. */
const apart = (data: unknown): { readonly payload: unknown; readonly from: Carried | undefined } => {
  const parsed = traced.safeParse(data);
  if (!parsed.success) return { payload: data, from: undefined };
  const { [TRACE]: from, ...payload } = parsed.data;
  return { payload, from };
};

/** Runs one job within the trace that it was enqueued in. A payload that does not fit will not fit better next time, so it fails without a retry. */
const processWith =
  (handlers: ReadonlyMap<string, JobHandler>, { log, observe, sink }: Pick<QueueOptions, "log" | "observe" | "sink">) =>
  async (job: ReceivedJob): Promise<void> => {
    const { payload, from } = apart(job.data);
    const begunMs = wallClock.monotonicMs();
    const span = beginSpan({
      name: `job ${job.name}`,
      kind: "consumer",
      from: from ?? { traceparent: "" },
      sink,
      attributes: { "messaging.destination.name": job.name },
    });
    let isError = true;
    try {
      await span.run(async () => runOne(handlers, job.name, payload));
      isError = false;
    } finally {
      const ms = wallClock.monotonicMs() - begunMs;
      span.run(() => log.debug({ job: job.name, ms: Math.round(ms), outcome: isError ? "failed" : "done" }, "job"));
      span.end({ isError });
      observe?.(job.name, ms / 1_000, isError ? "failed" : "done");
    }
  };

const runOne = async (handlers: ReadonlyMap<string, JobHandler>, name: string, payload: unknown): Promise<void> => {
  const handler = handlers.get(name);
  if (handler === undefined) throw new UnrecoverableError(`There is no job called ${name}.`);
  const parsed = handler.contract.payload.safeParse(payload);
  if (!parsed.success) {
    const where = parsed.error.issues.map((issue) => issue.path.map(String).join(".") || "payload").join(", ");
    throw new UnrecoverableError(`The payload of ${name} does not fit its contract: ${where}.`);
  }
  try {
    await handler.run(payload);
  } catch (error) {
    // What BullMQ keeps of a failure is its message and stack: neither may hold SQL parameters.
    throw withoutSql(error);
  }
};

/** Jobs name sharing groups: more than this are never missed at once, and the sweep finds the rest. */
const MOST_KEPT = 1_000;

/** Opens the queue on its backend. Redis may be away at that moment; PostgreSQL may not. */
export const openQueue = async (options: QueueOptions): Promise<Queue> => {
  const { log } = options;
  const contracts = index(options.contracts, (contract) => contract.name, "The job");
  const engine = await openEngine(options.backend, log);
  const closers: ((graceMs: number) => Promise<void>)[] = [];
  const pending = new Set<Promise<void>>();
  const atHand = new Set<Promise<void>>();
  let isClosing = false;

  /** What could not be handed on while the backend was away, each thing once: handed on as soon as it is back. */
  const kept = new Map<string, FollowUp>();
  const missed = (followUp: FollowUp, why: string): void => {
    log.warn({ job: followUp.job, why }, "a job was not enqueued; the sweep will find its work");
    if (kept.size < MOST_KEPT) kept.set(JSON.stringify([followUp.job, followUp.payload]), followUp);
  };

  const enqueue: Producer["enqueue"] = (followUp, { delayMs = 0 } = {}) => {
    const { job, payload } = followUp;
    const contract = contracts.get(job);
    if (contract === undefined || !contract.payload.safeParse(payload).success) {
      log.error({ job }, "a job that is not registered, or whose payload does not fit, was dropped");
      return;
    }
    if (isClosing || !engine.isReady()) {
      missed(followUp, isClosing ? "the queue is closing" : "the queue's backend is away");
      return;
    }
    const adding = engine
      .add(job, withTrace(payload), { attempts: contract.attempts, delayMs })
      .catch((error: unknown) => missed(followUp, withoutSql(error).message))
      .finally(() => pending.delete(adding));
    pending.add(adding);
  };

  engine.onBack(() => {
    const again = [...kept.values()];
    kept.clear();
    for (const followUp of again) enqueue(followUp);
  });

  return {
    producer: { enqueue },
    onBack: (listener) => engine.onBack(listener),
    isReady: () => !isClosing && engine.isReady(),
    counts: () => engine.counts(),
    failed: async (limit) => (await engine.failed(limit)).map((job) => ({ ...job, data: apart(job.data).payload })),
    untilIdle: async (ms) => void (await isDoneWithin(Promise.allSettled(atHand), ms)),
    startWorkers: async (handlers, settings) => {
      const process = processWith(checkHandlers(contracts, handlers), options);
      const worker = engine.startWorker({
        concurrency: settings.concurrency,
        process: async (job) => {
          const work = process(job);
          atHand.add(work);
          await work.finally(() => atHand.delete(work));
        },
        onFailed: (job, error) =>
          log.error({ job: job?.name, attempt: job?.attemptsMade, error: error.message }, "a job failed"),
      });
      closers.push((graceMs) => worker.close(graceMs));
      // A queue that is away holds nobody up: the sweep does its work until it is back.
      if (!(await isDoneWithin(worker.ready(), READY_WITHIN_MS)))
        log.warn({}, "the queue does not answer; the sweep does its work meanwhile");
    },
    close: async (graceMs = 8_000) => {
      isClosing = true;
      await Promise.all(closers.map((close) => close(graceMs)));
      await Promise.race([Promise.allSettled(pending), new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
      await engine.close();
    },
  };
};
