import { sql } from "drizzle-orm";
import { WebSocket } from "ws";
import type { Actor } from "../../../src/features/access/index.ts";
import { createGatekeeper, type CookieSettings } from "../../../src/features/identity/index.ts";
import { apiTokens, sessions } from "../../../src/features/identity/identity.table.ts";
import { addStream, streamRoutes } from "../../../src/features/stream/index.ts";
import { openStream, type StreamClient, type StreamEvent, type StreamOptions } from "../../../src/client/index.ts";
import { createDatabase, createPool, type Database } from "../../../src/platform/db/database.ts";
import type { EventContract } from "../../../src/platform/event-log/event-contract.ts";
import { appendEvents } from "../../../src/platform/event-log/event-log.ts";
import { addRoutes, createServer } from "../../../src/platform/http/server.ts";
import { newId, newSecret, sha256 } from "../../../src/platform/ids/ids.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { createCommitHooks } from "../../../src/platform/queue/commit-hooks.ts";
import type { HubSettings } from "../../../src/platform/realtime/hub.ts";
import { openWakeBus } from "../../../src/platform/realtime/open-wake-bus.ts";
import type { WakeBus } from "../../../src/platform/realtime/wake-bus.ts";
import type { TestDatabase } from "../../support/index.ts";

/** One API process as far as streams go: its own pool, bus, hub and HTTP server. */
export interface ApiProcess {
  readonly url: string;
  readonly address: string;
  /** Writes through this process: events are stored, and readers woken after the commit. */
  readonly database: Database;
  close(): Promise<void>;
}

export interface ApiProcessOptions {
  readonly contracts?: readonly EventContract[];
  readonly settings?: Partial<HubSettings>;
  /** Instead of the bus that every process has. */
  readonly wrapBus?: (bus: WakeBus) => WakeBus;
  readonly redisUrl?: string;
}

const cookies: CookieSettings = { isSecure: false, allowedOrigins: ["https://cover.example.test"] };

export const startApi = async (db: TestDatabase, options: ApiProcessOptions = {}): Promise<ApiProcess> => {
  const log = silentLogger;
  const opened = openWakeBus(
    options.redisUrl === undefined
      ? { kind: "postgres", url: db.url, log }
      : { kind: "redis", url: options.redisUrl, namespace: new URL(db.url).pathname.slice(1), log },
  );
  const bus = options.wrapBus?.(opened) ?? opened;
  const pool = createPool({
    url: db.url,
    max: 4,
    statementTimeoutMs: 10_000,
    applicationName: "api",
    onError: () => undefined,
  });
  const hints: { hint?: (streams: readonly string[]) => void } = {};
  const database = createDatabase(
    pool,
    createCommitHooks({
      appendEvents,
      wake: (streams) => {
        hints.hint?.(streams);
        bus.publish(streams);
      },
      enqueue: () => undefined,
      log,
    }),
  );
  const gatekeeper = createGatekeeper({ database, cookies, log });
  const server = createServer({ log, requestTimeoutMs: 10_000, trustProxy: false });
  const settings = options.settings === undefined ? {} : { settings: options.settings };
  const hub = addStream(server, { q: database.q, bus, gatekeeper, cookies, log, ...settings });
  hints.hint = (streams) => hub.hint(streams);
  addRoutes(server, streamRoutes(options.contracts ?? [], "test"), database, gatekeeper);
  const address = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    address,
    url: `${address.replace("http", "ws")}/v1/stream`,
    database,
    close: async () => {
      await server.close();
      await bus.close();
      await pool.end();
    },
  };
};

/** An API token of this user; answers the header that shows it. */
export const aToken = async (db: TestDatabase, actor: Actor): Promise<{ id: string; authorization: string }> => {
  const id = newId();
  const token = `cs_${newSecret()}`;
  await db.q.insert(apiTokens).values({
    id,
    tokenHash: sha256(token),
    userId: actor.userId,
    organisationCode: actor.organisationCode,
    name: "test",
    createdAt: sql`app_now()`,
  });
  return { id, authorization: `Bearer ${token}` };
};

/** A signed-in browser of this user; answers its cookie. */
export const aSession = async (db: TestDatabase, actor: Actor): Promise<{ idHash: string; cookie: string }> => {
  const secret = newSecret();
  const idHash = sha256(secret);
  await db.q.insert(sessions).values({
    idHash,
    userId: actor.userId,
    actingFor: actor.organisationCode,
    createdAt: sql`app_now()`,
    lastSeenAt: sql`app_now()`,
  });
  return { idHash, cookie: `covershare=${secret}` };
};

export interface Follower {
  readonly client: StreamClient;
  /** Cuts the line without a word, as a network does. */
  cut(): void;
  /** How many lines it has opened so far. */
  lines(): number;
  readonly events: StreamEvent[];
  readonly offsets: () => number[];
  readonly problems: unknown[];
}

/** Follows a stream with the project's own client. */
export const follow = (
  url: string,
  headers: Readonly<Record<string, string>>,
  options: Partial<StreamOptions> = {},
): Follower => {
  const events: StreamEvent[] = [];
  const problems: unknown[] = [];
  let last: WebSocket | undefined;
  let lines = 0;
  const client = openStream({
    url,
    after: 0,
    createSocket: (to, protocols) => {
      last = new WebSocket(to, [...protocols], { headers });
      lines += 1;
      return last;
    },
    onEvent: (event) => void events.push(event),
    onReset: async (offset) => offset,
    onProblem: (problem) => void problems.push(problem),
    ...options,
    settings: { backoff: { baseMs: 20, maxMs: 200 }, restartSpreadMs: 50, ...options.settings },
  });
  return {
    client,
    events,
    problems,
    cut: () => last?.terminate(),
    lines: () => lines,
    offsets: () => events.map((event) => event.offset),
  };
};

/** What a bare socket got: for frames and close codes that the client hides. */
export interface RawSocket {
  readonly socket: WebSocket;
  readonly frames: unknown[];
  closed(): { code: number; reason: string } | undefined;
}

export const rawSocket = (
  url: string,
  headers: Readonly<Record<string, string>>,
  protocols: string[] = ["covershare.v1"],
): RawSocket => {
  const socket = new WebSocket(url, protocols, { headers });
  const frames: unknown[] = [];
  let closed: { code: number; reason: string } | undefined;
  socket.on("message", (data) => {
    if (Buffer.isBuffer(data)) frames.push(JSON.parse(data.toString("utf8")));
  });
  socket.on("close", (code, reason) => {
    closed = { code, reason: reason.toString("utf8") };
  });
  socket.on("error", () => undefined);
  return { socket, frames, closed: () => closed };
};

/** The HTTP status that refuses the upgrade, or 101. */
export const upgradeStatus = (
  url: string,
  headers: Readonly<Record<string, string>>,
  protocols: string[] = ["covershare.v1"],
): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocols, { headers });
    socket.on("unexpected-response", (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    socket.on("open", () => {
      socket.close();
      resolve(101);
    });
    socket.on("error", (error) => reject(error));
  });
