import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { WebSocket } from "ws";
import { createDatabase, createPool, noHooks } from "../../../src/platform/db/database.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { openQueue, type QueueOptions } from "../../../src/platform/queue/queue.ts";
import { startScript } from "../support/servers.ts";
import { floorJob } from "./floor-job.ts";

/**
 * The least that the way from a post to a frame can cost with these parts: one insert committed, one bare job of the
 * queue carried out by another process, one commit there, one wake-up to a third process, one frame on a socket. The same
 * pool, durability and processes as the product, and no product code on the way. Milliseconds each, at the same rate.
 */
export const measureFloor = async (
  url: string,
  backend: QueueOptions["backend"],
  load: { readonly perSecond: number; readonly samples: number },
): Promise<number[]> => {
  const pool = createPool({
    url,
    max: 10,
    statementTimeoutMs: 8_000,
    applicationName: "floor",
    onError: () => undefined,
  });
  const { q } = createDatabase(pool, noHooks);
  await q.execute(
    sql`create table if not exists floor_rows (id bigint generated always as identity primary key, at text, note text)`,
  );
  const environment = { FLOOR_DATABASE: url, FLOOR_BACKEND: backend.kind, FLOOR_QUEUE: backend.url };
  const worker = await startScript(new URL("./floor-worker.ts", import.meta.url), environment);
  const server = await startScript(new URL("./floor-socket.ts", import.meta.url), environment);
  const queue = await openQueue({
    backend: { ...backend, namespace: "floor" },
    contracts: [floorJob],
    log: silentLogger,
  });
  const socket = new WebSocket(server.firstLine);
  const arrived = new Map<string, number>();
  await new Promise<void>((resolve) => {
    socket.once("open", resolve);
  });
  socket.on("message", (data: Buffer) => arrived.set(data.toString("utf8"), performance.now()));
  const latencies: number[] = [];
  const sent = new Map<string, number>();
  const begin = performance.now();
  for (let at = 0; at < load.samples; at += 1) {
    await delay(Math.max(0, begin + (at * 1_000) / load.perSecond - performance.now()));
    const key = String(at);
    sent.set(key, performance.now());
    await q.execute(sql`insert into floor_rows (at, note) values (${key}, 'posted')`);
    queue.producer.enqueue({ job: floorJob.name, payload: { key } });
  }
  for (let waited = 0; waited < 5_000 && arrived.size < load.samples; waited += 20) await delay(20);
  for (const [key, sentAt] of sent) {
    const atMs = arrived.get(key);
    // The first few pay for opening connections.
    if (atMs !== undefined && Number(key) >= 20) latencies.push(atMs - sentAt);
  }
  socket.terminate();
  await queue.close();
  await worker.stop();
  await server.stop();
  await pool.end();
  return latencies;
};
