import { chainSearch, insertByChain, type ChainSearch } from "./chain.ts";
import { insertCheapest, type Meter } from "./insert.ts";
import { emptyJournal, forget, note, rollBack, type Journal } from "./journal.ts";
import type { Model } from "./model.ts";
import type { Random } from "./random.ts";
import { needsByRequest, ruinAround, ruinRequest } from "./ruin.ts";
import { place, remove, type State } from "./state.ts";

export const T = {
  hot: 4,
  scarce: 5000,
  mid: 10,
  share: 0.4,
  cold: 0.02,
  blink: 0.02,
  chain: 0.1,
  limit: 50,
  swap: 0.5,
  around: 0.5,
  size: 9,
  noise: 1.2,
};

interface Search {
  readonly state: State;
  readonly journal: Journal;
  readonly chains: ChainSearch;
  readonly random: Random;
  readonly meter: Meter;
  readonly byRequest: readonly Int32Array[];
  /** Heavier needs go first, more or less. */
  readonly lead: Float64Array;
  /** Scratch: what was taken out, in the order in which it goes back, and the keys of that order. */
  readonly order: Int32Array;
  readonly keys: Float64Array;
}

/** Orders what was taken out by weight with some noise; few needs, so by insertion. */
const drawOrder = ({ journal, order, keys, lead, random }: Search): number => {
  const { count } = journal;
  for (let at = 0; at < count; at += 1) {
    const need = journal.needs[at] ?? 0;
    const key = (lead[need] ?? 0) + T.noise * random.unit();
    let to = at;
    while (to > 0 && (keys[to - 1] ?? 0) < key) {
      keys[to] = keys[to - 1] ?? 0;
      order[to] = order[to - 1] ?? 0;
      to -= 1;
    }
    keys[to] = key;
    order[to] = need;
  }
  return count;
};

/** One move: take some needs out, put them back another way. Whether to keep it is decided by what it costs. */
const move = (search: Search, allowance: number): void => {
  const { state, journal, random, meter, byRequest, chains, order } = search;
  const { model } = state;
  const before = state.loss;
  const seed = random.below(model.needCount);
  const size = 2 + random.below(T.size);
  const isSwap = (state.edgeOf[seed] ?? -1) < 0 && random.unit() < T.swap;
  if (isSwap) note(journal, state, seed);
  else if (random.unit() < T.around) ruinAround(state, journal, seed, size, random);
  else {
    const needs = byRequest[model.requestOf[seed] ?? 0];
    if (needs !== undefined) ruinRequest(state, journal, needs, size, random);
    if (random.unit() < 0.5) ruinAround(state, journal, seed, size + 4, random);
  }
  const count = drawOrder(search);
  meter.steps += count + 4;
  let isSound = true;
  for (let at = 0; at < count && isSound; at += 1) {
    const need = order[at] ?? 0;
    if (insertCheapest(state, need, meter, random, T.blink)) continue;
    if (isSwap || random.unit() < T.chain) {
      isSound = insertByChain(state, chains, need, allowance, T.limit, journal, meter);
    }
  }
  if (!isSound || state.loss > before + allowance) rollBack(journal, state);
  else forget(journal);
};

const bringIn = ({ state, chains, journal, meter }: Search): number => {
  const { model } = state;
  let missing = 0;
  for (let need = 0; need < model.needCount; need += 1) {
    if ((state.edgeOf[need] ?? -1) >= 0 || model.edgeStart[need] === model.edgeStart[need + 1]) continue;
    const before = state.loss;
    const isSound = insertByChain(state, chains, need, 0, model.needCount, journal, meter);
    if (!isSound || state.loss > before) rollBack(journal, state);
    else forget(journal);
    if ((state.edgeOf[need] ?? -1) < 0) missing += 1;
  }
  return missing;
};

/** Leads of 0, log 4 and log 16. */
const leads = (model: Model): Float64Array => model.weight.map((weight) => Math.log(weight));

const takeOver = (state: State, edges: Int32Array, slots: Int32Array): void => {
  const { needCount } = state.model;
  for (let need = 0; need < needCount; need += 1) if ((state.edgeOf[need] ?? -1) >= 0) remove(state, need);
  for (let need = 0; need < needCount; need += 1) {
    const edge = edges[need] ?? -1;
    if (edge >= 0) place(state, need, edge, slots[need] ?? 0);
  }
};

const temperatureAt = (progress: number, isScarce: boolean): number => {
  if (!isScarce) return T.hot * (T.cold / T.hot) ** progress;
  if (progress < T.share) return T.scarce * (T.mid / T.scarce) ** (progress / T.share);
  return T.mid * (T.cold / T.mid) ** ((progress - T.share) / (1 - T.share));
};

/** Ruin and recreate with a falling temperature; leaves the best state found in `state`. */
export const improve = (state: State, random: Random, meter: Meter, budget: number): void => {
  const { model } = state;
  const { needCount } = model;
  if (needCount === 0) return;
  const search: Search = {
    state,
    journal: emptyJournal(needCount),
    chains: chainSearch(model),
    random,
    meter,
    byRequest: needsByRequest(model),
    lead: leads(model),
    order: new Int32Array(needCount),
    keys: new Float64Array(needCount),
  };
  const isScarce = bringIn(search) > 0;
  let best = state.loss;
  const bestEdges = state.edgeOf.slice();
  const bestSlots = state.startOf.slice();
  const start = meter.steps;
  let temperature = 0;
  for (let moves = 0; meter.steps < start + budget; moves += 1) {
    if (moves % 64 === 0) temperature = temperatureAt((meter.steps - start) / budget, isScarce);
    move(search, -temperature * Math.log(random.unit()));
    if (state.loss < best - 1e-7) {
      best = state.loss;
      bestEdges.set(state.edgeOf);
      bestSlots.set(state.startOf);
    }
  }
  takeOver(state, bestEdges, bestSlots);
};
