import { chainSearch, insertByChain } from "./chain.ts";
import { insertCheapest, type Meter } from "./insert.ts";
import { emptyJournal, forget, note, rollBack, type Journal } from "./journal.ts";
import type { Model } from "./model.ts";
import type { Random } from "./random.ts";
import { place, remove, type State } from "./state.ts";

const takeOut = (state: State, journal: Journal, need: number): void => {
  note(journal, state, need);
  if ((state.edgeOf[need] ?? -1) >= 0) remove(state, need);
};

/** Takes out needs that sit where the seed could go: one run after another, starting near its cheapest. */
const ruinAround = (state: State, journal: Journal, seed: number, size: number, random: Random): void => {
  const { model, takenBy } = state;
  const from = model.edgeStart[seed] ?? 0;
  const count = (model.edgeStart[seed + 1] ?? 0) - from;
  takeOut(state, journal, seed);
  if (count === 0) return;
  for (let tries = 0; tries < 6 && journal.needs.length < size; tries += 1) {
    const skew = random.unit();
    const edge = from + Math.floor(skew * skew * count);
    const first = model.edgeFirst[edge] ?? 0;
    const end = (model.edgeLast[edge] ?? 0) + (model.edgeLength[edge] ?? 0);
    const offset = random.below(end - first);
    for (let step = 0; step < end - first && journal.needs.length < size; step += 1) {
      const other = takenBy[first + ((step + offset) % (end - first))] ?? -1;
      if (other >= 0) takeOut(state, journal, other);
    }
  }
};

/** Takes out needs of the seed's request, all or some. */
const ruinRequest = (state: State, journal: Journal, needs: readonly number[], size: number, random: Random): void => {
  const offset = random.below(needs.length);
  for (let step = 0; step < needs.length && journal.needs.length < size; step += 1) {
    takeOut(state, journal, needs[(step + offset) % needs.length] ?? 0);
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
  const key = new Float64Array(model.needCount);
  const journal = emptyJournal(model.needCount);
  const chains = chainSearch(model);
  for (let need = 0; need < model.needCount; need += 1) {
    if ((state.edgeOf[need] ?? -1) >= 0) continue;
    const before = state.loss;
    if (!insertByChain(state, chains, need, model.needCount, journal, meter) || state.loss > before) {
      rollBack(journal, state);
    } else forget(journal);
  }
  let best = state.loss;
  let bestEdges = state.edgeOf.slice();
  let bestStarts = state.startOf.slice();
  const startSteps = meter.steps;
  const skips = (): boolean => random.unit() < 0.02;
  while (meter.steps < startSteps + budget) {
    const progress = (meter.steps - startSteps) / budget;
    const temperature = 4 * (0.02 / 4) ** progress;
    const before = state.loss;
    const seed = random.below(model.needCount);
    const size = 2 + random.below(9);
    if (random.unit() < 0.5) ruinAround(state, journal, seed, size, random);
    else {
      ruinRequest(state, journal, byRequest[model.requestOf[seed] ?? 0] ?? [seed], size, random);
      if (random.unit() < 0.5) ruinAround(state, journal, seed, size + 4, random);
    }
    meter.steps += journal.needs.length + 4;
    for (const need of journal.needs) key[need] = Math.log(model.weight[need] ?? 1) + random.unit() * 1.2;
    const order = [...journal.needs].sort((a, b) => (key[b] ?? 0) - (key[a] ?? 0));
    let isSound = true;
    for (const need of order) {
      if (insertCheapest(state, need, meter, skips)) continue;
      if (random.unit() < 0.1 && !insertByChain(state, chains, need, 50, journal, meter)) {
        isSound = false;
        break;
      }
    }
    if (!isSound || state.loss > before - temperature * Math.log(random.unit())) rollBack(journal, state);
    else {
      forget(journal);
      if (state.loss < best - 1e-7) {
        best = state.loss;
        bestEdges = state.edgeOf.slice();
        bestStarts = state.startOf.slice();
      }
    }
  }
  for (let need = 0; need < model.needCount; need += 1) if ((state.edgeOf[need] ?? -1) >= 0) remove(state, need);
  for (let need = 0; need < model.needCount; need += 1) {
    if ((bestEdges[need] ?? -1) >= 0) place(state, need, bestEdges[need] ?? 0, bestStarts[need] ?? 0);
  }
};
