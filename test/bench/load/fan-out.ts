import { quantile, round } from "../support/stats.ts";
import { waitFor, type Desks } from "./desks.ts";
import type { LogWriter } from "./log-writer.ts";
import type { Watched } from "./processes.ts";

/** As long as a typical event. */
const FILLING = "x".repeat(300);
const WITHIN_MS = 120_000;
const ROUNDS = 3;
const MESSAGES = 30;

/** What the product sends for such an event, so that both send the same bytes. */
const likeAFrame = (offset: number): string =>
  JSON.stringify({
    offset,
    id: "01a20f61-2db7-7dcc-97e7-1a01ab6b618c",
    type: "bench.said",
    at: "2026-12-14T10:00:00.000Z",
    data: { sentAt: String(performance.now()), filling: FILLING },
  });

/** A server with desks connected to it, and how it is made to say so many messages to each of them. */
export interface Talking {
  readonly server: Watched;
  readonly desks: Desks;
  readonly say: (messages: number) => Promise<void>;
}

/** The bare server goes on with its offsets, so that a frame out of order would be seen there too. */
export const bareTalking = (server: Watched, desks: Desks): Talking => {
  let offset = 0;
  return {
    server,
    desks,
    say: async (messages) =>
      server.tell({ broadcast: Array.from({ length: messages }, () => likeAFrame((offset += 1))) }),
  };
};

/** The product: each message is a commit in the logs that the desks follow. */
export const productTalking = (server: Watched, desks: Desks, writer: LogWriter): Talking => {
  const streams = [...new Set(desks.all.map(({ seat }) => seat.code))].sort();
  return {
    server,
    desks,
    say: async (messages) => {
      // One at a time where all listen to one log, as events happen; together where each has its own.
      if (streams.length > 1) await writer.write(streams, messages, FILLING);
      else for (let n = 0; n < messages; n += 1) await writer.write(streams, 1, FILLING);
    },
  };
};

export interface Rate {
  readonly framesPerSecond: number;
  /** Processor time of the server for one frame: what is left to compare when the clients are the slower side. */
  readonly cpuMicros: number;
}

/** From the first message, or its commit, to the last frame at the last desk. */
export const rateOf = async ({ server, desks, say }: Talking, messages: number): Promise<Rate> => {
  const wanted = messages * desks.all.length;
  const before = desks.frames();
  await server.load();
  const began = performance.now();
  await say(messages);
  await waitFor(
    () => desks.frames() - before >= wanted,
    WITHIN_MS,
    () => `${desks.frames() - before} of ${wanted} frames arrived`,
  );
  const framesPerSecond = wanted / ((performance.now() - began) / 1_000);
  const { cpuMs } = await server.load();
  return { framesPerSecond, cpuMicros: (cpuMs * 1_000) / wanted };
};

const median = (rates: readonly Rate[], of: (rate: Rate) => number): number => quantile(rates.map(of), 0.5);

/** Both in turn, so that whatever else the machine does meets both. */
export const compareFanOut = async (bare: Talking, product: Talking) => {
  for (const one of [bare, product]) await rateOf(one, 10);
  const found: { readonly bare: Rate[]; readonly product: Rate[] } = { bare: [], product: [] };
  for (let n = 0; n < ROUNDS; n += 1) {
    found.bare.push(await rateOf(bare, MESSAGES));
    found.product.push(await rateOf(product, MESSAGES));
  }
  const { top } = await product.server.profiled(async () => rateOf(product, MESSAGES));
  const [perSecond, barePerSecond] = [found.product, found.bare].map((all) =>
    median(all, (one) => one.framesPerSecond),
  );
  const [micros, bareMicros] = [found.product, found.bare].map((all) => median(all, (one) => one.cpuMicros));
  return {
    framesPerSecond: round(perSecond ?? 0, 0),
    barePerSecond: round(barePerSecond ?? 0, 0),
    ratio: round((perSecond ?? 0) / (barePerSecond ?? 0)),
    cpuMicrosPerFrame: round(micros ?? 0, 1),
    bareCpuMicrosPerFrame: round(bareMicros ?? 0, 1),
    /** What the product could send in the processor time that the bare server takes for one. */
    ratioByCpu: round((bareMicros ?? 0) / (micros ?? 0)),
    top: top.slice(0, 8),
  };
};
