import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { quantile, round } from "../support/stats.ts";
import { waitFor, type Desks } from "./desks.ts";
import type { LogWriter } from "./log-writer.ts";
import type { Seat } from "./world.ts";

/*
 * What one who stopped reading costs the others. Its own log fills far faster than any practice's would, so that what waits
 * for it outgrows what the kernel takes; first with somebody who reads there, then with somebody who does not.
 */

const FILLING = "x".repeat(300);
const LARGE = "x".repeat(32_000);
/** Of the large events, ten times a second: more than a kernel's buffers hold in a few seconds. */
const LARGE_AT_ONCE = 8;
const SENT = /"sentAt": ?"([\d.]+)"/;

/** From just before the commit to the frame, at two messages a second to all; each tenth desk is timed. */
const latencies = async (writer: LogWriter, desks: Desks, flooded: Seat, seconds: number): Promise<number[]> => {
  const found: number[] = [];
  const timed = new Set(desks.all.filter((_, n) => n % 10 === 0));
  const [first] = desks.all;
  if (first === undefined) throw new Error("nobody is there");
  desks.onFrame = (desk, text) => {
    if (!timed.has(desk)) return;
    const sentAt = SENT.exec(text.toString("latin1"))?.[1];
    if (sentAt !== undefined) found.push(performance.now() - Number(sentAt));
  };
  const before = desks.frames();
  let messages = 0;
  const began = performance.now();
  for (let tick = 0; performance.now() - began < seconds * 1_000; tick += 1) {
    await writer.write([flooded.code], LARGE_AT_ONCE, LARGE);
    if (tick % 5 === 0) {
      await writer.write([first.seat.code], 1, FILLING);
      messages += 1;
    }
    await delay(Math.max(0, began + (tick + 1) * 100 - performance.now()));
  }
  const wanted = messages * desks.all.length;
  await waitFor(
    () => desks.frames() - before >= wanted,
    60_000,
    () => `${desks.frames() - before} of ${wanted} frames arrived beside the slow reader`,
  );
  desks.onFrame = undefined;
  return found;
};

/** Upgrades by hand and resumes. */
const sitDown = async (url: string, { token }: Seat, after: number): Promise<Socket> => {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on("error", () => undefined);
  socket.write(
    `GET /v1/stream HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: covershare.v1\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
  await once(socket, "data");
  const said = Buffer.from(JSON.stringify({ type: "resume", after }));
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | said.length, 0, 0, 0, 0]), said]));
  await once(socket, "data");
  return socket;
};

/** The others' latency without and with somebody who stopped reading, and whether that one was sent away (S5). */
export const slowReader = async (
  writer: LogWriter,
  desks: Desks,
  side: { readonly url: string; readonly seat: Seat },
  seconds: number,
) => {
  const reading = await sitDown(side.url, side.seat, 0);
  reading.resume();
  const without = quantile(await latencies(writer, desks, side.seat, seconds), 0.99);
  reading.destroy();
  const stalled = await sitDown(side.url, side.seat, await writer.lastOffset(side.seat.code));
  stalled.pause();
  const withOne = quantile(await latencies(writer, desks, side.seat, seconds), 0.99);
  // What the kernels still hold comes first, then the end, if the server has ended it.
  stalled.resume();
  const wasSentAway = await Promise.race([once(stalled, "close").then(() => true), delay(5_000, false)]);
  stalled.destroy();
  return {
    withoutP99Ms: round(without, 1),
    withP99Ms: round(withOne, 1),
    ratio: round(withOne / without),
    wasSentAway,
  };
};
