import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { createServer } from "../../../src/platform/http/server.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";

it("ends whoever takes nothing of an answer, and nobody who takes it slowly", async () => {
  const server = createServer({ log: silentLogger, requestTimeoutMs: 30_000, trustProxy: false, stalledMs: 300 });
  // More than the buffers of both kernels.
  const large = Buffer.alloc(32 * 2 ** 20, "x");
  server.get("/large", async () => large);
  await server.listen({ host: "127.0.0.1", port: 0 });
  try {
    const address = server.server.address();
    if (address === null || typeof address === "string") throw new Error("it does not listen");
    const ask = async (): Promise<{ readonly there: Socket; readonly here: Socket }> => {
      const accepted = new Promise<Socket>((resolve) => server.server.once("connection", resolve));
      const here = connect(address.port, "127.0.0.1");
      here.on("error", () => undefined);
      here.pause();
      here.write("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
      const there = await accepted;
      return { here, there };
    };
    const stalled = await ask();
    await Promise.race([
      once(stalled.there, "close"),
      delay(5_000).then(() => Promise.reject(new Error("not ended in five seconds"))),
    ]);
    stalled.here.destroy();
    const slow = await ask();
    let taken = 0;
    slow.here.on("data", (chunk: Buffer) => {
      taken += chunk.length;
      // Eight pauses, longer together than anybody may take nothing.
      if (Math.floor(taken / 2 ** 22) === Math.floor((taken - chunk.length) / 2 ** 22)) return;
      slow.here.pause();
      setTimeout(() => slow.here.resume(), 100);
    });
    slow.here.resume();
    while (taken < large.length && !slow.there.destroyed) await delay(20);
    expect(taken).toBeGreaterThanOrEqual(large.length);
    slow.here.destroy();
  } finally {
    await server.close();
  }
});
