import { waitMs, type Backoff } from "./backoff.ts";
import { readServerFrame, type StreamEvent } from "./frames.ts";

/** The part of WebSocket that the client uses: the browser's own, and that of `ws`. */
export interface SocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "close", listener: (event: { code: number }) => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
}

export type StreamState =
  /** The first connection is being made, or what was missed is being read. */
  | "connecting"
  /** Everything that happened is here. */
  | "live"
  /** The line is down; what is shown is as old as `lastHeardAt`. */
  | "reconnecting"
  /** The session has ended: sign in. Final. */
  | "ended"
  /** `close` was called. Final. */
  | "closed";

export interface StreamStatus {
  readonly state: StreamState;
  /** Milliseconds since 1970 of the last frame of any kind. */
  readonly lastHeardAt: number | undefined;
}

export interface StreamSettings {
  readonly backoff: Backoff;
  /** Nothing heard for so long, though the server speaks every 25 s: the line is dead. */
  readonly silenceMs: number;
  /** How long a connection may take until it opens. */
  readonly openWithinMs: number;
  /** After a restart of the server (1012), clients come back spread over this long. */
  readonly restartSpreadMs: number;
  /** How often the clock is looked at; a much longer gap means that this machine slept. */
  readonly watchEveryMs: number;
}

export const defaultStreamSettings: StreamSettings = {
  backoff: { baseMs: 250, maxMs: 20_000 },
  silenceMs: 60_000,
  openWithinMs: 10_000,
  restartSpreadMs: 3_000,
  watchEveryMs: 5_000,
};

export interface StreamOptions {
  /** `wss://host/v1/stream` */
  readonly url: string;
  /** The offset of the snapshot that is shown; 0 to hear everything. */
  readonly after: number;
  /** Every event once, in order, without gaps. What it throws goes to `onProblem`. */
  readonly onEvent: (event: StreamEvent) => void;
  /** History is gone: read a snapshot again and answer the offset it was taken at. */
  readonly onReset: (serverOffset: number) => Promise<number>;
  readonly onStatus?: (status: StreamStatus) => void;
  readonly onProblem?: (problem: unknown) => void;
  /** Default: the platform's WebSocket. Node needs one with its credentials: `new WebSocket(url, protocols, { headers })`. */
  readonly createSocket?: (url: string, protocols: readonly string[]) => SocketLike;
  readonly settings?: Partial<StreamSettings>;
  /** For tests: a number in [0, 1). */
  readonly random?: () => number;
}

export interface StreamClient {
  status(): StreamStatus;
  /** The offset up to which everything has been handed to `onEvent`. */
  offset(): number;
  /** Says that the network or the page is back (`online`, `visibilitychange`): does not wait for the next try. */
  wake(): void;
  close(): void;
}

const SUBPROTOCOL = "covershare.v1";
const SESSION_ENDED = 4401;
const RESTARTING = 1012;
/** Ours, to the server, when the client gives a connection up. */
const GIVEN_UP = 4000;

/** Follows the stream until it is closed or the session ends: resumes after what it has, whatever happens to the line. */
export const openStream = (options: StreamOptions): StreamClient => {
  const settings: StreamSettings = { ...defaultStreamSettings, ...options.settings };
  const createSocket = options.createSocket ?? createPlatformSocket;
  const random = options.random ?? Math.random;
  let state: StreamState = "connecting";
  let lastHeardAt: number | undefined;
  let offset = options.after;
  let failures = 0;
  /** The connection that counts; frames of an earlier one are ignored. */
  let socket: SocketLike | undefined;
  let connectedAt = 0;
  let isOpen = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let watchedAt = Date.now();

  const enter = (next: StreamState): void => {
    if (state === next) return;
    state = next;
    options.onStatus?.({ state, lastHeardAt });
  };

  const isFinal = (): boolean => state === "closed" || state === "ended";

  const resume = (on: SocketLike): void => on.send(JSON.stringify({ type: "resume", after: offset }));

  const reset = async (on: SocketLike, serverOffset: number): Promise<void> => {
    try {
      const taken = await options.onReset(serverOffset);
      if (socket !== on) return;
      offset = taken;
      resume(on);
    } catch (problem) {
      options.onProblem?.(problem);
      abandon(on);
    }
  };

  const receive = (on: SocketLike, data: unknown): void => {
    lastHeardAt = Date.now();
    const frame = readServerFrame(data);
    if (frame === undefined) return;
    switch (frame.kind) {
      case "live":
        failures = 0;
        enter("live");
        return;
      case "heartbeat":
        return;
      case "reset":
        void reset(on, frame.offset);
        return;
      case "event":
        deliver(on, frame.event);
    }
  };

  const deliver = (on: SocketLike, event: StreamEvent): void => {
    if (event.offset <= offset) return;
    if (event.offset !== offset + 1) {
      // Something between was lost: resuming fetches it.
      options.onProblem?.(new Error(`the stream skipped from ${offset} to ${event.offset}`));
      abandon(on);
      return;
    }
    offset = event.offset;
    try {
      options.onEvent(event);
    } catch (problem) {
      options.onProblem?.(problem);
    }
  };

  /** Gives a connection up without waiting for its close event, which a dead line never sends. */
  const abandon = (on: SocketLike): void => {
    lost(on, GIVEN_UP);
    on.close(GIVEN_UP);
  };

  const lost = (on: SocketLike, code: number): void => {
    if (socket !== on) return;
    socket = undefined;
    if (code === SESSION_ENDED) {
      stop("ended");
      return;
    }
    failures += 1;
    enter("reconnecting");
    const wait =
      code === RESTARTING ? random() * settings.restartSpreadMs : waitMs(settings.backoff, failures, random());
    retry = setTimeout(connect, wait);
  };

  const connect = (): void => {
    if (isFinal() || socket !== undefined) return;
    clearTimeout(retry);
    // Browsers cannot see pings; with this the server says something that they can.
    const opened = createSocket(`${options.url}?heartbeat=1`, [SUBPROTOCOL]);
    socket = opened;
    isOpen = false;
    connectedAt = Date.now();
    opened.addEventListener("open", () => {
      if (socket !== opened) return;
      isOpen = true;
      lastHeardAt = Date.now();
      resume(opened);
    });
    opened.addEventListener("message", (event) => {
      if (socket === opened) receive(opened, event.data);
    });
    opened.addEventListener("close", (event) => lost(opened, event.code));
    // A close event follows; without a listener `ws` would throw.
    opened.addEventListener("error", () => undefined);
  };

  const watch = (): void => {
    const now = Date.now();
    const slept = now - watchedAt > settings.watchEveryMs * 3;
    watchedAt = now;
    if (socket === undefined) {
      if (slept) connect();
      return;
    }
    const isLate = !isOpen && now - connectedAt > settings.openWithinMs;
    const isSilent = isOpen && now - (lastHeardAt ?? connectedAt) > settings.silenceMs;
    if (isLate || isSilent) abandon(socket);
    else if (slept) reconnect();
  };

  /** At once: nobody is to blame, so no wait. */
  const reconnect = (): void => {
    if (socket !== undefined) abandon(socket);
    connect();
  };

  const stop = (as: "ended" | "closed"): void => {
    enter(as);
    clearTimeout(retry);
    clearInterval(watching);
    const last = socket;
    socket = undefined;
    last?.close(1000);
  };

  const watching = setInterval(watch, settings.watchEveryMs);
  connect();

  return {
    status: () => ({ state, lastHeardAt }),
    offset: () => offset,
    wake: () => {
      if (!isFinal() && state !== "live") reconnect();
    },
    close: () => {
      if (!isFinal()) stop("closed");
    },
  };
};

const createPlatformSocket = (url: string, protocols: readonly string[]): SocketLike => {
  const Platform: unknown = Reflect.get(globalThis, "WebSocket");
  if (typeof Platform !== "function") throw new Error("There is no WebSocket here: give the client createSocket.");
  const socket: unknown = Reflect.construct(Platform, [url, [...protocols]]);
  if (!isSocket(socket)) throw new Error("The platform's WebSocket is not one.");
  return socket;
};

const isSocket = (value: unknown): value is SocketLike =>
  typeof value === "object" && value !== null && "send" in value && "close" in value && "addEventListener" in value;
