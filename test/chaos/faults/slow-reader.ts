import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { z } from "zod";

/** Somebody whose machine stops reading in the middle of catching up. */
export interface SlowReader {
  /** Stops reading until it is put off with 4408, a few tries at most; then reads everything to the end. */
  stall(): Promise<void>;
  /** How its connections ended, by close code. */
  closes(): Readonly<Record<string, number>>;
  /** What it was sent that it should not have been, or was not sent. */
  odd(): readonly string[];
}

/**
 * The server gives a page ten seconds to leave it, then closes with 4408, and cuts the line two or three seconds later:
 * whoever reads on in between hears why. A machine that is busy is late, by how much only trying tells: too early, and the
 * next time it is longer; too late, and it is a little less.
 */
const FIRST_STOP_MS = 11_000;
const LONGER_MS = 2_500;
const SHORTER_MS = 1_000;
const TRIES = 6;
const CATCH_UP_MS = 15_000;
const SLOW = 4408;

const frame = z.object({ offset: z.int(), id: z.string(), type: z.string() });

export const openSlowReader = (options: {
  readonly token: string;
  readonly total: number;
  readonly ports: () => readonly number[];
}): SlowReader => {
  const { token, total, ports } = options;
  const counts = new Map<string, number>();
  const odd: string[] = [];

  /** Follows after an offset, not reading for so long; answers where it stood at the end, and by which code it ended. */
  const follow = async (after: number, stopMs: number): Promise<{ at: number; code: number }> => {
    const [port] = ports();
    if (port === undefined) return { at: after, code: 0 };
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream`, ["covershare.v1"], {
      headers: { authorization: `Bearer ${token}` },
    });
    let at = after;
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer) => {
      const read = frame.safeParse(JSON.parse(data.toString("utf8")));
      if (!read.success) return;
      if (read.data.offset !== at + 1)
        odd.push(`a slow reader resumed after ${after} and got ${read.data.offset} where ${at + 1} belongs`);
      at = read.data.offset;
    });
    const closed = once(socket, "close").then(([code]) => z.int().parse(code));
    socket.on("open", () => {
      socket.send(JSON.stringify({ type: "resume", after }));
      if (stopMs > 0) socket.pause();
    });
    await Promise.race([delay(stopMs, undefined, { ref: false }), closed]);
    if (socket.isPaused) socket.resume();
    const until = performance.now() + CATCH_UP_MS;
    const isOver = closed.then(() => true);
    const hasAll = (): boolean => at >= total;
    while (!hasAll() && performance.now() < until) if (await Promise.race([delay(50, false), isOver])) break;
    const hasEnded = await Promise.race([delay(200, false), isOver]);
    socket.terminate();
    const code = hasEnded ? await closed : 0;
    counts.set(String(code), (counts.get(String(code)) ?? 0) + 1);
    return { at, code };
  };

  return {
    stall: async () => {
      let at = 0;
      let stopMs = FIRST_STOP_MS;
      for (let tries = 0; tries < TRIES; tries += 1) {
        const { at: reached, code } = await follow(at, stopMs);
        at = reached;
        if (code === SLOW) break;
        stopMs += code === 0 ? LONGER_MS : -SHORTER_MS;
        // It was read to its end, or the process was killed: once more from the beginning.
        if (at === total) at = 0;
      }
      // Put off, it resumes where it stood, and misses nothing.
      for (let tries = 0; tries < 20 && at < total; tries += 1) {
        at = (await follow(at, 0)).at;
        if (at < total) await delay(500);
      }
      if (at !== total) odd.push(`a slow reader that came back was sent up to ${at} of ${total}`);
    },
    closes: () => Object.fromEntries(counts),
    odd: () => odd,
  };
};
