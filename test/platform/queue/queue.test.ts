import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { newSpeakable } from "../../../src/platform/ids/ids.ts";
import { silentLogger, type Logger } from "../../../src/platform/log/log.ts";
import type { QueueBackend } from "../../../src/platform/queue/backend.ts";
import { defineJob, handles } from "../../../src/platform/queue/job.ts";
import { openQueue, type Queue } from "../../../src/platform/queue/queue.ts";
import { describeWithRedis, freePort, openTestDatabase, until, type TestDatabase } from "../../support/index.ts";

const count = defineJob({ name: "count", payload: z.strictObject({ n: z.int() }), attempts: 3 });
const shout = defineJob({ name: "shout", payload: z.strictObject({ text: z.string() }), attempts: 1 });

const open = (backend: QueueBackend, log: Logger = silentLogger): Promise<Queue> =>
  openQueue({ backend, contracts: [count, shout], log });

const nothing = async (): Promise<void> => undefined;
const enough = { concurrency: 4 };

/** A logger that keeps what was said at error level. */
const keeping = (): { log: Logger; errors: string[] } => {
  const errors: string[] = [];
  const log: Logger = {
    ...silentLogger,
    error: (fields, message) => void errors.push(`${message} ${JSON.stringify(fields)}`),
    child: () => log,
  };
  return { log, errors };
};

/** Both backends keep the same promises. */
const onBackend = (name: string, backendOf: () => QueueBackend): void => {
  describe(`the queue on ${name}`, () => {
    it("carries jobs from one process to another, each to its own handler", async () => {
      const [producing, working] = await Promise.all([open(backendOf()), open(backendOf())]);
      const seen: string[] = [];
      await working.startWorkers(
        [
          handles(count, async ({ n }) => void seen.push(`count ${n}`)),
          handles(shout, async ({ text }) => void seen.push(`shout ${text}`)),
        ],
        enough,
      );
      await until(() => producing.isReady(), { what: "ready" });
      producing.producer.enqueue({ job: "count", payload: { n: 1 } });
      producing.producer.enqueue({ job: "shout", payload: { text: "hey" } });
      await until(() => seen.length === 2, { what: "both jobs" });
      expect(seen.toSorted()).toEqual(["count 1", "shout hey"]);
      await Promise.all([producing.close(), working.close()]);
    });

    it("says when no job is at hand any more, and does not wait for it for ever", async () => {
      const queue = await open(backendOf());
      let isAtIt = false;
      let finish = (): void => undefined;
      const held = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const hold = async (): Promise<void> => {
        isAtIt = true;
        await held;
      };
      await queue.startWorkers([handles(count, hold), handles(shout, nothing)], enough);
      await until(() => queue.isReady());
      // Nothing is at hand yet.
      await queue.untilIdle(60_000);
      queue.producer.enqueue({ job: "count", payload: { n: 1 } });
      await until(() => isAtIt, { what: "the job is at hand" });
      let isIdle = false;
      const idle = queue.untilIdle(60_000).then(() => {
        isIdle = true;
      });
      await queue.untilIdle(20);
      expect(isIdle).toBe(false);
      finish();
      await idle;
      await queue.close();
    });

    it("does a delayed job later, and not a second late", async () => {
      const queue = await open(backendOf());
      const ranAt: number[] = [];
      await queue.startWorkers(
        [handles(count, async () => void ranAt.push(performance.now())), handles(shout, nothing)],
        enough,
      );
      await until(() => queue.isReady());
      const startedAt = performance.now();
      queue.producer.enqueue({ job: "count", payload: { n: 1 } }, { delayMs: 300 });
      const [at = 0] = await until(() => ranAt.length > 0 && ranAt);
      expect(at - startedAt).toBeGreaterThanOrEqual(290);
      expect(at - startedAt).toBeLessThan(900);
      await queue.close();
    });

    it("tries a job that fails again, as often as its contract says", async () => {
      const { log, errors } = keeping();
      const queue = await open(backendOf(), log);
      let tries = 0;
      const fails = async (): Promise<void> => {
        tries += 1;
        throw new Error("not yet");
      };
      await queue.startWorkers([handles(count, fails), handles(shout, nothing)], enough);
      await until(() => queue.isReady());
      queue.producer.enqueue({ job: "count", payload: { n: 1 } });
      await until(() => errors.length === 3, { what: "three failures" });
      expect(tries).toBe(3);
      await queue.close();
    });

    it("parses on receipt: what does not fit fails once, without a retry, and does not reach the handler", async () => {
      // Another version of the contract, as during a rolling update.
      const older = defineJob({ name: "count", payload: z.looseObject({}), attempts: 3 });
      const producing = await openQueue({ backend: backendOf(), contracts: [older], log: silentLogger });
      const { log, errors } = keeping();
      const working = await open(backendOf(), log);
      const seen: number[] = [];
      await working.startWorkers([handles(count, async ({ n }) => void seen.push(n)), handles(shout, nothing)], enough);
      await until(() => producing.isReady());
      producing.producer.enqueue({ job: "count", payload: { n: "secret" } });
      producing.producer.enqueue({ job: "count", payload: { n: 2 } });
      await until(() => seen.length > 0 && errors.length > 0, { what: "both jobs" });
      expect(seen).toEqual([2]);
      expect(errors).toHaveLength(1);
      expect(errors[0]).toContain("does not fit its contract: n");
      expect(errors[0]).not.toContain("secret");
      await Promise.all([producing.close(), working.close()]);
    });

    it("drops, with an error in the log, what is not a job: the caller's work is committed and must not fail", async () => {
      const { log, errors } = keeping();
      const queue = await open(backendOf(), log);
      queue.producer.enqueue({ job: "count", payload: { n: "many" } });
      queue.producer.enqueue({ job: "sing", payload: {} });
      expect(errors).toHaveLength(2);
      await queue.close();
    });

    it("finishes the job at hand before it closes, and takes no other", async () => {
      const queue = await open(backendOf());
      const release = { now: (): void => undefined };
      const log: string[] = [];
      const slow = async ({ n }: { n: number }): Promise<void> => {
        log.push(`start ${n}`);
        await new Promise<void>((resolve) => {
          release.now = resolve;
        });
        log.push(`end ${n}`);
      };
      await queue.startWorkers([handles(count, slow), handles(shout, nothing)], { concurrency: 1 });
      await until(() => queue.isReady());
      queue.producer.enqueue({ job: "count", payload: { n: 1 } });
      await until(() => log.length === 1, { what: "the start" });
      queue.producer.enqueue({ job: "count", payload: { n: 2 } });
      const closing = queue.close();
      release.now();
      await closing;
      expect(log).toEqual(["start 1", "end 1"]);
      expect(queue.isReady()).toBe(false);
    });

    it("does not start with a handler missing, doubled or for nothing", async () => {
      const queue = await open(backendOf());
      const one = handles(count, nothing);
      const other = handles(shout, nothing);
      const stray = handles(defineJob({ name: "sing", payload: z.strictObject({}), attempts: 1 }), nothing);
      await expect(queue.startWorkers([one], enough)).rejects.toThrow("No handler for job: shout");
      await expect(queue.startWorkers([one, other, one], enough)).rejects.toThrow('"count" is declared twice');
      await expect(queue.startWorkers([one, other, stray], enough)).rejects.toThrow("not registered: sing");
      await queue.close();
    });
  });
};

describe("with PostgreSQL", () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());
  // A namespace for each test, shared by its processes.
  let namespace = "";
  beforeEach(() => {
    namespace = `q${newSpeakable(8).toLowerCase()}`;
  });
  onBackend("PostgreSQL", () => ({ kind: "postgres", url: db.url, namespace }));

  it("creates its schema once, however many processes start together", async () => {
    const queues = await Promise.all(
      Array.from({ length: 6 }, () => open({ kind: "postgres", url: db.url, namespace })),
    );
    expect(queues).toHaveLength(6);
    await Promise.all(queues.map((queue) => queue.close()));
  });
});

describeWithRedis("with Redis", (url) => {
  let namespace = "";
  beforeEach(() => {
    namespace = `q${newSpeakable(8).toLowerCase()}`;
  });
  onBackend("Redis", () => ({ kind: "redis", url, namespace }));

  it("a wiped Redis stops nothing: the next job is carried out", async () => {
    const queue = await open({ kind: "redis", url, namespace });
    const seen: number[] = [];
    await queue.startWorkers([handles(count, async ({ n }) => void seen.push(n)), handles(shout, nothing)], enough);
    await until(() => queue.isReady());
    const client = new Redis(url);
    const keys = await client.keys(`${namespace}:*`);
    await client.del(...keys);
    client.disconnect();
    queue.producer.enqueue({ job: "count", payload: { n: 7 } });
    await until(() => seen.includes(7), { what: "the job after the wipe" });
    expect(seen).toEqual([7]);
    await queue.close();
  });

  const hasServer = spawnSync("redis-server", ["--version"]).status === 0;
  describe.skipIf(!hasServer && process.env["CI"] !== "true")("when Redis is killed", () => {
    let port = 0;
    let redis: ChildProcess | undefined;
    const start = (): void => {
      redis = spawn("redis-server", ["--port", String(port), "--save", "", "--appendonly", "no"], { stdio: "ignore" });
    };
    const kill = async (): Promise<void> => {
      const child = redis;
      redis = undefined;
      if (child === undefined) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    };
    beforeAll(async () => {
      port = await freePort();
    });
    afterAll(kill);

    it("enqueueing neither blocks nor throws; what was missed is handed on, once, when it comes back empty", async () => {
      start();
      const backend = { kind: "redis", url: `redis://127.0.0.1:${port}`, namespace } as const;
      const queue = await open(backend);
      const seen: number[] = [];
      let backs = 0;
      queue.onBack(() => {
        backs += 1;
      });
      await queue.startWorkers([handles(count, async ({ n }) => void seen.push(n)), handles(shout, nothing)], enough);
      await until(() => queue.isReady(), { what: "Redis is there" });
      for (const round of [1, 2]) {
        await kill();
        await until(() => !queue.isReady(), { what: "Redis is away" });
        const startedAt = performance.now();
        for (let times = 0; times < 3; times += 1) queue.producer.enqueue({ job: "count", payload: { n: -round } });
        expect(performance.now() - startedAt).toBeLessThan(50);
        start();
        await until(() => queue.isReady(), { what: "Redis is back" });
        queue.producer.enqueue({ job: "count", payload: { n: round } });
        await until(() => seen.includes(round) && seen.includes(-round), { what: `jobs after outage ${round}` });
      }
      expect(seen.toSorted((left, right) => left - right)).toEqual([-2, -1, 1, 2]);
      expect(backs).toBe(2);
      await kill();
      const startedAt = performance.now();
      await queue.close(500);
      expect(performance.now() - startedAt).toBeLessThan(3_000);
    });
  });
});
