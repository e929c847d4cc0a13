import { mostWeight } from "./cover.ts";
import { chainSearch, insertByChain, type ChainSearch } from "./chain.ts";
import { greedyOrder, insertCheapest, PLAIN, type Meter, type Taste } from "./insert.ts";
import { emptyJournal, forget, note, rollBack, type Journal } from "./journal.ts";
import type { Model } from "./model.ts";
import { learnPrices, tollsOf } from "./prices.ts";
import type { Random } from "./random.ts";
import { needsByRequest, ruinAround, ruinPair, ruinRequest } from "./ruin.ts";
import { drawSeed } from "./seed.ts";
import { place, remove, type State } from "./state.ts";

/*
 * Settings, found by sweeps on the public and on generated scenarios (README). Most are flat: half or twice as much
 * changes the mean regret by less than another seed does.
 */
/*
 * Temperatures in points. Where everything can be covered, only costs are at stake; where cover is scarce, the search
 * first moves freely between ways of covering, worth thousands each.
 */
const HOT = 4;
const HOT_SCARCE = 1000;
const MIDDLE = 10;
const COLD = 0.1;
/** Less than the points that any need is worth, and more than costs differ by between plans that cover the same. */
const LEAST_WORTH = 5_000;
const BLINK = 0.02;
/** The same while weight is at stake: which needs fit together matters more than who sits cheapest. */
const BLINK_FOR_WEIGHT = 0.1;
const LATE = 0.2;
/** How often a need that found no place looks for a chain, and how many needs that takes in hand. */
const CHAIN = 0.1;
const CHAIN_LIMIT = 50;
/** How often a seed without a place only looks for a chain; a seed with one, only closes its place; others look around. */
const SWAP = 0.6;
const CLOSE = 0.2;
const AROUND = 0.5;
const MOST_OUT = 12;
/** Noise of the order by weight, against log 4 between priorities. */
const NOISE = 4;
/** How many moves heed what a block is worth to others. */
const TOLLED = 0.8;
const FULL_CHARGE = 0.5;
const MOST_CHARGE = 3;

interface Search {
  readonly state: State;
  readonly journal: Journal;
  readonly chains: ChainSearch;
  readonly random: Random;
  readonly meter: Meter;
  readonly byRequest: readonly Int32Array[];
  /** Needs that have any block at all. */
  readonly movable: Int32Array;
  /** Heavier needs go first, more or less. */
  readonly lead: Float64Array;
  /** Scratch: what was taken out, in the order in which it goes back, and the keys of that order. */
  readonly order: Int32Array;
  readonly keys: Float64Array;
  readonly taste: Taste;
}

/** Orders what was taken out by weight with some noise; few needs, so by insertion. */
const drawOrder = ({ journal, order, keys, lead, random }: Search): number => {
  const { count } = journal;
  for (let at = 0; at < count; at += 1) {
    const need = journal.needs[at] ?? 0;
    const key = (lead[need] ?? 0) + NOISE * random.unit();
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

/** Takes some needs out, one way or another, and says how they are to go back. True: the seed had no place, and nobody left. */
const ruin = (search: Search): boolean => {
  const { state, journal, random, byRequest, movable, taste } = search;
  const { model } = state;
  taste.share = random.unit() < FULL_CHARGE ? 1 : random.unit() * MOST_CHARGE;
  taste.avoid = -1;
  taste.isTolled = random.unit() < TOLLED;
  const seed = drawSeed(state, movable, random);
  const edge = state.edgeOf[seed] ?? -1;
  const siblings = byRequest[model.requestOf[seed] ?? 0] ?? movable;
  const size = 2 + random.below(MOST_OUT);
  const kind = random.unit();
  if (edge < 0 && kind < SWAP) {
    note(journal, state, seed);
    return true;
  }
  if (edge >= 0 && kind < CLOSE) {
    taste.avoid = model.edgePair[edge] ?? -1;
    ruinPair(state, journal, siblings, taste.avoid);
    if (random.unit() < 0.5) ruinAround(state, journal, seed, journal.count + size, random);
  } else if (random.unit() < AROUND) ruinAround(state, journal, seed, size, random);
  else {
    ruinRequest(state, journal, siblings, size, random);
    if (random.unit() < 0.5) ruinAround(state, journal, seed, size + 4, random);
  }
  return false;
};

/** One move: take some needs out, put them back another way, and keep that if it loses no more than `allowance`. */
const move = (search: Search, allowance: number): void => {
  const { state, journal, random, meter, chains, order, taste } = search;
  const before = state.loss;
  const isSwap = ruin(search);
  const count = drawOrder(search);
  meter.steps += count + 4;
  let isWhole = true;
  for (let at = 0; at < count && isWhole; at += 1) {
    const need = order[at] ?? 0;
    if (insertCheapest(state, need, meter, random, taste)) continue;
    if (isSwap || random.unit() < CHAIN) {
      isWhole = insertByChain(state, chains, need, allowance, CHAIN_LIMIT, journal, meter);
    }
  }
  if (!isWhole || state.loss > before + allowance) rollBack(journal, state);
  else forget(journal);
};

/** Somebody who could have a place has none. */
const leavesOut = ({ state, movable }: Search): boolean => movable.some((need) => (state.edgeOf[need] ?? -1) < 0);

/** Looks for a chain for everybody who has no place. */
const bringIn = ({ state, movable, chains, journal, meter }: Search): void => {
  for (const need of movable) {
    if ((state.edgeOf[need] ?? -1) >= 0) continue;
    const before = state.loss;
    insertByChain(state, chains, need, 0, state.model.needCount, journal, meter);
    if (state.loss > before) rollBack(journal, state);
    else forget(journal);
  }
};

/** Leads of 0, log 4 and log 16. */
const leads = (model: Model): Float64Array => model.weight.map((weight) => Math.log(weight));

/** Starts again with everybody where prices would put them, if that is better once whoever is left out is brought in. */
const startAgain = (search: Search): void => {
  const { state, random, meter } = search;
  const { edgeOf, startOf, loss } = state;
  const edges = edgeOf.slice();
  const slots = startOf.slice();
  takeOver(state, NOWHERE, NOWHERE);
  const order = greedyOrder(state.model);
  for (const taste of [{ ...PLAIN, isTolled: true }, PLAIN])
    for (const need of order) if ((edgeOf[need] ?? -1) < 0) insertCheapest(state, need, meter, random, taste);
  bringIn(search);
  if (state.loss > loss) takeOver(state, edges, slots);
};

const NOWHERE = new Int32Array(0);

const takeOver = (state: State, edges: Int32Array, slots: Int32Array): void => {
  const { needCount } = state.model;
  for (let need = 0; need < needCount; need += 1) if ((state.edgeOf[need] ?? -1) >= 0) remove(state, need);
  for (let need = 0; need < needCount; need += 1) {
    const edge = edges[need] ?? -1;
    if (edge >= 0) place(state, need, edge, slots[need] ?? 0);
  }
};

/** Weight of what is covered. */
export const weightOf = ({ model, edgeOf }: State): number => {
  let weight = 0;
  for (let need = 0; need < model.needCount; need += 1)
    if ((edgeOf[need] ?? -1) >= 0) weight += model.weight[need] ?? 0;
  return weight;
};

interface Stage {
  readonly steps: number;
  readonly hot: number;
  readonly cold: number;
  readonly blink: number;
  /** Weight at which it is over. */
  readonly enough: number;
}

/** Moves with a falling temperature; leaves the best state met in `state`. */
const anneal = (search: Search, { steps, hot, cold, blink, enough }: Stage): void => {
  const { state, random, meter, taste } = search;
  taste.blink = blink;
  let best = state.loss;
  const bestEdges = state.edgeOf.slice();
  const bestSlots = state.startOf.slice();
  const start = meter.steps;
  let temperature = hot;
  let isEnough = weightOf(state) >= enough;
  for (let moves = 0; meter.steps < start + steps && !isEnough; moves += 1) {
    if (moves % 64 === 0) temperature = hot * (cold / hot) ** ((meter.steps - start) / steps);
    move(search, -temperature * Math.log(random.unit()));
    if (state.loss >= best - 1e-7) continue;
    // A need's worth is thousands, everything else less.
    isEnough = best - state.loss > LEAST_WORTH && weightOf(state) >= enough;
    best = state.loss;
    bestEdges.set(state.edgeOf);
    bestSlots.set(state.startOf);
  }
  if (state.loss > best) takeOver(state, bestEdges, bestSlots);
};

/**
 * Ruin and recreate with a falling temperature; leaves the best state found in `state`.
 * @returns a bound that no plan's weight exceeds; infinite where it was not asked for, since everybody has a place.
 * @param isPriced whether prices guide it: without them is for the benchmark.
 */
export const improve = (state: State, random: Random, meter: Meter, budget: number, isPriced = true): number => {
  const { model } = state;
  const { needCount } = model;
  const movable = Int32Array.from({ length: needCount }, (_, need) => need).filter(
    (need) => model.edgeStart[need] !== model.edgeStart[need + 1],
  );
  if (movable.length === 0) return Number.POSITIVE_INFINITY;
  const search: Search = {
    state,
    journal: emptyJournal(needCount),
    chains: chainSearch(model),
    random,
    meter,
    byRequest: needsByRequest(model),
    movable,
    lead: leads(model),
    order: new Int32Array(needCount),
    keys: new Float64Array(needCount),
    taste: { ...PLAIN, late: LATE },
  };
  bringIn(search);
  let isScarce = leavesOut(search);
  let enough = Number.POSITIVE_INFINITY;
  if (isPriced) {
    const prices = learnPrices(model, isScarce);
    state.tolls.set(tollsOf(model, prices));
    startAgain(search);
    isScarce = leavesOut(search);
    if (isScarce) enough = mostWeight(model, prices);
  }
  const steps = budget / 2;
  if (isScarce) anneal(search, { steps, hot: HOT_SCARCE, cold: MIDDLE, blink: BLINK_FOR_WEIGHT, enough });
  anneal(search, { steps, hot: isScarce ? MIDDLE : HOT, cold: COLD, blink: BLINK, enough: Number.POSITIVE_INFINITY });
  // Whatever the search ended with, no need stays out that a chain can still bring in.
  bringIn(search);
  return enough;
};
