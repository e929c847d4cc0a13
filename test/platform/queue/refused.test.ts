import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { newSpeakable } from "../../../src/platform/ids/ids.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { defineJob, handles } from "../../../src/platform/queue/job.ts";
import { openQueue, type Queue } from "../../../src/platform/queue/queue.ts";
import { openTestDatabase, until, type TestDatabase } from "../../support/index.ts";

const count = defineJob({ name: "count", payload: z.strictObject({ n: z.int() }), attempts: 1 });

/** What PostgreSQL says to whoever comes when all its connections are taken. */
const TOO_MANY = ((): Buffer => {
  const fields = Buffer.from("SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0");
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
})();

describe("a queue in a PostgreSQL without a connection to spare", { timeout: 40_000 }, () => {
  let db: TestDatabase;
  let door: Server;
  let queue: Queue;
  let isFull = false;
  let refusals = 0;
  const lines = new Set<Socket>();
  const seen: number[] = [];

  beforeAll(async () => {
    db = await openTestDatabase();
    const to = new URL(db.url);
    door = createServer((line) => {
      line.on("error", () => undefined);
      if (isFull) {
        refusals += 1;
        line.once("data", () => line.end(TOO_MANY));
        return;
      }
      const onward = connect(Number(to.port), to.hostname).on("error", () => line.destroy());
      line.on("close", () => onward.destroy());
      line.pipe(onward).pipe(line);
      lines.add(line);
    });
    door.listen(0, "127.0.0.1");
    await once(door, "listening");
    const address = door.address();
    const url = new URL(db.url);
    url.hostname = "127.0.0.1";
    url.port = String(typeof address === "object" && address !== null ? address.port : 0);
    const backend = { kind: "postgres", url: url.href, namespace: `q${newSpeakable(8).toLowerCase()}` } as const;
    queue = await openQueue({ backend, contracts: [count], log: silentLogger });
  });
  afterAll(async () => {
    await queue.close(1_000);
    door.close();
    for (const line of lines) line.destroy();
    await db.close();
  });

  const enqueue = (n: number): void => queue.producer.enqueue({ job: "count", payload: { n } });

  it("holds nobody up at the start, and works as soon as there is one", async () => {
    isFull = true;
    await queue.startWorkers(
      [
        handles(count, async ({ n }) => {
          await sleep(20);
          seen.push(n);
        }),
      ],
      { concurrency: 2 },
    );
    expect(refusals).toBeGreaterThan(1);
    isFull = false;
    enqueue(1);
    await until(() => seen.includes(1), { what: "the job", withinMs: 10_000 });
  });

  it("asks again a few times a second while it had work, and not without a pause", async () => {
    for (let n = 100; n < 300; n += 1) enqueue(n);
    await until(() => seen.length > 20, { what: "work at hand" });
    isFull = true;
    for (const line of lines) line.destroy();
    refusals = 0;
    await sleep(3_000);
    expect(refusals).toBeGreaterThan(1);
    expect(refusals).toBeLessThan(60);
    isFull = false;
    enqueue(999);
    await until(() => seen.includes(999), { what: "the job after it", withinMs: 20_000 });
  });
});
