import { isCloseEnough } from "./bound.ts";
import { catalogueOf } from "./catalogue.ts";
import { greedyOrder, insertCheapest, PLAIN, type Meter } from "./insert.ts";
import { compile, type Model } from "./model.ts";
import { planOneLine } from "./one-line.ts";
import { planFrom, type Chosen } from "./plan.ts";
import type { Plan, Problem } from "./problem.ts";
import { seededRandom, type Random } from "./random.ts";
import { improve, weightOf } from "./search.ts";
import { emptyState, type State } from "./state.ts";

const LEAST_STEPS = 64_000;
const STEPS_A_NEED = 500;
const STEPS_AN_EDGE = 360;
const MOST_STEPS = 3_500_000;

/*
 * A few needs that all want the same times are quickly searched, and easily searched in vain: now and then one leaves out
 * who need not be, or pays too much. So such a search is made anew: once where it is proved to cover the most (cover.ts),
 * up to three times where it is not, and never where nobody is left out.
 */
const FEW_NEEDS = 32;
const ROUNDS_FOR_WEIGHT = 4;
const ROUNDS_FOR_COST = 2;

export interface SolveOptions {
  /** Budget in steps (edges looked at); the default grows with the problem and stays near 200 ms on a present-day core. */
  readonly maxSteps?: number;
}

/** How many needs have any choice. */
const movable = ({ needCount, edgeStart }: Model): number => {
  let count = 0;
  for (let need = 0; need < needCount; need += 1) if (edgeStart[need] !== edgeStart[need + 1]) count += 1;
  return count;
};

/**
 * Steps of search by default: enough for the gap to the optimum to flatten (figures in the README), about linear in the
 * needs that have any choice and in their edges, and capped so that the largest groups stay within a third of a second.
 */
export const budgetFor = (model: Model): number => {
  return Math.min(
    MOST_STEPS,
    Math.max(LEAST_STEPS, STEPS_A_NEED * movable(model) + STEPS_AN_EDGE * model.edgeHost.length),
  );
};

interface Found {
  readonly state: State;
  /** How many searches in all are worth while, should the needs be few. */
  readonly rounds: number;
}

/** From an empty plan to the best that one search finds. */
const search = (model: Model, random: Random, budget: number): Found => {
  const settled = planOneLine(model);
  if (settled !== undefined) return { state: settled, rounds: 1 };
  const state = emptyState(model);
  const meter: Meter = { steps: 0 };
  for (const need of greedyOrder(model)) insertCheapest(state, need, meter, random, PLAIN);
  if (isCloseEnough(state)) return { state, rounds: 1 };
  const enough = improve(state, random, meter, budget);
  if (!leavesOut(state)) return { state, rounds: 1 };
  return { state, rounds: weightOf(state) < enough ? ROUNDS_FOR_WEIGHT : ROUNDS_FOR_COST };
};

/** Somebody who could have a place has none. */
const leavesOut = ({ model, edgeOf }: State): boolean =>
  edgeOf.some((edge, need) => edge < 0 && model.edgeStart[need] !== model.edgeStart[need + 1]);

/**
 * Plans every need of the snapshot together (rule M3): the same snapshot always gives the same plan (rule M4).
 * Pure and synchronous; see run-solver.ts for keeping it off an event loop.
 */
export const solve = (problem: Problem, options: SolveOptions = {}): Plan => {
  const catalogue = catalogueOf(problem);
  const model = compile(catalogue);
  const random = seededRandom(87_109);
  const budget = Math.min(options.maxSteps ?? Number.POSITIVE_INFINITY, budgetFor(model));
  let { state, rounds } = search(model, random, budget);
  if (movable(model) > FEW_NEEDS) rounds = 1;
  for (let round = 1; round < rounds; round += 1) {
    const other = search(model, random, budget);
    if (other.state.loss < state.loss) state = other.state;
    rounds = Math.min(rounds, other.rounds);
  }
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
