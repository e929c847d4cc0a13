import { round } from "../support/stats.ts";
import { openDesks } from "./desks.ts";
import type { Watched } from "./processes.ts";
import type { Seat } from "./world.ts";

/** KiB that each of the desks adds to the process: what the machine sees, and what the program holds. */
export const weigh = async (server: Watched, seats: readonly Seat[], addressOf: (index: number) => string) => {
  // A few first, which bring in what is loaded and compiled only then; not all, whose memory would be used again.
  const first = openDesks(seats.slice(0, 200), addressOf);
  await first.connect();
  await first.cut();
  const desks = openDesks(seats, addressOf);
  const before = await server.memory();
  const connectMs = await desks.connect();
  const after = await server.memory();
  const each = (bytes: number): number => round(bytes / 1_024 / desks.all.length);
  const weight = {
    connectMs: round(connectMs, 0),
    /** Of the process before they came. */
    baseMiB: round(before.rss / 2 ** 20, 0),
    rssKiB: each(after.rss - before.rss),
    usedKiB: each(after.used - before.used),
  };
  return { desks, weight };
};

export type Weight = Awaited<ReturnType<typeof weigh>>["weight"];
