import { createRedisBackend, runMigrations, withBackend, type Queue as BaseQueue } from "bullmq";
import { Redis } from "ioredis";
import pg from "pg";
import { wallClock } from "../clock/clock.ts";
import type { Logger } from "../log/log.ts";
import { closeWithin, isDoneWithin } from "./in-time.ts";
import { patientPostgresBackend, startPatiently, type RunningWorker } from "./patient-worker.ts";

/**
 * Where the queue lives. `namespace` keeps several installations apart on one Redis, and in one database (its schema):
 * lower-case letters and digits.
 */
export interface QueueBackend {
  readonly kind: "redis" | "postgres";
  readonly url: string;
  readonly namespace?: string;
}

/** How much lies in the queue, and since when. */
export interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
  /** Of the job that has waited longest; undefined where none waits. */
  readonly oldestWaitingMs: number | undefined;
}

/** A job that was given up; `why` is the message of its last failure. */
export interface FailedJob {
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
  readonly why: string;
  readonly attempts: number;
  readonly failedAt: Date | undefined;
}

/** What the queue needs of one BullMQ job, whichever backend it came from. */
export interface ReceivedJob {
  readonly name: string;
  readonly data: unknown;
  readonly attemptsMade: number;
}

export interface AddOptions {
  readonly attempts: number;
  readonly delayMs: number;
}

export interface WorkerOptions {
  readonly concurrency: number;
  readonly process: (job: ReceivedJob) => Promise<void>;
  readonly onFailed: (job: ReceivedJob | undefined, error: Error) => void;
}

/** BullMQ on one backend, reduced to what the project uses. */
export interface Engine {
  /** Called each time that the backend is there again after it was away: it may have come back empty. */
  onBack(listener: () => void): void;
  /** True while a job can be added without waiting for a connection. */
  isReady(): boolean;
  add(name: string, data: Readonly<Record<string, unknown>>, options: AddOptions): Promise<void>;
  startWorker(options: WorkerOptions): RunningWorker;
  counts(): Promise<QueueCounts>;
  /** The last ones first. */
  failed(limit: number): Promise<FailedJob[]>;
  close(): Promise<void>;
}

const QUEUE = "jobs";

const KEPT_FAILURES = { count: 1_000, age: 7 * 24 * 3_600 };

/**
 * A worker that dies is noticed when its 3 s lock has lapsed. The short wait for an empty queue (1 s) bounds what a wake-up
 * costs that was lost with a connection; the short retry, what an outage costs after its end (BullMQ waits 15 s).
 */
const WORKER = {
  lockDuration: 3_000,
  stalledInterval: 1_500,
  maxStalledCount: 2,
  drainDelay: 1,
  runRetryDelay: 500,
  autorun: false,
  removeOnComplete: { count: 0 },
  removeOnFail: KEPT_FAILURES,
};

const START_WITHIN_MS = 15_000;

const jobOptions = (options: AddOptions) => ({
  attempts: options.attempts,
  delay: options.delayMs,
  backoff: { type: "exponential", delay: 100, jitter: 0.5 },
  removeOnComplete: true,
  removeOnFail: KEPT_FAILURES,
});

/** First reconnect at once, then a quarter of a second apart: an outage must not cost much more than it lasts. */
const retryStrategy = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt - 1, 3), 250);

type BullQueue = Pick<BaseQueue<Readonly<Record<string, unknown>>, void>, "getJobCounts" | "getJobs">;

/** What people and monitors ask of the queue, on either backend. */
const looks = (queue: BullQueue): Pick<Engine, "counts" | "failed"> => ({
  counts: async () => {
    const counts = await queue.getJobCounts("waiting", "active", "delayed", "failed");
    const [oldest] = await queue.getJobs(["waiting"], 0, 0, true);
    return {
      waiting: counts["waiting"] ?? 0,
      active: counts["active"] ?? 0,
      delayed: counts["delayed"] ?? 0,
      failed: counts["failed"] ?? 0,
      oldestWaitingMs: oldest === undefined ? undefined : Math.max(0, wallClock.now().getTime() - oldest.timestamp),
    };
  },
  failed: async (limit) =>
    (await queue.getJobs(["failed"], 0, limit - 1, false)).flatMap((job) =>
      job.id === undefined
        ? []
        : [
            {
              id: job.id,
              name: job.name,
              data: job.data,
              why: job.failedReason,
              attempts: job.attemptsMade,
              failedAt: job.finishedOn === undefined ? undefined : new Date(job.finishedOn),
            },
          ],
    ),
});

const openRedis = (backend: QueueBackend, onError: (error: Error) => void): Engine => {
  const prefix = backend.namespace ?? "covershare";
  const { Queue, Worker } = withBackend(createRedisBackend);
  // Without an offline queue an `add` fails at once while Redis is away. BullMQ's version check is skipped because a
  // connection lost during it would leave the queue failed for ever.
  const client = new Redis(backend.url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    connectTimeout: 2_000,
    keepAlive: 10_000,
    retryStrategy,
  });
  client.on("error", onError);
  const onBack: (() => void)[] = [];
  let wasReady = false;
  client.on("ready", () => {
    if (wasReady) for (const listener of onBack) listener();
    wasReady = true;
  });
  const queue = new Queue<Readonly<Record<string, unknown>>, void>(QUEUE, {
    connection: client,
    prefix,
    skipVersionCheck: true,
    skipMetasUpdate: true,
  });
  queue.on("error", onError);
  return {
    ...looks(queue),
    onBack: (listener) => void onBack.push(listener),
    isReady: () => client.status === "ready",
    add: async (name, data, options) => {
      await queue.add(name, data, jobOptions(options));
    },
    startWorker: (options) => {
      const open = () => {
        const worker = new Worker<unknown, void>(QUEUE, options.process, {
          ...WORKER,
          connection: {
            url: backend.url,
            maxRetriesPerRequest: null,
            connectTimeout: 2_000,
            keepAlive: 10_000,
            retryStrategy,
          },
          prefix,
          // The worker does ask for the version: without it every wait would be rounded up to whole seconds.
          concurrency: options.concurrency,
        });
        worker.on("error", onError);
        worker.on("failed", options.onFailed);
        return worker;
      };
      return startPatiently(open, onError);
    },
    close: async () => {
      await closeWithin(queue, 1_000);
      client.disconnect();
    },
  };
};

const openPostgres = async (backend: QueueBackend, onError: (error: Error) => void): Promise<Engine> => {
  const schema = backend.namespace ?? "bullmq";
  const { Queue, Worker } = withBackend(patientPostgresBackend);
  const migrating = new pg.Client({
    connectionString: backend.url,
    application_name: "covershare queue schema",
    connectionTimeoutMillis: 5_000,
    query_timeout: 30_000,
  });
  migrating.on("error", onError);
  await migrating.connect();
  try {
    // One transaction under an advisory lock: several processes may start at once.
    await runMigrations(migrating, schema);
  } finally {
    await isDoneWithin(migrating.end(), 1_000);
  }
  const connect = (max: number) => ({
    connectionString: backend.url,
    schema,
    max,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    application_name: "covershare queue",
    // The queue is disposable (decision 1): its commits need not wait for the disk, and the sweep finds what a crash lost.
    options: "-c synchronous_commit=off",
  });
  const queue = new Queue<Readonly<Record<string, unknown>>, void>(QUEUE, {
    connection: connect(4),
    skipMetasUpdate: true,
  });
  queue.on("error", onError);
  // A line that says nothing would hold the start up for ever; who watches over the process starts it again.
  if (!(await isDoneWithin(queue.waitUntilReady(), START_WITHIN_MS))) {
    await closeWithin(queue, 1_000);
    throw new Error("The queue's PostgreSQL does not answer.");
  }
  return {
    ...looks(queue),
    // What is in PostgreSQL is there when PostgreSQL is.
    onBack: () => undefined,
    isReady: () => true,
    add: async (name, data, options) => {
      await queue.add(name, data, jobOptions(options));
    },
    startWorker: (options) => {
      const open = () => {
        const worker = new Worker<unknown, void>(QUEUE, options.process, {
          ...WORKER,
          connection: connect(4),
          concurrency: options.concurrency,
        });
        worker.on("error", onError);
        worker.on("failed", options.onFailed);
        return worker;
      };
      return startPatiently(open, onError);
    },
    close: () => closeWithin(queue, 2_000),
  };
};

/** Reports at most one error in five seconds: an outage says so, and does not fill the log. */
const throttled = (log: Logger): ((error: Error) => void) => {
  let isQuiet = false;
  return (error) => {
    if (isQuiet) return;
    isQuiet = true;
    setTimeout(() => {
      isQuiet = false;
    }, 5_000).unref();
    log.warn({ error: error.message }, "the queue has trouble with its backend; the sweep covers for it");
  };
};

export const openEngine = async (backend: QueueBackend, log: Logger): Promise<Engine> => {
  const onError = throttled(log);
  return backend.kind === "redis" ? openRedis(backend, onError) : openPostgres(backend, onError);
};
