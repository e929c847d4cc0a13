import type { WebSocket } from "ws";
import { wallClock } from "../clock/clock.ts";
import { withoutSql } from "../db/sql-errors.ts";
import type { Logger } from "../log/log.ts";
import { jitter } from "../ids/ids.ts";
import type { FanOut, Subscriber } from "./fan-out.ts";
import type { Frame } from "./frame.ts";
import { closeCode, readClientFrame } from "./protocol.ts";

/*
 * One socket, as a state machine:
 *
 *   connecting → resuming → live → closed
 *        ↑___________|                      a reset sends it back: the client reads a snapshot and resumes anew
 *
 * connecting   waits for {"type":"resume"}, at most resumeWithinMs (after a reset too)
 * resuming     sends what was missed, page by page, each drained within drainWithinMs
 * live         sends what the fan-out delivers; a line that is silent for a whole ping round is dropped
 * closed       the close frame was sent; the socket is cut after closeWithinMs if the other side does not answer
 */
export type SessionState = "connecting" | "resuming" | "live" | "closed";

export interface SessionSettings {
  /** How long a client may take to say where it wants to resume. */
  readonly resumeWithinMs: number;
  /** How long one page of history may take to leave this machine. */
  readonly drainWithinMs: number;
  /** Rule S6. Whoever has not answered one ping when the next is due is dropped. */
  readonly pingEveryMs: number;
  /** How long a closing socket may linger. */
  readonly closeWithinMs: number;
  /** What may wait in memory for one reader; beyond it, 4408 (rule S5). */
  readonly maxBufferedBytes: number;
}

export const defaultSessionSettings: SessionSettings = {
  resumeWithinMs: 15_000,
  drainWithinMs: 10_000,
  pingEveryMs: 25_000,
  closeWithinMs: 2_000,
  maxBufferedBytes: 256 * 1024,
};

export interface SessionOptions {
  readonly socket: WebSocket;
  readonly stream: string;
  /** Sends {"type":"heartbeat"} with every ping, for browsers, which cannot see pings. */
  readonly wantsHeartbeat: boolean;
  readonly fanOut: FanOut;
  readonly settings: SessionSettings;
  readonly log: Logger;
  readonly onClosed: () => void;
}

export interface Session {
  readonly state: () => SessionState;
  close(code: number, reason: string): void;
  /** Drives the timeouts; called about once a second with monotonic milliseconds. */
  tick(nowMs: number): void;
}

const LIVE = Buffer.from(JSON.stringify({ type: "live" }));

/** Listeners are attached before this returns: the first frame may already be on its way. */
export const openSession = (options: SessionOptions): Session => {
  const { socket, stream, fanOut, settings, log } = options;
  const openedMs = wallClock.monotonicMs();
  let state: SessionState = "connecting";
  let after = 0;
  let resumeByMs = openedMs + settings.resumeWithinMs;
  // Those who came together are not pinged together.
  let nextPingMs = openedMs + settings.pingEveryMs * (0.5 + jitter() / 2);
  let cutAtMs = Infinity;
  let hasAnswered = true;

  const close = (code: number, reason: string): void => {
    if (state === "closed") return;
    state = "closed";
    fanOut.leave(stream, subscriber);
    cutAtMs = wallClock.monotonicMs() + settings.closeWithinMs;
    socket.close(code, reason);
  };

  const send = (text: Buffer | string): void => {
    if (state === "closed") return;
    if (socket.bufferedAmount > settings.maxBufferedBytes) {
      close(closeCode.slow, "reading too slowly: reconnect and resume");
      return;
    }
    socket.send(text, { binary: false });
  };

  /** Sends, and waits until the frames have left this process. False: they did not in time. */
  const sendPage = async (frames: readonly Frame[]): Promise<boolean> => {
    const last = frames.at(-1);
    if (last === undefined) return true;
    for (const frame of frames.slice(0, -1)) socket.send(frame.text, { binary: false });
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), settings.drainWithinMs);
      socket.send(last.text, { binary: false }, () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  };

  const reset = (offset: number): void => {
    state = "connecting";
    resumeByMs = wallClock.monotonicMs() + settings.resumeWithinMs;
    fanOut.leave(stream, subscriber);
    socket.send(JSON.stringify({ type: "reset", offset }), { binary: false });
  };

  const subscriber: Subscriber = {
    deliver: (frames) => {
      for (const frame of frames) {
        if (frame.offset <= after) continue;
        send(frame.text);
        after = frame.offset;
      }
    },
    onGap: () => {
      if (state === "live") void resume();
    },
  };

  const isOver = (): boolean => state !== "resuming";

  const resume = async (): Promise<void> => {
    state = "resuming";
    fanOut.leave(stream, subscriber);
    try {
      for (;;) {
        const page = await fanOut.readPage(stream, after);
        if (isOver()) return;
        if (page.kind === "reset") {
          reset(page.offset);
          return;
        }
        const isSent = await sendPage(page.frames);
        if (isOver()) return;
        if (!isSent) {
          close(closeCode.slow, "reading too slowly: reconnect and resume");
          return;
        }
        after = page.frames.at(-1)?.offset ?? after;
        if (page.isLast && fanOut.join(stream, after, subscriber)) {
          state = "live";
          send(LIVE);
          return;
        }
      }
    } catch (error) {
      log.warn({ error: withoutSql(error).message }, "a stream could not be resumed");
      close(closeCode.unavailable, "not available just now: reconnect");
    }
  };

  socket.on("message", (data, isBinary) => {
    hasAnswered = true;
    if (state === "closed") return;
    const frame = isBinary || !Buffer.isBuffer(data) ? undefined : readClientFrame(data.toString("utf8"));
    if (frame === undefined || state !== "connecting") {
      close(closeCode.badFrame, frame === undefined ? "not a frame of covershare.v1" : "already resumed");
      return;
    }
    after = frame.after;
    void resume();
  });
  socket.on("pong", () => {
    hasAnswered = true;
  });
  // A frame beyond the size limit, or bytes that are no frame: ws closes by itself, and wants a listener.
  socket.on("error", () => undefined);
  socket.on("close", () => {
    state = "closed";
    fanOut.leave(stream, subscriber);
    options.onClosed();
  });

  const ping = (nowMs: number): void => {
    if (!hasAnswered) {
      socket.terminate();
      return;
    }
    hasAnswered = false;
    nextPingMs = nowMs + settings.pingEveryMs;
    socket.ping();
    if (options.wantsHeartbeat && state === "live") send(JSON.stringify({ type: "heartbeat", offset: after }));
  };

  return {
    state: () => state,
    close,
    tick: (nowMs) => {
      if (nowMs >= cutAtMs) socket.terminate();
      else if (state === "connecting" && nowMs >= resumeByMs) close(closeCode.badFrame, "resume was not said in time");
      else if (state !== "closed" && nowMs >= nextPingMs) ping(nowMs);
    },
  };
};
