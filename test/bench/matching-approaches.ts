import { catalogueOf } from "../../src/features/matching/solver/catalogue.ts";
import { insertCheapest, greedyOrder, PLAIN, type Meter } from "../../src/features/matching/solver/insert.ts";
import { compile, type Model } from "../../src/features/matching/solver/model.ts";
import type { Problem } from "../../src/features/matching/solver/problem.ts";
import { seededRandom } from "../../src/features/matching/solver/random.ts";
import { improve } from "../../src/features/matching/solver/search.ts";
import { emptyState, place, type State } from "../../src/features/matching/solver/state.ts";
import { addArc, emptyNetwork, minCostFlow } from "./min-cost-flow.ts";

/*
 * What else was tried than what the solver does, on the solver's own model, so that they can be compared in one run. Each
 * answers a state; its loss is minus the score.
 */

const random = () => seededRandom(87_109);

const greedy = (state: State, meter: Meter): void => {
  for (const need of greedyOrder(state.model)) {
    if ((state.edgeOf[need] ?? -1) < 0) insertCheapest(state, need, meter, random(), PLAIN);
  }
};

const canTake = ({ model, takenBy, roomLeft }: State, edge: number, slot: number): boolean => {
  if ((roomLeft[model.slotDay[slot] ?? 0] ?? 0) <= 0) return false;
  for (let at = slot; at < slot + (model.edgeLength[edge] ?? 0); at += 1) if ((takenBy[at] ?? -1) >= 0) return false;
  return true;
};

/**
 * Min-cost flow: needs, first slots, days of a practice. A flow knows neither charges for places nor that a block takes
 * several slots, so blocks that clash are dropped, lightest first, and whoever is left out takes the cheapest free block.
 */
const flow = (model: Model, meter: Meter): State => {
  const { needCount, slotCount, dayRoom } = model;
  const slotNode = (slot: number): number => 2 + needCount + slot;
  const network = emptyNetwork(2 + needCount + slotCount + dayRoom.length);
  for (let need = 0; need < needCount; need += 1) addArc(network, 0, 2 + need, 1, 0);
  const blocks: { need: number; edge: number; slot: number; arc: number }[] = [];
  for (let need = 0; need < needCount; need += 1) {
    for (let edge = model.edgeStart[need] ?? 0; edge < (model.edgeStart[need + 1] ?? 0); edge += 1) {
      for (let slot = model.edgeFirst[edge] ?? 0; slot <= (model.edgeLast[edge] ?? 0); slot += 1) {
        blocks.push({ need, edge, slot, arc: network.to.length });
        const cost = (model.edgeCost[edge] ?? 0) + (model.slotTime[slot] ?? 0) - (model.value[need] ?? 0);
        addArc(network, 2 + need, slotNode(slot), 1, cost);
      }
    }
  }
  for (let slot = 0; slot < slotCount; slot += 1)
    addArc(network, slotNode(slot), slotNode(slotCount) + (model.slotDay[slot] ?? 0), 1, 0);
  for (let day = 0; day < dayRoom.length; day += 1) addArc(network, slotNode(slotCount) + day, 1, dayRoom[day] ?? 0, 0);
  minCostFlow(network);
  const state = emptyState(model);
  const chosen = blocks.filter(({ arc }) => network.room[arc] === 0);
  for (const { need, edge, slot } of chosen.sort((a, b) => (model.weight[b.need] ?? 0) - (model.weight[a.need] ?? 0)))
    if (canTake(state, edge, slot)) place(state, need, edge, slot);
  greedy(state, meter);
  return state;
};

const started = (model: Model, meter: Meter): State => {
  const state = emptyState(model);
  greedy(state, meter);
  return state;
};

export const APPROACHES = {
  greedy: (model: Model, meter: Meter): State => started(model, meter),
  "min-cost flow, repaired": flow,
  "min-cost flow, then ruin and recreate": (model: Model, meter: Meter, budget: number): State => {
    const state = flow(model, meter);
    improve(state, random(), meter, budget, false);
    return state;
  },
  "Lagrangian prices, repaired": (model: Model, meter: Meter): State => {
    const state = started(model, meter);
    improve(state, random(), meter, 0);
    return state;
  },
  "ruin and recreate": (model: Model, meter: Meter, budget: number): State => {
    const state = started(model, meter);
    improve(state, random(), meter, budget, false);
    return state;
  },
  "ruin and recreate, eight times the steps": (model: Model, meter: Meter, budget: number): State => {
    const state = started(model, meter);
    improve(state, random(), meter, 8 * budget, false);
    return state;
  },
  "ruin and recreate, guided by prices (the solver)": (model: Model, meter: Meter, budget: number): State => {
    const state = started(model, meter);
    improve(state, random(), meter, budget);
    return state;
  },
} as const satisfies Record<string, (model: Model, meter: Meter, budget: number) => State>;

/** Score and milliseconds of each approach: the second of two runs, without making the model and the reasons. */
export const compareApproaches = (problem: Problem, budgetOf: (model: Model) => number) => {
  const model = compile(catalogueOf(problem));
  const budget = budgetOf(model);
  return Object.entries(APPROACHES).map(([approach, run]) => {
    run(model, { steps: 0 }, budget);
    const startedMs = performance.now();
    const state = run(model, { steps: 0 }, budget);
    return { approach, ms: performance.now() - startedMs, score: -state.loss };
  });
};
