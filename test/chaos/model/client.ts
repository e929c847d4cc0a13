import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { z } from "zod";
import { ApiProblem, createApiClient, openStream, type StreamEvent } from "../../../src/client/index.ts";
import { deskView } from "../../../src/features/desk/index.ts";
import { newId } from "../../../src/platform/ids/ids.ts";
import { openClientLog, type ClientLog } from "./client-log.ts";
import { openBrowser } from "./browser.ts";
import type { Command } from "./commands.ts";
import type { Seat } from "./world.ts";

/** What became of a command: its final answer, or none. */
export type Outcome = { readonly status: number; readonly body: unknown; readonly etag: string | null } | undefined;

/** Somebody at a desk, as a program: the product's own client over real HTTP and WebSocket, and a log of everything. */
export interface Client {
  readonly seat: Seat;
  readonly log: ClientLog;
  /** Every event handed on by the stream client, in order. */
  readonly events: readonly StreamEvent[];
  isLive(): boolean;
  offset(): number;
  /** Commands on their way. */
  outstanding(): number;
  /** Sends until there is a final answer. `twice`: two at once under one key. */
  send(command: Command, options?: { readonly key?: string; readonly twice?: boolean }): Promise<Outcome>;
  /** Reads once; undefined where it did not work out. */
  read<T>(path: string, schema: z.ZodType<T>): Promise<{ readonly value: T; readonly etag: string | null } | undefined>;
  /** The HTML of a page, as somebody signed in sees it; undefined where it did not come. */
  open(path: string): Promise<string | undefined>;
  /** Reads the desk afresh and logs what it showed. */
  look(): Promise<z.output<typeof deskView> | undefined>;
  close(): void;
}

/** A command without an answer is given up then. */
const GIVE_UP_MS = 45_000;
/** "Not now": nothing was done, or nobody knows; the same key is sent again. */
const isPassing = (status: number): boolean => status >= 500 || status === 429 || status === 408;

const eventFrame = z.object({
  offset: z.int(),
  id: z.string(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
});
const resetFrame = z.object({ type: z.literal("reset") });

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

export const openClient = (
  seat: Seat,
  port: number,
  options: { readonly after: number; readonly onEvent: (event: StreamEvent) => void },
): Client => {
  const log = openClientLog(seat);
  const headers = { authorization: `Bearer ${seat.token}` };
  const events: StreamEvent[] = [];
  const commandOf = new Map<string, string>();
  let outstanding = 0;
  let connections = 0;
  const closing = new AbortController();

  /** The network as this client has it: what it was told is logged before anything is made of it. */
  const logged: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    const key = new Headers(init?.headers).get("idempotency-key");
    const text = await response.text();
    if (key !== null && !isPassing(response.status)) {
      const command = commandOf.get(key) ?? "";
      log.write({ entry: "answered", key, command, status: response.status, body: parseJson(text) });
    }
    return new Response(text === "" ? null : text, response);
  };
  const api = createApiClient({
    baseUrl: `http://127.0.0.1:${port}`,
    headers: () => headers,
    fetch: logged,
    attempts: 3,
    backoff: { baseMs: 100, maxMs: 1_000 },
    timeoutMs: 6_000,
  });

  const browser = openBrowser(`http://127.0.0.1:${port}`, seat.session);

  const connect = (url: string, protocols: readonly string[]): WebSocket => {
    const connection = (connections += 1);
    const socket = new WebSocket(url, [...protocols], { headers });
    socket.addEventListener("open", () => log.write({ entry: "resumed", connection, after: stream.offset() }));
    socket.addEventListener("close", ({ code }) => log.write({ entry: "closed", connection, code }));
    socket.addEventListener("message", ({ data }) => {
      const frame = parseJson(typeof data === "string" ? data : "");
      const event = eventFrame.safeParse(frame);
      if (event.success) log.write({ entry: "frame", connection, ...event.data });
      else if (resetFrame.safeParse(frame).success) log.write({ entry: "reset", connection });
    });
    return socket;
  };
  const stream = openStream({
    url: `ws://127.0.0.1:${port}/v1/stream`,
    after: options.after,
    createSocket: connect,
    onEvent: (event) => {
      events.push(event);
      options.onEvent(event);
    },
    // Nothing is pruned during a run, so being told to start afresh is written down and judged by the checker.
    onReset: async (serverOffset) => serverOffset,
    onStatus: ({ state }) => log.write({ entry: "line", state }),
    settings: { watchEveryMs: 1_000, openWithinMs: 4_000 },
  });

  const tryForm = async (command: Command, key: string): Promise<Outcome> => {
    const { status, body } = await browser.submit(command, key);
    if (isPassing(status)) throw new Error(`answered ${status}`);
    log.write({ entry: "answered", key, command: command.name, status, body });
    return { status, body, etag: null };
  };
  const tryJson = async ({ method, path, body, ifMatch }: Command, key: string): Promise<Outcome> => {
    try {
      const { value, status, etag } = await api.command({
        method,
        path,
        body,
        idempotencyKey: key,
        ...(ifMatch === undefined ? {} : { ifMatch }),
        parse: (given) => given,
      });
      return { status, body: value, etag };
    } catch (error) {
      if (error instanceof ApiProblem && !isPassing(error.status))
        return { status: error.status, body: error.problem, etag: null };
      throw error;
    }
  };

  const sendOnce = async (command: Command, key: string): Promise<Outcome> => {
    const { name, method, path, about, body } = command;
    commandOf.set(key, name);
    log.write({ entry: "asked", key, command: name, method, path, about, body });
    const until = performance.now() + GIVE_UP_MS;
    let why = "";
    outstanding += 1;
    try {
      while (performance.now() < until && !closing.signal.aborted) {
        try {
          return await (command.csrf === undefined ? tryJson : tryForm)(command, key);
        } catch (error) {
          why = error instanceof Error ? error.message : String(error);
          await delay(200);
        }
      }
      log.write({ entry: "gave-up", key, why });
      return undefined;
    } finally {
      outstanding -= 1;
    }
  };

  const read: Client["read"] = async (path, schema) => {
    try {
      const { value, etag } = await api.get({ path, parse: (body) => schema.parse(body) });
      return { value, etag };
    } catch (error) {
      if (error instanceof z.ZodError) throw error;
      return undefined;
    }
  };

  return {
    seat,
    log,
    events,
    isLive: () => stream.status().state === "live",
    offset: () => stream.offset(),
    outstanding: () => outstanding,
    send: async (command, { key = newId(), twice = false } = {}) => {
      const [first] = await Promise.all([sendOnce(command, key), ...(twice ? [sendOnce(command, key)] : [])]);
      return first;
    },
    read,
    open: (path) => browser.open(path),
    look: async () => {
      const desk = (await read("/v1/snapshot", deskView))?.value;
      if (desk === undefined) return undefined;
      log.write({
        entry: "shown",
        offset: desk.offset,
        waiting: desk.waiting.map(({ id, slots }) => ({
          id,
          slots: slots.filter(({ isLive }) => isLive).map((slot) => slot.id),
        })),
        requests: desk.requests.map(({ reference, counts }) => ({ reference, looking: counts.looking })),
      });
      return desk;
    },
    close: () => {
      closing.abort();
      stream.close();
    },
  };
};
