import { round } from "../support/stats.ts";
import { waitFor, type Desks } from "./desks.ts";
import type { LogWriter } from "./log-writer.ts";
import { countCoresOf, type Service } from "./work.ts";

/** Everybody loses the line at once; meanwhile something happens in every log; everybody comes back and resumes. */
export const storm = async (service: Service, desks: Desks, writer: LogWriter) => {
  const [api] = service.apis;
  if (api === undefined) throw new Error("there is nobody to come back to");
  const streams = [...new Set(desks.all.map(({ seat }) => seat.code))].sort();
  await desks.cut();
  await writer.write(streams, 1, "meanwhile");
  const stood = desks.all.map(({ last }) => last);
  const before = desks.frames();
  const broken = desks.broken();
  const retries = desks.retries();
  await api.load();
  const coresSince = await countCoresOf(service);
  const ms = await desks.connect();
  await waitFor(
    () => desks.frames() - before >= desks.all.length,
    30_000,
    () => `${desks.frames() - before} of ${desks.all.length} frames after the storm`,
  );
  const cores = await coresSince();
  const { p99, cpuMs } = await api.load();
  return {
    secondsToAllLive: round(ms / 1_000, 1),
    /** Desks that did not get what happened meanwhile; whether anything came out of order is in `broken`. */
    missed: desks.all.filter(({ last }, index) => last <= (stood[index] ?? 0)).length,
    broken: desks.broken() - broken,
    retries: desks.retries() - retries,
    apiLoopP99Ms: round(p99, 1),
    /** What it costs wherever the clients are slower than the service: in this benchmark they share its cores. */
    apiCpuSeconds: round(cpuMs / 1_000, 1),
    cores,
  };
};
