import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseScenario, toAnswer } from "../../../../src/features/matching/scenario.schema.ts";
import { solve } from "../../../../src/features/matching/solver/index.ts";
import { checkAnswer, readScenario } from "./judge.ts";

const dir = "../shared/scenarios";
const files = existsSync(dir)
  ? readdirSync(dir).filter((file) => file.endsWith(".json") && !file.endsWith(".optimum.json"))
  : [];
const known = z.object({
  optimum: z.object({ weight: z.number().optional(), score: z.number().optional(), cost: z.number().optional() }),
  bound: z.object({ weightAtMost: z.number() }),
});

describe.skipIf(files.length === 0)("the public scenarios", () => {
  it.each(files)("M2: %s keeps every rule, with all the weight and at most 1 per cent more cost", (file) => {
    const json: unknown = JSON.parse(readFileSync(join(dir, file), "utf8"));
    const { optimum, bound } = known.parse(
      JSON.parse(readFileSync(join(dir, file.replace(/\.json$/, ".optimum.json")), "utf8")),
    );
    const plan = toAnswer(solve(parseScenario(json)));
    const judged = checkAnswer(readScenario(json), plan);
    expect(judged.faults).toEqual([]);
    expect(plan.truncated).toBe(false);
    expect(judged.weight).toBeGreaterThanOrEqual(optimum.weight ?? bound.weightAtMost);
    const leastScore =
      optimum.score === undefined ? Number.NEGATIVE_INFINITY : optimum.score - 0.01 * (optimum.cost ?? 0);
    expect(judged.score).toBeGreaterThanOrEqual(leastScore);
  });
});
