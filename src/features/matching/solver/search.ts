import { insertCheapest, restore, type Change, type Meter } from "./insert.ts";
import type { Model } from "./model.ts";
import type { Random } from "./random.ts";
import { remove, type State } from "./state.ts";

interface Ruin {
  readonly changes: Change[];
  readonly isOut: Uint8Array;
}

const takeOut = (state: State, ruin: Ruin, need: number): void => {
  if (ruin.isOut[need] === 1) return;
  ruin.isOut[need] = 1;
  ruin.changes.push({ need, edge: state.edgeOf[need] ?? -1, slot: state.startOf[need] ?? -1 });
  if ((state.edgeOf[need] ?? -1) >= 0) remove(state, need);
};

/** Takes out needs that sit where the seed could go: one run after another, starting near its cheapest. */
const ruinAround = (state: State, ruin: Ruin, seed: number, size: number, random: Random): void => {
  const { model, takenBy } = state;
  const from = model.edgeStart[seed] ?? 0;
  const count = (model.edgeStart[seed + 1] ?? 0) - from;
  takeOut(state, ruin, seed);
  if (count === 0) return;
  for (let tries = 0; tries < 6 && ruin.changes.length < size; tries += 1) {
    const skew = random.unit();
    const edge = from + Math.floor(skew * skew * count);
    const first = model.edgeFirst[edge] ?? 0;
    const end = (model.edgeLast[edge] ?? 0) + (model.edgeLength[edge] ?? 0);
    const offset = random.below(end - first);
    for (let step = 0; step < end - first && ruin.changes.length < size; step += 1) {
      const other = takenBy[first + ((step + offset) % (end - first))] ?? -1;
      if (other >= 0) takeOut(state, ruin, other);
    }
  }
};

/** Takes out needs of the seed's request, all or some. */
const ruinRequest = (state: State, ruin: Ruin, needs: readonly number[], size: number, random: Random): void => {
  const offset = random.below(needs.length);
  for (let step = 0; step < needs.length && ruin.changes.length < size; step += 1) {
    takeOut(state, ruin, needs[(step + offset) % needs.length] ?? 0);
  }
};

const needsByRequest = (model: Model): readonly (readonly number[])[] => {
  const lists: number[][] = [];
  for (let need = 0; need < model.needCount; need += 1) {
    const request = model.requestOf[need] ?? 0;
    const list = lists[request] ?? [];
    list.push(need);
    lists[request] = list;
  }
  return lists;
};

/** Ruin and recreate with a falling temperature; leaves the best state found in `state`. */
export const improve = (state: State, random: Random, meter: Meter, budget: number): void => {
  const { model } = state;
  if (model.needCount === 0) return;
  const byRequest = needsByRequest(model);
  const isOut = new Uint8Array(model.needCount);
  const key = new Float64Array(model.needCount);
  let best = state.loss;
  let bestEdges = state.edgeOf.slice();
  let bestStarts = state.startOf.slice();
  const startSteps = meter.steps;
  const skips = (): boolean => random.unit() < 0.02;
  while (meter.steps < startSteps + budget) {
    const progress = (meter.steps - startSteps) / budget;
    const temperature = 4 * (0.02 / 4) ** progress;
    const before = state.loss;
    const ruin: Ruin = { changes: [], isOut };
    const seed = random.below(model.needCount);
    const size = 2 + random.below(9);
    if (random.unit() < 0.5) ruinAround(state, ruin, seed, size, random);
    else {
      ruinRequest(state, ruin, byRequest[model.requestOf[seed] ?? 0] ?? [seed], size, random);
      if (random.unit() < 0.5) ruinAround(state, ruin, seed, size + 4, random);
    }
    meter.steps += ruin.changes.length + 4;
    for (const { need } of ruin.changes) {
      isOut[need] = 0;
      key[need] = Math.log(model.weight[need] ?? 1) + random.unit() * 1.2;
    }
    const order = ruin.changes.map(({ need }) => need).sort((a, b) => (key[b] ?? 0) - (key[a] ?? 0));
    for (const need of order) insertCheapest(state, need, meter, skips);
    if (state.loss > before - temperature * Math.log(random.unit())) restore(state, ruin.changes);
    else if (state.loss < best - 1e-7) {
      best = state.loss;
      bestEdges = state.edgeOf.slice();
      bestStarts = state.startOf.slice();
    }
  }
  const changes: Change[] = [];
  for (let need = 0; need < model.needCount; need += 1) {
    changes.push({ need, edge: bestEdges[need] ?? -1, slot: bestStarts[need] ?? -1 });
  }
  restore(state, changes);
};
