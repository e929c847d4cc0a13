import { runChaos } from "../../chaos/run.ts";
import type { Backend } from "../../chaos/rig/rig.ts";
import { ensureBuilt } from "../../support/processes.ts";

/** Half a minute, and then as long as a machine with much else to do takes to come to rest. */
export const CHAOS_TIMEOUT_MS = 900_000;

/** A storm, and the first faults by themselves. */
const MINUTES = 0.6;

/**
 * The short form of `npm run chaos`, by the same code: half a minute with a seed of its own, in which every kind of fault
 * occurs. What is judged is that no promise is broken; how soon all is calm is measured by the long form on a machine of its
 * own, and waited for here. What long runs prove, and how to replay a violation, stands in test/chaos/main.ts.
 */
export const playShort = async (backend: Backend, seed: number, stopping: AbortSignal) => {
  await ensureBuilt();
  const result = await runChaos({
    seed,
    backend,
    minutes: MINUTES,
    perSecond: 6,
    patience: 5,
    world: { groups: 2, practicesEach: 34 },
    say: () => undefined,
    stopping,
  });
  return {
    ...result,
    violations: result.violations.map(({ rule, seen }) => `${rule}: ${seen}`),
    injected: Object.entries(result.faults).reduce(
      (sum, [kind, count]) => sum + (kind.startsWith("commands-") ? 0 : count),
      0,
    ),
    replay: `npm run chaos -- --minutes ${MINUTES} --seed ${seed} --backend ${backend}`,
  };
};
