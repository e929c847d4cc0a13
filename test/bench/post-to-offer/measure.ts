import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { z } from "zod";
import { send } from "../support/send.ts";
import type { Seat, World } from "./world.ts";

/*
 * This process stands at both ends of what is measured, so it does little there: what arrives is kept with its time, and
 * read once everything has arrived.
 */

const frame = z.object({ type: z.string(), data: z.object({ reference: z.string() }) });
const posted = z.object({ reference: z.string() });

interface Arrived {
  /** `performance.now()` */
  readonly atMs: number;
  readonly data: Buffer;
}

const connect = async (address: string, seat: Seat, arrived: Arrived[]): Promise<WebSocket> => {
  const socket = new WebSocket(`${address.replace(/^http/, "ws")}/v1/stream`, ["covershare.v1"], {
    headers: { authorization: `Bearer ${seat.token}` },
    perMessageDeflate: false,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("open", () => socket.send(JSON.stringify({ type: "resume", after: 0 })));
    socket.on("message", (data: Buffer) => {
      const atMs = performance.now();
      if (data.includes('"offer.made"')) arrived.push({ atMs, data });
      else if (data.includes('"live"')) resolve();
    });
  });
  return socket;
};

/** When the first `offer.made` of each request reached any supporting desk. */
const firstFrames = (arrived: readonly Arrived[]): ReadonlyMap<string, number> => {
  const first = new Map<string, number>();
  for (const { atMs, data } of arrived) {
    const { type, data: content } = frame.parse(JSON.parse(data.toString("utf8")));
    if (type === "offer.made" && !first.has(content.reference)) first.set(content.reference, atMs);
  }
  return first;
};

export interface Measured {
  /** Milliseconds from sending each post to the first supporting desk's frame. */
  readonly latencies: readonly number[];
  /** References of posts of which no desk heard. */
  readonly lost: readonly string[];
}

interface Posted {
  readonly reference: string;
  readonly sentAt: number;
}

/** What is posted: how many of which service. */
export type Line = readonly [service: string, count: number];

const bodyOf = (lines: readonly Line[]): object => ({
  priority: "urgent",
  reason: "staff-absence",
  takeFirm: true,
  needs: lines.map(([service, count]) => ({ service, count, minutes: 20, dueBy: "2026-12-18T18:30:00Z", maxKm: 15 })),
});

const post = async (address: string, seat: Seat, body: object): Promise<Posted> => {
  const sentAt = performance.now();
  const { status, text } = await send(`${address}/v1/cover-requests`, seat, body);
  if (status !== 201) throw new Error(`a post was answered ${status}: ${text}`);
  return { reference: posted.parse(JSON.parse(text)).reference, sentAt };
};

/** Posts at a steady rate whatever the answers do (open loop), and waits until every post was heard of or time is up. */
export const measure = async (
  address: string,
  world: World,
  load: {
    readonly perSecond: number;
    readonly seconds: number;
    readonly warmUp: number;
    readonly lines: readonly Line[];
  },
): Promise<Measured> => {
  const body = bodyOf(load.lines);
  const arrived: Arrived[] = [];
  const sockets = await Promise.all(world.desks.map((seat) => connect(address, seat, arrived)));
  const run = async (total: number): Promise<Posted[]> => {
    const posts: Promise<Posted>[] = [];
    const begin = performance.now();
    for (let at = 0; at < total; at += 1) {
      await delay(Math.max(0, begin + (at * 1_000) / load.perSecond - performance.now()));
      const seat = world.homes[at % world.homes.length];
      if (seat !== undefined) posts.push(post(address, seat, body));
    }
    return Promise.all(posts);
  };
  await run(load.warmUp);
  const posts = await run(load.perSecond * load.seconds);
  let first = firstFrames(arrived);
  const isHeard = (): boolean => posts.every(({ reference }) => first.has(reference));
  for (let waited = 0; waited < 10_000 && !isHeard(); waited += 50) {
    await delay(50);
    first = firstFrames(arrived);
  }
  for (const socket of sockets) socket.terminate();
  return {
    latencies: posts.flatMap(({ reference, sentAt }) => {
      const heardAt = first.get(reference);
      return heardAt === undefined ? [] : [heardAt - sentAt];
    }),
    lost: posts.filter(({ reference }) => !first.has(reference)).map(({ reference }) => reference),
  };
};
