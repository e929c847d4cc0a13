import { readdir, readFile } from "node:fs/promises";
import { round } from "../support/stats.ts";

/*
 * Who had the processors: everything of a run shares the cores of one machine, so what limits it is whoever takes most of
 * them. Read from Linux's `/proc`; elsewhere nothing is known.
 */

/** The processes of each part; with each come those that it has started, such as PostgreSQL's one a connection. */
export interface Places {
  readonly apis: readonly number[];
  readonly matchers: readonly number[];
  readonly postgres: readonly number[];
  readonly redis: readonly number[];
}

/** Cores that each part kept busy. */
export interface Cores {
  readonly apis: number;
  readonly matchers: number;
  readonly postgres: number;
  readonly redis: number;
  /** The desks, which are this process. */
  readonly clients: number;
  /** Everything else on the machine: in a quiet run close to nothing. */
  readonly others: number;
  /** Time that the APIs' main threads were ready to run and had no processor: as delay it is the machine's, not theirs. */
  readonly apisWaited: number;
}

interface Process {
  readonly parent: number;
  readonly ownSeconds: number;
  /** With those of children that have ended. */
  readonly seconds: number;
}

/** USER_HZ, which is the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

const processFrom = (stat: string): Process => {
  // The name stands in brackets and may hold anything, brackets too.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const at = (index: number): number => Number(fields[index] ?? 0);
  const ownSeconds = (at(11) + at(12)) / TICKS_PER_SECOND;
  return { parent: at(1), ownSeconds, seconds: ownSeconds + (at(13) + at(14)) / TICKS_PER_SECOND };
};

const readText = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, "utf8");
  } catch {
    // It has ended meanwhile, or this is no Linux.
    return undefined;
  }
};

/** The process that started this one. */
export const parentOf = async (pid: number): Promise<number | undefined> => {
  const stat = await readText(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : processFrom(stat).parent;
};

const allProcesses = async (): Promise<Map<number, Process>> => {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map(async (pid) => [Number(pid), await readText(`/proc/${pid}/stat`)] as const));
  return new Map(stats.flatMap(([pid, stat]) => (stat === undefined ? [] : [[pid, processFrom(stat)] as const])));
};

/** Of all processors: user, nice, system, idle, waiting for disks, and what interrupts take. */
const busySeconds = (stat: string): number => {
  const ticks = (stat.split("\n")[0] ?? "").trim().split(/\s+/).slice(1).map(Number);
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0);
  // Guests are counted among the users already.
  return (ticks.slice(0, 8).reduce((sum, value) => sum + value, 0) - idle) / TICKS_PER_SECOND;
};

const total = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** Nanoseconds of a main thread that it waited for a processor: the second figure of `schedstat`. */
const waitedSeconds = async (pid: number): Promise<number> =>
  Number((await readText(`/proc/${pid}/schedstat`))?.split(" ")[1] ?? 0) / 1e9;

const readSeconds = async (places: Places): Promise<Cores | undefined> => {
  const machine = await readText("/proc/stat");
  if (machine === undefined) return undefined;
  const processes = await allProcesses();
  const withChildren = (pid: number): number => {
    let seconds = processes.get(pid)?.seconds ?? 0;
    for (const [child, { parent }] of processes) if (parent === pid) seconds += withChildren(child);
    return seconds;
  };
  const sum = (pids: readonly number[]): number => total(pids.map(withChildren));
  const [apis, matchers, postgres, redis] = [places.apis, places.matchers, places.postgres, places.redis].map(sum);
  const ours = {
    apis: apis ?? 0,
    matchers: matchers ?? 0,
    postgres: postgres ?? 0,
    redis: redis ?? 0,
    clients: processes.get(process.pid)?.ownSeconds ?? 0,
  };
  const waited = await Promise.all(places.apis.map(waitedSeconds));
  return { ...ours, others: busySeconds(machine) - total(Object.values(ours)), apisWaited: total(waited) };
};

/** Starts counting; what it resolves to tells the cores that were busy since. Undefined where that cannot be known. */
export const countCores = async (places: Places): Promise<() => Promise<Cores | undefined>> => {
  const before = await readSeconds(places);
  const began = performance.now();
  return async () => {
    const after = await readSeconds(places);
    if (before === undefined || after === undefined) return undefined;
    const seconds = (performance.now() - began) / 1_000;
    const of = (part: keyof Cores): number => round((after[part] - before[part]) / seconds);
    return {
      apis: of("apis"),
      matchers: of("matchers"),
      postgres: of("postgres"),
      redis: of("redis"),
      clients: of("clients"),
      others: of("others"),
      apisWaited: of("apisWaited"),
    };
  };
};
