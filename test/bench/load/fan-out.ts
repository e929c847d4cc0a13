import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { quantile, round } from "../support/stats.ts";
import { waitFor, type Desks } from "./desks.ts";
import type { LogWriter } from "./log-writer.ts";
import type { Watched } from "./processes.ts";
import type { Seat } from "./world.ts";

/** As long as a typical event. */
const FILLING = "x".repeat(300);
const WITHIN_MS = 120_000;

/** What the product sends for such an event, so that both send the same bytes. */
const likeAFrame = (offset: number): string =>
  JSON.stringify({
    offset,
    id: "01a20f61-2db7-7dcc-97e7-1a01ab6b618c",
    type: "bench.said",
    at: "2026-12-14T10:00:00.000Z",
    data: { sentAt: String(performance.now()), filling: FILLING },
  });

const arrived = async (desks: Desks, before: number, wanted: number): Promise<void> =>
  waitFor(
    () => desks.frames() - before >= wanted,
    WITHIN_MS,
    () => `${desks.frames() - before} of ${wanted} frames arrived`,
  );

/** Frames a second from the bare server: each of `messages` to every desk. */
export const bareRate = async (bare: Watched, desks: Desks, messages: number): Promise<number> => {
  const before = desks.frames();
  const began = performance.now();
  bare.tell({ broadcast: Array.from({ length: messages }, (_, n) => likeAFrame(n + 1)) });
  await arrived(desks, before, messages * desks.all.length);
  return (messages * desks.all.length) / ((performance.now() - began) / 1_000);
};

/** Frames a second from the product, from the first commit to the last frame; `each` events in every log of the desks. */
export const productRate = async (writer: LogWriter, desks: Desks, messages: number): Promise<number> => {
  const streams = [...new Set(desks.all.map(({ seat }) => seat.code))].sort();
  const before = desks.frames();
  const began = performance.now();
  // One at a time where all listen to one log, as events happen; together where each has its own.
  if (streams.length === 1) for (let n = 0; n < messages; n += 1) await writer.write(streams, 1, FILLING);
  else await writer.write(streams, messages, FILLING);
  await arrived(desks, before, messages * desks.all.length);
  return (messages * desks.all.length) / ((performance.now() - began) / 1_000);
};

const SENT = /"sentAt": ?"([\d.]+)"/;

/** Latencies from just before the commit to the frame, at two messages a second to all desks; each tenth desk is timed. */
const latencies = async (writer: LogWriter, desks: Desks, seconds: number): Promise<number[]> => {
  const found: number[] = [];
  const timed = new Set(desks.all.filter((_, n) => n % 10 === 0));
  const [first] = desks.all;
  if (first === undefined) return found;
  desks.onFrame = (desk, text) => {
    if (!timed.has(desk)) return;
    const sentAt = SENT.exec(text.toString("latin1"))?.[1];
    if (sentAt !== undefined) found.push(performance.now() - Number(sentAt));
  };
  const before = desks.frames();
  for (let n = 0; n < seconds * 2; n += 1) {
    const next = performance.now() + 500;
    await writer.write([first.seat.code], 1, FILLING);
    await delay(Math.max(0, next - performance.now()));
  }
  await arrived(desks, before, seconds * 2 * desks.all.length);
  desks.onFrame = undefined;
  return found;
};

/** Upgrades by hand, resumes, and then reads nothing more. */
const stall = async (url: string, { token }: Seat): Promise<{ end(): void }> => {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on("error", () => undefined);
  socket.write(
    `GET /v1/stream HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: covershare.v1\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
  await once(socket, "data");
  const said = Buffer.from('{"type":"resume","after":0}');
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | said.length, 0, 0, 0, 0]), said]));
  await once(socket, "data");
  socket.pause();
  return { end: () => socket.destroy() };
};

/** The others' latency without and with somebody among them who stopped reading. */
export const slowReader = async (
  writer: LogWriter,
  desks: Desks,
  url: string,
  seconds: number,
): Promise<{ withoutP99Ms: number; withP99Ms: number; ratio: number }> => {
  const without = quantile(await latencies(writer, desks, seconds), 0.99);
  const [first] = desks.all;
  if (first === undefined) throw new Error("nobody is there");
  const stalled = await stall(url, first.seat);
  const timed = await latencies(writer, desks, seconds).finally(() => stalled.end());
  const withOne = quantile(timed, 0.99);
  return { withoutP99Ms: round(without, 1), withP99Ms: round(withOne, 1), ratio: round(withOne / without) };
};
