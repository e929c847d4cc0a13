import pg from "pg";
import { withoutSql } from "../db/sql-errors.ts";
import { jitter } from "../ids/ids.ts";
import type { BusIdentity, WakeBus, WakeBusOptions, WakeListener } from "./wake-bus.ts";

/** A dead connection does not say so: it is asked this often, and given up after this long. */
const HEARTBEAT_MS = 4_000;
const SILENCE_MS = 3_000;
/** Beyond this many statements at once, wakes wait for the next and travel together. */
const MAX_IN_FLIGHT = 2;

interface Line {
  isUp(): boolean;
  close(): void;
}

/** One LISTEN connection, re-established for ever with a growing, random wait. */
const keepListening = (options: WakeBusOptions, identity: BusIdentity, listener: WakeListener): Line => {
  let isClosed = false;
  let current: pg.Client | undefined;
  let isUp = false;
  let failures = 0;
  let retry: NodeJS.Timeout | undefined;

  const connect = async (): Promise<void> => {
    const client = new pg.Client({
      connectionString: options.url,
      application_name: "covershare listen",
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      query_timeout: SILENCE_MS,
    });
    current = client;
    let isOver = false;
    let heartbeat: NodeJS.Timeout | undefined;
    const giveUp = (error: unknown): void => {
      if (isOver) return;
      isOver = true;
      isUp = false;
      clearInterval(heartbeat);
      abandon(client);
      if (isClosed) return;
      failures += 1;
      options.log.warn({ error: withoutSql(error).message }, "the LISTEN connection broke; readers poll meanwhile");
      retry = setTimeout(() => void connect(), Math.min(50 * 2 ** failures, 2_000) * (0.5 + jitter()));
    };
    client.on("error", giveUp);
    client.on("end", () => giveUp(new Error("the server closed the connection")));
    client.on("notification", ({ payload = "" }) => {
      const [origin, stream] = split(payload);
      if (origin !== identity.origin) listener.onWake([stream]);
    });
    try {
      await client.connect();
      await client.query(`listen ${pg.escapeIdentifier(identity.channel)}`);
    } catch (error) {
      giveUp(error);
      return;
    }
    if (isClosed || isOver) {
      giveUp(new Error("closed meanwhile"));
      return;
    }
    failures = 0;
    isUp = true;
    heartbeat = setInterval(() => void client.query("select 1").catch(giveUp), HEARTBEAT_MS);
    listener.onConnected();
  };

  void connect();
  return {
    isUp: () => isUp,
    close: () => {
      isClosed = true;
      clearTimeout(retry);
      if (current !== undefined) abandon(current);
    },
  };
};

/** Not waited for: the other side may be gone without a word. */
const abandon = (client: pg.Client): void => {
  client.end().catch(() => undefined);
};

/** `ORIGIN stream`; an origin holds no space, a stream might. */
const split = (payload: string): [origin: string, stream: string] => {
  const at = payload.indexOf(" ");
  return [payload.slice(0, at), payload.slice(at + 1)];
};

export const openPostgresBus = (options: WakeBusOptions, identity: BusIdentity): WakeBus => {
  // Connections of its own: a wake must not stand in the queue of a busy pool.
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: "covershare notify",
    max: MAX_IN_FLIGHT,
    keepAlive: true,
    connectionTimeoutMillis: 2_000,
    query_timeout: SILENCE_MS,
  });
  pool.on("error", (error) => options.log.warn({ error: withoutSql(error).message }, "a NOTIFY connection broke"));
  const pending = new Set<string>();
  const lines: Line[] = [];
  let inFlight = 0;
  let isClosed = false;

  const flush = async (): Promise<void> => {
    const payloads = [...pending].map((stream) => `${identity.origin} ${stream}`);
    pending.clear();
    inFlight += 1;
    try {
      await pool.query({
        name: "covershare-wake",
        text: "select pg_notify($1, payload) from unnest($2::text[]) payload",
        values: [identity.channel, payloads],
      });
    } catch (error) {
      options.log.warn({ error: withoutSql(error).message }, "readers were not woken; they find out by polling");
    } finally {
      inFlight -= 1;
      if (pending.size > 0 && !isClosed) void flush();
    }
  };

  return {
    publish: (streams) => {
      if (isClosed) return;
      for (const stream of streams) pending.add(stream);
      if (inFlight < MAX_IN_FLIGHT) void flush();
    },
    isReady: () => lines.every((line) => line.isUp()),
    listen: (listener) => void lines.push(keepListening(options, identity, listener)),
    close: async () => {
      isClosed = true;
      for (const line of lines) line.close();
      await pool.end();
    },
  };
};
