import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { defineJob, handles } from "../../../src/platform/queue/job.ts";
import { openQueue } from "../../../src/platform/queue/queue.ts";

const count = defineJob({ name: "count", payload: z.strictObject({ n: z.int() }), attempts: 1 });

/** A server that takes every connection and never says a word, as behind a line that died without a sign. */
describe("a queue that says nothing", { timeout: 30_000 }, () => {
  let server: Server;
  const lines = new Set<Socket>();
  const port = (): number => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  };

  beforeEach(async () => {
    server = createServer((line) => void lines.add(line.on("error", () => undefined)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(() => {
    for (const line of lines) line.destroy();
    server.close();
  });

  it("in PostgreSQL ends a start, so that it can be tried again", async () => {
    const url = `postgres://nobody@127.0.0.1:${port()}/nothing`;
    const opening = openQueue({ backend: { kind: "postgres", url }, contracts: [count], log: silentLogger });
    await expect(opening).rejects.toThrow(/timeout|does not answer/);
  });

  it("in Redis keeps no matcher from sweeping", async () => {
    const backend = { kind: "redis", url: `redis://127.0.0.1:${port()}` } as const;
    const queue = await openQueue({ backend, contracts: [count], log: silentLogger });
    await queue.startWorkers([handles(count, async () => undefined)], { concurrency: 1 });
    expect(queue.isReady()).toBe(false);
    await queue.close(500);
  });
});
