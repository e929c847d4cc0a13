import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { z } from "zod";
import type { Seat, World } from "./world.ts";

const frame = z.object({ type: z.string(), data: z.object({ reference: z.string() }).optional() });
const posted = z.object({ reference: z.string() });

/** When the first `offer.made` of each request reached any supporting desk, in `performance.now()` milliseconds. */
const connect = async (address: string, seat: Seat, firstFrame: Map<string, number>): Promise<WebSocket> => {
  const socket = new WebSocket(`${address.replace(/^http/, "ws")}/v1/stream`, ["covershare.v1"], {
    headers: { authorization: `Bearer ${seat.token}` },
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("open", () => socket.send(JSON.stringify({ type: "resume", after: 0 })));
    socket.on("message", (data: Buffer) => {
      const atMs = performance.now();
      const { type, data: content } = frame.parse(JSON.parse(data.toString("utf8")));
      if (type === "live") resolve();
      if (type === "offer.made" && content !== undefined && !firstFrame.has(content.reference))
        firstFrame.set(content.reference, atMs);
    });
  });
  return socket;
};

export interface Measured {
  /** Milliseconds from sending each post to the first supporting desk's frame. */
  readonly latencies: readonly number[];
  /** References of posts of which no desk heard. */
  readonly lost: readonly string[];
}

const post = async (address: string, seat: Seat): Promise<{ reference: string; sentAt: number }> => {
  const sentAt = performance.now();
  const response = await fetch(`${address}/v1/cover-requests`, {
    method: "POST",
    headers: { authorization: `Bearer ${seat.token}`, "content-type": "application/json" },
    body: JSON.stringify({
      priority: "urgent",
      reason: "staff-absence",
      takeFirm: true,
      needs: [{ service: "wound-simple", count: 3, minutes: 20, dueBy: "2026-12-18T18:30:00Z", maxKm: 15 }],
    }),
  });
  const body: unknown = await response.json();
  if (response.status !== 201) throw new Error(`a post was answered ${response.status}: ${JSON.stringify(body)}`);
  return { reference: posted.parse(body).reference, sentAt };
};

/** Posts at a steady rate whatever the answers do (open loop), and waits until every post was heard of or time is up. */
export const measure = async (
  address: string,
  world: World,
  load: { readonly perSecond: number; readonly seconds: number; readonly warmUp: number },
): Promise<Measured> => {
  const firstFrame = new Map<string, number>();
  const sockets = await Promise.all(world.desks.map((seat) => connect(address, seat, firstFrame)));
  const run = async (total: number): Promise<{ reference: string; sentAt: number }[]> => {
    const posts: Promise<{ reference: string; sentAt: number }>[] = [];
    const begin = performance.now();
    for (let at = 0; at < total; at += 1) {
      await delay(Math.max(0, begin + (at * 1_000) / load.perSecond - performance.now()));
      const seat = world.homes[at % world.homes.length];
      if (seat !== undefined) posts.push(post(address, seat));
    }
    return Promise.all(posts);
  };
  await run(load.warmUp);
  const posts = await run(load.perSecond * load.seconds);
  const isHeard = (): boolean => posts.every(({ reference }) => firstFrame.has(reference));
  for (let waited = 0; waited < 10_000 && !isHeard(); waited += 50) await delay(50);
  for (const socket of sockets) socket.terminate();
  const heard = posts.filter(({ reference }) => firstFrame.has(reference));
  return {
    latencies: heard.map(({ reference, sentAt }) => (firstFrame.get(reference) ?? 0) - sentAt),
    lost: posts.filter(({ reference }) => !firstFrame.has(reference)).map(({ reference }) => reference),
  };
};
