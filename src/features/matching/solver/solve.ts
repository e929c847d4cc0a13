import { isCloseEnough } from "./bound.ts";
import { catalogueOf } from "./catalogue.ts";
import { greedyOrder, insertCheapest, PLAIN, type Meter } from "./insert.ts";
import { compile, type Model } from "./model.ts";
import { planFrom, type Chosen } from "./plan.ts";
import type { Plan, Problem } from "./problem.ts";
import { seededRandom } from "./random.ts";
import { improve } from "./search.ts";
import { emptyState } from "./state.ts";

const LEAST_STEPS = 32_000;
const STEPS_A_NEED = 330;
const STEPS_AN_EDGE = 140;
const MOST_STEPS = 1_750_000;

export interface SolveOptions {
  /** Budget in steps (edges looked at); the default grows with the problem and stays near 200 ms on a present-day core. */
  readonly maxSteps?: number;
}

/**
 * Steps of search by default: enough for the gap to the optimum to flatten (figures in the README), about linear in the
 * needs that have any choice and in their edges, and capped so that the largest groups stay within a quarter of a second.
 */
export const budgetFor = ({ needCount, edgeStart, edgeHost }: Model): number => {
  let movable = 0;
  for (let need = 0; need < needCount; need += 1) if (edgeStart[need] !== edgeStart[need + 1]) movable += 1;
  return Math.min(MOST_STEPS, LEAST_STEPS + STEPS_A_NEED * movable + STEPS_AN_EDGE * edgeHost.length);
};

/**
 * Plans every need of the snapshot together (rule M3): the same snapshot always gives the same plan (rule M4).
 * Pure and synchronous; see run-solver.ts for keeping it off an event loop.
 */
export const solve = (problem: Problem, options: SolveOptions = {}): Plan => {
  const catalogue = catalogueOf(problem);
  const model = compile(catalogue);
  const state = emptyState(model);
  const meter: Meter = { steps: 0 };
  const random = seededRandom(87_109);
  for (const need of greedyOrder(model)) insertCheapest(state, need, meter, random, PLAIN);
  const budget = Math.min(options.maxSteps ?? Number.POSITIVE_INFINITY, budgetFor(model));
  if (!isCloseEnough(state)) improve(state, random, meter, budget);
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
