import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { wallClock } from "../clock/clock.ts";
import { withoutSql } from "../db/sql-errors.ts";
import { jitter } from "../ids/ids.ts";
import type { Logger } from "../log/log.ts";
import type { FanOut, Subscriber } from "./fan-out.ts";
import { bytesAfter, framed, type Batch } from "./frame.ts";
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
 *
 * There are thousands, so it is a class that its socket calls, and not a dozen closures each; and what is sent to many is
 * written to the line as it is, header included, instead of being framed anew for each.
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

/** What the sessions of a hub share. */
export interface SessionParts {
  readonly fanOut: FanOut;
  readonly settings: SessionSettings;
  readonly log: Logger;
  readonly onClosed: (session: Session) => void;
}

/**
 * A WebSocket that tells its session what it would tell listeners: four listeners, and the list of them that each socket
 * would keep, were a tenth of what a connection weighs. Without a session nobody hears it.
 */
export class StreamSocket extends WebSocket {
  session: Session | undefined = undefined;

  override emit(event: string | symbol, ...[data, isBinary]: readonly unknown[]): boolean {
    switch (event) {
      case "message":
        this.session?.hear(isBinary === true || !Buffer.isBuffer(data) ? undefined : data);
        break;
      case "pong":
        this.session?.answered();
        break;
      case "close":
        this.session?.ended();
        break;
      // With "error", for a frame beyond the size limit or bytes that are no frame, ws closes by itself.
      default:
    }
    return true;
  }
}

const LIVE = framed(JSON.stringify({ type: "live" }));
/** Whole milliseconds: they cost a socket nothing, and fractions are an object each. */
const nowMs = (): number => Math.round(wallClock.monotonicMs());

export interface SessionOptions {
  readonly socket: StreamSocket;
  /** What `socket` reads from and writes to. */
  readonly line: Socket;
  readonly stream: string;
  /** Sends {"type":"heartbeat"} with every ping, for browsers, which cannot see pings. */
  readonly wantsHeartbeat: boolean;
}

export class Session implements Subscriber {
  readonly #parts: SessionParts;
  readonly #socket: StreamSocket;
  readonly #line: Socket;
  readonly #stream: string;
  readonly #wantsHeartbeat: boolean;
  #state: SessionState = "connecting";
  #after = 0;
  #hasAnswered = true;
  #resumeByMs: number;
  #nextPingMs: number;
  /** 0: it is not closing. */
  #cutAtMs = 0;

  /** Known to the socket before this returns: the first frame may already be on its way. */
  constructor(parts: SessionParts, { socket, line, stream, wantsHeartbeat }: SessionOptions) {
    this.#parts = parts;
    this.#socket = socket;
    this.#line = line;
    this.#stream = stream;
    this.#wantsHeartbeat = wantsHeartbeat;
    const openedMs = nowMs();
    this.#resumeByMs = openedMs + parts.settings.resumeWithinMs;
    // Those who came together are not pinged together.
    this.#nextPingMs = Math.round(openedMs + parts.settings.pingEveryMs * (0.5 + jitter() / 2));
    socket.session = this;
  }

  /** Ends it with a close frame, and cuts the socket where that is not answered. */
  close(code: number, reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#parts.fanOut.leave(this.#stream, this);
    this.#cutAtMs = nowMs() + this.#parts.settings.closeWithinMs;
    this.#socket.close(code, reason);
  }

  /** Cuts the line without a word. */
  cut(): void {
    this.#socket.terminate();
  }

  /** Drives the timeouts; called about once a second. */
  tick(): void {
    const now = nowMs();
    if (this.#cutAtMs > 0 && now >= this.#cutAtMs) this.cut();
    else if (this.#state === "connecting" && now >= this.#resumeByMs)
      this.close(closeCode.badFrame, "resume was not said in time");
    else if (this.#state !== "closed" && now >= this.#nextPingMs) this.#ping(now);
  }

  deliver(batch: Batch): void {
    if (batch.last <= this.#after) return;
    this.#send(bytesAfter(batch, this.#after));
    this.#after = batch.last;
  }

  onGap(): void {
    if (this.#state === "live") void this.#resume();
  }

  /** What the client said; undefined for what cannot be a frame of the protocol. */
  hear(data: Buffer | undefined): void {
    this.#hasAnswered = true;
    if (this.#state === "closed") return;
    const frame = data === undefined ? undefined : readClientFrame(data.toString("utf8"));
    if (frame === undefined || this.#state !== "connecting") {
      this.close(closeCode.badFrame, frame === undefined ? "not a frame of covershare.v1" : "already resumed");
      return;
    }
    this.#after = frame.after;
    void this.#resume();
  }

  answered(): void {
    this.#hasAnswered = true;
  }

  ended(): void {
    this.#state = "closed";
    this.#parts.fanOut.leave(this.#stream, this);
    this.#parts.onClosed(this);
  }

  /**
   * Writes whole frames to the line. Nothing of ws can come between: it writes each of its own frames in one go too, unless
   * they are compressed. After a close frame, whoever sent it, nothing more may follow.
   */
  #write(bytes: Buffer, onGone?: () => void): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#line.write(bytes, onGone);
    return true;
  }

  #send(bytes: Buffer): void {
    if (this.#state === "closed") return;
    if (this.#line.writableLength > this.#parts.settings.maxBufferedBytes) {
      this.close(closeCode.slow, "reading too slowly: reconnect and resume");
      return;
    }
    this.#write(bytes);
  }

  /** Sends, and waits until the frames have left this process. False: they did not in time. */
  async #sendPage(batch: Batch | undefined): Promise<boolean> {
    if (batch === undefined) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), this.#parts.settings.drainWithinMs);
      const gone = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      // On a line that takes everything at once nothing waits.
      if (!this.#write(batch.bytes, gone) || this.#line.writableLength === 0) gone();
    });
  }

  #reset(offset: number): void {
    this.#state = "connecting";
    this.#resumeByMs = nowMs() + this.#parts.settings.resumeWithinMs;
    this.#parts.fanOut.leave(this.#stream, this);
    this.#write(framed(JSON.stringify({ type: "reset", offset })));
  }

  /** Looked at after each wait: meanwhile the other side or this one may have ended it. */
  #isOver(): boolean {
    return this.#state !== "resuming";
  }

  async #resume(): Promise<void> {
    const { fanOut, log } = this.#parts;
    this.#state = "resuming";
    fanOut.leave(this.#stream, this);
    try {
      for (;;) {
        const page = await fanOut.readPage(this.#stream, this.#after);
        if (this.#isOver()) return;
        if (page.kind === "reset") {
          this.#reset(page.offset);
          return;
        }
        const isSent = await this.#sendPage(page.batch);
        if (this.#isOver()) return;
        if (!isSent) {
          this.close(closeCode.slow, "reading too slowly: reconnect and resume");
          return;
        }
        this.#after = page.batch?.last ?? this.#after;
        if (page.isLast && fanOut.join(this.#stream, this.#after, this)) {
          this.#state = "live";
          this.#send(LIVE);
          return;
        }
      }
    } catch (error) {
      log.warn({ error: withoutSql(error).message }, "a stream could not be resumed");
      this.close(closeCode.unavailable, "not available just now: reconnect");
    }
  }

  #ping(now: number): void {
    if (!this.#hasAnswered) {
      this.cut();
      return;
    }
    this.#hasAnswered = false;
    this.#nextPingMs = now + this.#parts.settings.pingEveryMs;
    this.#socket.ping();
    if (this.#wantsHeartbeat && this.#state === "live")
      this.#send(framed(JSON.stringify({ type: "heartbeat", offset: this.#after })));
  }
}
