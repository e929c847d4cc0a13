import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { z } from "zod";
import { DomainError } from "../../../src/platform/errors/domain-error.ts";

/*
 * What people and programs hand in besides requests: frames, files, scenarios, command lines. Ten thousand of each kind
 * (more by COVERSHARE_FUZZ=10), most of them nearly right: refused in words or taken, within a second, and nothing kept.
 */

export const TIMES = Number(process.env["COVERSHARE_FUZZ"] ?? "1");
export const CASES = 10_000 * TIMES;
export const SEED = 20_261_225;
const SLOWEST_MS = 1_000;
/** Far more than they need: a machine may be busy. */
export const MINUTES = 180_000;

setFlagsFromString("--expose-gc");
const collect = z.function().parse(runInNewContext("gc"));
const heldMiB = (): number => {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

/** Runs all cases; answers what was slow, what failed otherwise than in words, and what the second half kept in memory. */
export const attack = async <T>(
  cases: fc.Arbitrary<T>,
  take: (one: T) => unknown,
  count = CASES,
): Promise<{ readonly faults: readonly string[]; readonly taken: number; readonly grownMiB: number }> => {
  const faults = new Set<string>();
  let taken = 0;
  let halfMiB = 0;
  const half = Math.ceil(count / 2);
  for (const part of [0, 1]) {
    for (const one of fc.sample(cases, { numRuns: half, seed: SEED + part })) {
      const before = process.cpuUsage();
      const shown = (): string => JSON.stringify(one).slice(0, 300);
      try {
        await take(one);
        taken += 1;
      } catch (error) {
        if (!(error instanceof DomainError)) faults.add(`${String(error).slice(0, 200)} on ${shown()}`);
      }
      const { user, system } = process.cpuUsage(before);
      const ms = (user + system) / 1_000;
      if (ms > SLOWEST_MS) faults.add(`${Math.round(ms)} ms of processor time for ${shown()}`);
    }
    if (part === 0) halfMiB = heldMiB();
  }
  return { faults: [...faults].slice(0, 5), taken, grownMiB: heldMiB() - halfMiB };
};

/** Nothing, where all was refused in words or taken (some of it at least, or the generator is no good) and nothing kept. */
export const harmIn = (
  { faults, taken, grownMiB }: Awaited<ReturnType<typeof attack>>,
  count = CASES,
): readonly string[] => [
  ...faults,
  ...(taken > count / 100 ? [] : [`only ${taken} of ${count} were taken`]),
  ...(grownMiB < 24 ? [] : [`${grownMiB} MiB were kept`]),
];
