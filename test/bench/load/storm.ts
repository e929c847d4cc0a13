import { round } from "../support/stats.ts";
import { waitFor, type Desks } from "./desks.ts";
import type { LogWriter } from "./log-writer.ts";
import type { Watched } from "./processes.ts";

/** Everybody loses the line at once; meanwhile something happens in every log; everybody comes back and resumes. */
export const storm = async (
  api: Watched,
  desks: Desks,
  writer: LogWriter,
): Promise<{ secondsToAllLive: number; missed: number; broken: number; lost: number; apiLoopP99Ms: number }> => {
  const streams = [...new Set(desks.all.map(({ seat }) => seat.code))].sort();
  await desks.cut();
  await writer.write(streams, 1, "meanwhile");
  const before = desks.frames();
  const broken = desks.broken();
  const lostBefore = [...desks.lost.values()].reduce((sum, n) => sum + n, 0);
  await api.load();
  const ms = await desks.connect();
  await waitFor(
    () => desks.frames() - before >= desks.all.length,
    30_000,
    () => `${desks.frames() - before} of ${desks.all.length} frames after the storm`,
  );
  const { p99 } = await api.load();
  return {
    secondsToAllLive: round(ms / 1_000, 1),
    missed: desks.all.length - (desks.frames() - before),
    broken: desks.broken() - broken,
    lost: [...desks.lost.values()].reduce((sum, n) => sum + n, 0) - lostBefore,
    apiLoopP99Ms: round(p99, 1),
  };
};
