import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { parseScenario, toAnswer } from "../../src/features/matching/scenario.schema.ts";
import type { Problem } from "../../src/features/matching/solver/problem.ts";
import { solveHere } from "../../src/features/matching/solver/run-solver.ts";
import { loadExactSolver, solveExactly } from "../features/matching/solver/exact.ts";
import { blocksOf, checkAnswer, readScenario } from "../features/matching/solver/judge.ts";
import { budgetFor } from "../../src/features/matching/solver/solve.ts";
import { largeScenario } from "./large-scenario.ts";
import { compareApproaches } from "./matching-approaches.ts";
import { firstCome, priorityNearest } from "./matching-baselines.ts";

/*
 * npm run bench:matching -- --dir ../shared/scenarios [--highs-seconds 120] [--only NAME] [--approaches] [--large]
 *
 * For each scenario: rule faults found by the independent judge, weight short of the optimum or bound, regret where the
 * optimum is known (from `*.optimum.json`, or from `highs` where it finishes in this run), milliseconds of the solver
 * (`coldMs`: the first plan of a process that has just started; `firstMs`: the first of this scenario; `solveMs`: the median
 * of nine after half a second of them, as in a matcher that has been running, which is what people meet) and of `highs` in the same run, both baselines.
 * `--approaches` compares other ways to solve it, on the same model, before that. `--large` adds a scenario that is made in the
 * run from `--practices` (large-scenario.ts), as large as the largest in the design; `highs` is not asked about that one.
 * The last line is one JSON document. Exit status 1 if a rule is broken.
 */

const { values: options } = parseArgs({
  options: {
    dir: { type: "string", default: "../shared/scenarios" },
    "highs-seconds": { type: "string", default: "120" },
    only: { type: "string", default: "" },
    approaches: { type: "boolean", default: false },
    large: { type: "boolean", default: false },
    practices: { type: "string", default: "../shared/data/practices.csv" },
  },
});

const optimumSchema = z.object({
  optimum: z.object({
    exact: z.boolean(),
    weight: z.number().optional(),
    cost: z.number().optional(),
    score: z.number().optional(),
  }),
  bound: z.object({ weightAtMost: z.number(), scoreAtMost: z.number() }).optional(),
});

const readJson = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, "utf8"));

const readOptimum = async (file: string): Promise<z.output<typeof optimumSchema> | undefined> => {
  try {
    return optimumSchema.parse(await readJson(file));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
};

const median = (numbers: readonly number[]): number | null => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.floor(sorted.length / 2)];
  return low === undefined || high === undefined ? null : (low + high) / 2;
};
const rounded = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;

const highs = await loadExactSolver();
const seconds = Number(options["highs-seconds"]);

/** Longer than Node takes to make the solver fast again, which it forgets while `highs` has the processor for minutes. */
const WARM_UP_MS = 500;
const warmUp = (problem: Problem): void => {
  const begin = performance.now();
  while (performance.now() < begin + WARM_UP_MS) solveHere(problem);
};

interface Case {
  readonly json: unknown;
  readonly known: z.output<typeof optimumSchema> | undefined;
  readonly highsSeconds: number;
}

const bench = ({ json, known, highsSeconds }: Case) => {
  const problem = parseScenario(json);
  const first = solveHere(problem);
  warmUp(problem);
  const plans = Array.from({ length: 9 }, () => solveHere(problem));
  const solveMs = median(plans.map((plan) => plan.solveMs ?? 0)) ?? 0;

  const scenario = readScenario(json);
  const blocks = blocksOf(scenario);
  const judged = checkAnswer(scenario, toAnswer(first), blocks);
  const isSame = plans.every(({ score }) => score === first.score);
  const faults = [...judged.faults, ...(isSame ? [] : ["the same input gave another answer"])];

  const exact = highsSeconds > 0 ? solveExactly(highs, scenario, blocks, highsSeconds) : undefined;
  const fromFile = known?.optimum.exact === true ? known.optimum : undefined;
  const optimum = fromFile ?? (exact?.isFinished === true ? exact : undefined);
  const weightWanted = optimum?.weight ?? known?.bound?.weightAtMost;
  const regret =
    optimum?.score === undefined || optimum.cost === undefined || optimum.cost === 0
      ? null
      : Math.max(0, (optimum.score - judged.score) / optimum.cost);
  const rivals = [firstCome(scenario, blocks), priorityNearest(scenario, blocks)].map(
    ({ weight, covered, cost, score }) => ({
      weight,
      covered,
      cost: rounded(cost, 3),
      score: rounded(score, 3),
    }),
  );
  return {
    scenario: scenario.name,
    blocks: blocks.length,
    faults: faults.length,
    faultTexts: faults.slice(0, 5),
    weight: judged.weight,
    covered: judged.covered,
    cost: rounded(judged.cost, 3),
    weightShort: weightWanted === undefined ? null : Math.max(0, weightWanted - judged.weight),
    comparedWith: optimum === undefined ? (weightWanted === undefined ? "nothing" : "bound") : "optimum",
    regret: regret === null ? null : rounded(regret, 6),
    solveMs: rounded(solveMs, 1),
    firstMs: rounded(first.solveMs ?? 0, 1),
    highsMs: exact?.isFinished === true ? rounded(exact.ms, 0) : null,
    speedup: exact?.isFinished === true ? rounded(exact.ms / solveMs, 1) : null,
    firstCome: rivals[0],
    priorityNearest: rivals[1],
  };
};

const files = (await readdir(options.dir))
  .filter((file) => file.endsWith(".json") && !file.endsWith(".optimum.json") && file.includes(options.only))
  .sort();
if (files.length === 0) throw new Error(`There are no scenarios in ${options.dir}.`);
const compare = async (): Promise<void> => {
  const totals = new Map<string, { ms: number; short: number; regrets: number[] }>();
  for (const file of files) {
    const problem = parseScenario(await readJson(join(options.dir, file)));
    const { cost } = solveHere(problem);
    const known = await readOptimum(join(options.dir, file.replace(/\.json$/, ".optimum.json")));
    const found = compareApproaches(problem, budgetFor);
    const best = known?.optimum.score ?? Math.max(...found.map(({ score }) => score));
    for (const { approach, ms, score } of found) {
      const total = totals.get(approach) ?? { ms: 0, short: 0, regrets: [] };
      totals.set(approach, total);
      total.ms += ms;
      // Less than the worth of any need: the same weight and cover.
      if (best - score > 5_000) total.short += 1;
      else total.regrets.push(Math.max(0, best - score) / cost);
    }
  }
  for (const [approach, { ms, short, regrets }] of totals) {
    const mean = regrets.reduce((sum, one) => sum + one, 0) / regrets.length;
    console.log(
      `${approach}: ${ms.toFixed(0)} ms in all, short of weight or cover in ${short} of ${files.length}, else ${(100 * mean).toFixed(2)} % above the best known cost on average, ${(100 * Math.max(...regrets)).toFixed(2)} % at worst`,
    );
  }
};
const [firstFile = ""] = files;
const coldMs = rounded(solveHere(parseScenario(await readJson(join(options.dir, firstFile)))).solveMs ?? 0, 1);
if (options.approaches) await compare();
const cases = async function* (): AsyncGenerator<Case> {
  for (const file of files) {
    const known = await readOptimum(join(options.dir, file.replace(/\.json$/, ".optimum.json")));
    yield { json: await readJson(join(options.dir, file)), known, highsSeconds: seconds };
  }
  if (options.large)
    yield { json: largeScenario(await readFile(options.practices, "utf8")), known: undefined, highsSeconds: 0 };
};
const scenarios: ReturnType<typeof bench>[] = [];
for await (const one of cases()) {
  const result = bench(one);
  scenarios.push(result);
  const percent = result.regret === null ? "unknown" : `${(100 * result.regret).toFixed(4)} %`;
  console.log(
    [
      result.scenario,
      `  ${result.blocks} blocks, faults ${result.faults}, weight ${result.weight} (short of ${result.comparedWith}: ${result.weightShort ?? "unknown"}), covered ${result.covered}, cost ${result.cost}, regret ${percent}`,
      `  ${result.solveMs} ms (first ${result.firstMs} ms), highs ${one.highsSeconds === 0 ? "not asked" : result.highsMs === null ? `not finished in ${one.highsSeconds} s` : `${result.highsMs} ms, ${result.speedup} times slower`}`,
      ...[result.firstCome, result.priorityNearest].map(
        (rival, at) =>
          `  ${at === 0 ? "first come" : "priority nearest"}: weight ${rival?.weight}, covered ${rival?.covered}, cost ${rival?.cost}, score ${rival?.score}`,
      ),
      ...result.faultTexts.map((text) => `  FAULT ${text}`),
    ].join("\n"),
  );
}
const regrets = scenarios.flatMap(({ regret }) => (regret === null ? [] : [regret]));
const faults = scenarios.reduce((sum, result) => sum + result.faults, 0);
console.log(
  JSON.stringify({
    bench: "matching",
    coldMs,
    scenarios,
    faults,
    weightShort: scenarios.reduce((sum, { weightShort }) => sum + (weightShort ?? 0), 0),
    meanRegret:
      regrets.length === 0 ? null : rounded(regrets.reduce((sum, value) => sum + value, 0) / regrets.length, 6),
    worstRegret: regrets.length === 0 ? null : Math.max(...regrets),
    medianSpeedup: median(scenarios.flatMap(({ speedup }) => (speedup === null ? [] : [speedup]))),
  }),
);
process.exitCode = faults > 0 ? 1 : 0;
