import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { openWakeBus } from "../../../src/platform/realtime/open-wake-bus.ts";
import type { WakeBus } from "../../../src/platform/realtime/wake-bus.ts";
import { until } from "../../support/index.ts";

/** As much of Redis as the wake-up line speaks; it answers subscriptions only while it is told to. */
const startRedis = async () => {
  const lines = new Set<Socket>();
  const subscriptions: string[] = [];
  let answersSubscriptions = true;
  const answer = (line: Socket, [name = "", ...rest]: readonly string[]): void => {
    const command = name.toUpperCase();
    if (command === "INFO") line.write("$21\r\nredis_version:7.0.0\r\n\r\n");
    else if (command === "SUBSCRIBE") {
      subscriptions.push(rest[0] ?? "");
      const channel = rest[0] ?? "";
      if (answersSubscriptions) line.write(`*3\r\n$9\r\nsubscribe\r\n$${channel.length}\r\n${channel}\r\n:1\r\n`);
    } else if (command === "HELLO") line.write("-ERR unknown command 'HELLO'\r\n");
    else line.write("+OK\r\n");
  };
  const server: Server = createServer((line) => {
    lines.add(line);
    line.on("close", () => lines.delete(line));
    line.on("error", () => undefined);
    line.on("data", (data: Buffer) => {
      // Each command is an array of bulk strings, and comes in one piece on loopback.
      for (const command of data.toString("utf8").split(/(?=\*\d+\r\n)/)) {
        answer(
          line,
          command.split("\r\n").filter((_, at) => at > 0 && at % 2 === 0),
        );
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `redis://127.0.0.1:${address.port}`,
    subscriptions,
    answerSubscriptions: (does: boolean) => {
      answersSubscriptions = does;
    },
    cutAll: () => {
      for (const line of lines) line.destroy();
    },
    close: async () => {
      for (const line of lines) line.destroy();
      server.close();
      await once(server, "close");
    },
  };
};

describe("the wake-up line to a Redis that does not answer", () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let bus: WakeBus;
  const strays: unknown[] = [];
  const onStray = (reason: unknown): void => void strays.push(reason);

  beforeEach(async () => {
    strays.length = 0;
    process.on("unhandledRejection", onStray);
    redis = await startRedis();
    bus = openWakeBus({ kind: "redis", url: redis.url, log: silentLogger });
  });
  afterEach(async () => {
    process.off("unhandledRejection", onStray);
    await bus.close();
    await redis.close();
  });

  it("survives a subscription that is never answered after the line broke, and subscribes anew", async () => {
    let connected = 0;
    bus.listen({
      onWake: () => undefined,
      onConnected: () => {
        connected += 1;
      },
    });
    await until(() => connected === 1, { what: "the first subscription" });
    redis.answerSubscriptions(false);
    redis.cutAll();
    // Given up after three seconds, and tried again on a new line.
    await until(() => redis.subscriptions.length >= 3, { withinMs: 15_000, what: "another try" });
    redis.answerSubscriptions(true);
    await until(() => connected === 2, { withinMs: 15_000, what: "the next answer" });
    expect(strays).toEqual([]);
  });
});
