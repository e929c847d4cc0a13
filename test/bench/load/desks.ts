import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import type { Seat } from "./world.ts";

/** A connected desk: bare, because seven thousand of the real client would measure the client. */
export interface Desk {
  readonly seat: Seat;
  socket: WebSocket | undefined;
  /** The offset of the last frame; a frame that does not follow on is counted in `broken`. */
  last: number;
  isLive: boolean;
}

export interface Desks {
  readonly all: readonly Desk[];
  /** Frames with an offset so far. */
  readonly frames: () => number;
  /** Frames that did not follow on the one before. */
  readonly broken: () => number;
  /** Live lines that ended although nobody here ended them, by code. */
  readonly lost: ReadonlyMap<number, number>;
  /** How often a desk had to try again before it was live. */
  readonly retries: () => number;
  /** Called for each frame with an offset, while set. */
  onFrame: ((desk: Desk, text: Buffer) => void) | undefined;
  /** Connects all that are not; resolves to the milliseconds until all are live. */
  connect(): Promise<number>;
  /** Cuts every line without a word. */
  cut(): Promise<void>;
}

/** `{"offset":12,` read without parsing the whole. */
const offsetOf = (text: Buffer): number => {
  if (text[2] !== 0x6f) return 0;
  let value = 0;
  for (let at = 10; ; at += 1) {
    const digit = (text[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return value;
    value = value * 10 + digit;
  }
};

/** Far longer than it takes: how long it took is a figure, and the run has its own end. */
const WITHIN_MS = 300_000;
/** Loopback addresses that the desks come from: one has too few ports for all, and the limits of an address apply as shipped. */
const SOURCES = 10;

export const openDesks = (seats: readonly Seat[], addressOf: (index: number) => string): Desks => {
  let frames = 0;
  let broken = 0;
  let live = 0;
  let retries = 0;
  let isCutting = false;
  const lost = new Map<number, number>();
  const all: Desk[] = [];

  const open = (desk: Desk, index: number): void => {
    const socket = new WebSocket(`${addressOf(index).replace(/^http/, "ws")}/v1/stream`, ["covershare.v1"], {
      headers: { authorization: `Bearer ${desk.seat.token}` },
      localAddress: `127.0.0.${2 + (index % SOURCES)}`,
      perMessageDeflate: false,
      skipUTF8Validation: true,
    });
    desk.socket = socket;
    socket.on("open", () => socket.send(`{"type":"resume","after":${desk.last}}`));
    socket.on("message", (data) => {
      if (!Buffer.isBuffer(data)) return;
      const offset = offsetOf(data);
      if (offset === 0) {
        if (!desk.isLive && data.includes('"live"')) {
          desk.isLive = true;
          live += 1;
        }
        return;
      }
      frames += 1;
      if (offset !== desk.last + 1 && desk.last > 0) broken += 1;
      desk.last = offset;
      desks.onFrame?.(desk, data);
    });
    socket.on("error", () => undefined);
    socket.on("close", (code) => {
      const wasLive = desk.isLive;
      if (wasLive) live -= 1;
      desk.isLive = false;
      if (isCutting || desk.socket !== socket) return;
      if (wasLive) lost.set(code, (lost.get(code) ?? 0) + 1);
      else retries += 1;
      // As a client does: again, after a random wait.
      setTimeout(() => open(desk, index), 200 + Math.random() * 800);
    });
  };

  const desks: Desks = {
    all,
    frames: () => frames,
    broken: () => broken,
    lost,
    retries: () => retries,
    onFrame: undefined,
    connect: async () => {
      isCutting = false;
      const began = performance.now();
      if (all.length === 0) {
        for (const [index, seat] of seats.entries()) {
          const desk: Desk = { seat, socket: undefined, last: seat.after, isLive: false };
          all.push(desk);
          open(desk, index);
        }
      } else for (const [index, desk] of all.entries()) open(desk, index);
      while (live < all.length) {
        if (performance.now() - began > WITHIN_MS) throw new Error(`only ${live} of ${all.length} desks are live`);
        await delay(10);
      }
      return performance.now() - began;
    },
    cut: async () => {
      isCutting = true;
      for (const { socket } of all) socket?.terminate();
      await waitFor(
        () => live === 0,
        10_000,
        () => `${live} desks are still connected`,
      );
    },
  };
  return desks;
};

/** Waits until `done` holds; throws with what is missing. */
export const waitFor = async (done: () => boolean, withinMs: number, what: () => string): Promise<void> => {
  const began = performance.now();
  while (!done()) {
    if (performance.now() - began > withinMs) throw new Error(`waited ${withinMs} ms: ${what()}`);
    await delay(2);
  }
};
