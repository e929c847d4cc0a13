import { Redis } from "ioredis";
import { z } from "zod";
import type { BusIdentity, WakeBus, WakeBusOptions, WakeListener } from "./wake-bus.ts";

const HEARTBEAT_MS = 4_000;
const SILENCE_MS = 3_000;

const message = z.object({ origin: z.string(), streams: z.array(z.string()) });

const connect = (options: WakeBusOptions, isSubscriber: boolean): Redis => {
  const client = new Redis(options.url, {
    // A wake that cannot be said now is not worth saying later.
    enableOfflineQueue: isSubscriber,
    maxRetriesPerRequest: isSubscriber ? null : 1,
    commandTimeout: SILENCE_MS,
    // `start` subscribes at every "ready". The library's own subscription is nobody's promise: a server that does not answer
    // it in time would end the process.
    autoResubscribe: false,
    connectTimeout: 2_000,
    keepAlive: 10_000,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 5), 1_000),
  });
  let isQuiet = false;
  client.on("error", (error: Error) => {
    if (isQuiet) return;
    isQuiet = true;
    setTimeout(() => {
      isQuiet = false;
    }, 5_000).unref();
    options.log.warn({ error: error.message }, "the wake-up line to Redis has trouble; readers poll meanwhile");
  });
  return client;
};

const read = (text: string): z.output<typeof message> | undefined => {
  try {
    return message.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

interface Line {
  isUp(): boolean;
  close(): void;
}

const subscribe = (options: WakeBusOptions, identity: BusIdentity, listener: WakeListener): Line => {
  const client = connect(options, true);
  client.on("message", (_channel: string, text: string) => {
    const said = read(text);
    if (said !== undefined && said.origin !== identity.origin) listener.onWake(said.streams);
  });
  const start = async (): Promise<void> => {
    try {
      await client.subscribe(identity.channel);
      listener.onConnected();
    } catch {
      // It broke again, or is not answered: a line that is up and not subscribed would hear nothing. "ready" comes anew.
      if (client.status === "ready") client.disconnect(true);
    }
  };
  client.on("ready", () => void start());
  const heartbeat = setInterval(() => {
    // A peer that vanished without a word is noticed here and not by the operating system two hours later.
    if (client.status === "ready") void client.ping().catch(() => client.disconnect(true));
  }, HEARTBEAT_MS);
  return {
    isUp: () => client.status === "ready",
    close: () => {
      clearInterval(heartbeat);
      client.disconnect();
    },
  };
};

export const openRedisBus = (options: WakeBusOptions, identity: BusIdentity): WakeBus => {
  const client = connect(options, false);
  const lines: Line[] = [];
  return {
    publish: (streams) => {
      if (streams.length === 0) return;
      client.publish(identity.channel, JSON.stringify({ origin: identity.origin, streams })).catch(() => undefined);
    },
    isReady: () => client.status === "ready" && lines.every((line) => line.isUp()),
    listen: (listener) => void lines.push(subscribe(options, identity, listener)),
    close: async () => {
      for (const line of lines) line.close();
      client.disconnect();
    },
  };
};
