import { afterEach, describe, expect, it } from "vitest";
import { runChaos, type ChaosResult } from "../chaos/run.ts";
import type { Backend } from "../chaos/rig/rig.ts";
import { describeWithRedis } from "../support/index.ts";
import { ensureBuilt } from "../support/processes.ts";

/**
 * The short form of `npm run chaos`, by the same code: half a minute on each queue backend with a seed of its own. What it
 * proves in long runs, and how to replay a violation, stands in test/chaos/main.ts.
 */
const play = async (backend: Backend, seed: number, stopping: AbortSignal): Promise<ChaosResult> => {
  await ensureBuilt();
  return runChaos({
    seed,
    backend,
    minutes: 0.5,
    perSecond: 10,
    world: { groups: 3, practicesEach: 34 },
    say: () => undefined,
    stopping,
  });
};

const seenOf = ({ violations }: ChaosResult): string[] => violations.map(({ rule, seen }) => `${rule}: ${seen}`);

const faultsOf = ({ faults }: ChaosResult): number =>
  Object.entries(faults).reduce((sum, [kind, count]) => sum + (kind.startsWith("commands-") ? 0 : count), 0);

describe("everything around Covershare fails", () => {
  let stopping = new AbortController();
  // A run that is given up takes its processes down.
  afterEach(() => {
    stopping.abort();
    stopping = new AbortController();
  });

  it(
    "no need is lost, no slot given twice and no desk left uninformed: queue in PostgreSQL",
    { timeout: 180_000 },
    async () => {
      const result = await play("postgres", 1, stopping.signal);
      expect(seenOf(result), "npm run chaos -- --minutes 0.5 --seed 1 --backend postgres").toEqual([]);
      expect(faultsOf(result)).toBeGreaterThan(8);
      expect(result.acknowledged).toBeGreaterThan(20);
      expect(result.framesChecked).toBeGreaterThan(100);
    },
  );

  describeWithRedis("queue in Redis", () => {
    it("no need is lost, no slot given twice and no desk left uninformed", { timeout: 180_000 }, async () => {
      const result = await play("redis", 2, stopping.signal);
      expect(seenOf(result), "npm run chaos -- --minutes 0.5 --seed 2 --backend redis").toEqual([]);
      expect(faultsOf(result)).toBeGreaterThan(8);
      expect(result.acknowledged).toBeGreaterThan(20);
      expect(result.framesChecked).toBeGreaterThan(100);
    });
  });
});
