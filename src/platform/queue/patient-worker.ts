import { setTimeout as sleep } from "node:timers/promises";
import { createPostgresBackend } from "bullmq";
import { closeWithin, isDoneWithin, type Closable } from "./in-time.ts";

/** What is needed of BullMQ's worker, whatever its backend. */
interface BullWorker extends Closable {
  waitUntilReady(): Promise<unknown>;
  run(): Promise<void>;
}

export interface RunningWorker {
  /** Its connections stand, and it waits for jobs. */
  ready(): Promise<void>;
  /** Waits for the jobs at hand; after `graceMs` the connections are cut and the stalled check of another worker finds the rest. */
  close(graceMs: number): Promise<void>;
}

const READY_WITHIN_MS = 15_000;
const AGAIN_AFTER_MS = 500;

/**
 * BullMQ's PostgreSQL, but slow to fail: after most errors its worker asks for the next job at once, so that a server without
 * a connection to spare is kept busy with refusing.
 */
export const patientPostgresBackend: typeof createPostgresBackend = (name, options, parts) => {
  const backend = createPostgresBackend(name, options, parts);
  const moveToActive = backend.moveToActive.bind(backend);
  backend.moveToActive = (...given) =>
    moveToActive(...given).catch(async (error: unknown) => {
      await sleep(AGAIN_AFTER_MS);
      throw error;
    });
  return backend;
};

/**
 * Runs a worker once its connections stand, and makes a new one until they do. `open` makes it with `autorun: false`.
 *
 * BullMQ keeps the failure of its first connection for ever. A worker that runs nevertheless would never get a job; on
 * PostgreSQL it asks again without a pause, in microtasks, and the whole process stands still.
 */
export const startPatiently = (open: () => BullWorker, onError: (error: Error) => void): RunningWorker => {
  let isClosing = false;
  let worker = open();
  const running = (async () => {
    for (;;) {
      try {
        if (await isDoneWithin(worker.waitUntilReady(), READY_WITHIN_MS)) break;
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)));
      }
      await closeWithin(worker, AGAIN_AFTER_MS);
      await sleep(AGAIN_AFTER_MS);
      if (isClosing) return;
      worker = open();
    }
    if (!isClosing) worker.run().catch(onError);
  })();
  return {
    ready: () => running,
    close: (graceMs) => {
      isClosing = true;
      return closeWithin(worker, graceMs);
    },
  };
};
