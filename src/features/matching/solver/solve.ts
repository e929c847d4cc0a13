import { catalogueOf } from "./catalogue.ts";
import { greedyOrder, insertCheapest, type Meter } from "./insert.ts";
import { compile } from "./model.ts";
import { planFrom, type Chosen } from "./plan.ts";
import type { Plan, Problem } from "./problem.ts";
import { seededRandom } from "./random.ts";
import { improve } from "./search.ts";
import { emptyState } from "./state.ts";

export interface SolveOptions {
  /** Budget in steps (edges looked at); the default grows with the problem and stays near 200 ms on a present-day core. */
  readonly maxSteps?: number;
}

/**
 * Plans every need of the snapshot together (rule M3): the same snapshot always gives the same plan (rule M4).
 * Pure and synchronous; see run-solver.ts for keeping it off an event loop.
 */
export const solve = (problem: Problem, options: SolveOptions = {}): Plan => {
  const catalogue = catalogueOf(problem);
  const model = compile(catalogue);
  const state = emptyState(model);
  const meter: Meter = { steps: 0 };
  const random = seededRandom(0x5eed);
  for (const need of greedyOrder(model)) insertCheapest(state, need, meter, random, 0);
  const budget = Math.min(options.maxSteps ?? Number.POSITIVE_INFINITY, 12_000 * model.needCount);
  improve(state, random, meter, budget);
  const chosen: Chosen[] = [];
  for (let need = 0; need < model.needCount; need += 1) {
    const edge = state.edgeOf[need] ?? -1;
    if (edge < 0) continue;
    const start = state.startOf[need] ?? 0;
    chosen.push({
      need,
      host: model.edgeHost[edge] ?? 0,
      slots: model.slots.slice(start, start + (model.edgeLength[edge] ?? 0)),
    });
  }
  return planFrom(catalogue, chosen, options.maxSteps !== undefined && budget === options.maxSteps);
};
