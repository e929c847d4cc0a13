import { note, type Journal } from "./journal.ts";
import type { Model } from "./model.ts";
import type { Random } from "./random.ts";
import { remove, type State } from "./state.ts";

/** Runs looked at around one seed. */
const PLACES = 6;

const takeOut = (state: State, journal: Journal, need: number): void => {
  note(journal, state, need);
  if ((state.edgeOf[need] ?? -1) >= 0) remove(state, need);
};

/** Takes out the seed, and needs that sit where it could go, near places more often than far ones: up to `size`. */
export const ruinAround = (state: State, journal: Journal, seed: number, size: number, random: Random): void => {
  const { model, takenBy } = state;
  const from = model.edgeStart[seed] ?? 0;
  const count = (model.edgeStart[seed + 1] ?? 0) - from;
  takeOut(state, journal, seed);
  if (count === 0) return;
  for (let tries = 0; tries < PLACES && journal.count < size; tries += 1) {
    const skew = random.unit();
    const edge = from + Math.floor(skew * skew * count);
    const day = model.slotDay[model.edgeFirst[edge] ?? 0] ?? 0;
    // Where the day is full, whoever came that day is in the way, wherever they sit.
    const isFull = (state.roomLeft[day] ?? 0) <= 0;
    const first = isFull ? (model.dayFirst[day] ?? 0) : (model.edgeFirst[edge] ?? 0);
    const end = isFull ? (model.dayEnd[day] ?? 0) : (model.edgeLast[edge] ?? 0) + (model.edgeLength[edge] ?? 0);
    let at = first + random.below(end - first);
    for (let step = first; step < end && journal.count < size; step += 1) {
      const other = takenBy[at] ?? -1;
      if (other >= 0) takeOut(state, journal, other);
      at = at + 1 < end ? at + 1 : first;
    }
  }
};

/** Takes out up to `size` needs of one request. */
export const ruinRequest = (state: State, journal: Journal, needs: Int32Array, size: number, random: Random): void => {
  let at = random.below(needs.length);
  for (let step = 0; step < needs.length && journal.count < size; step += 1) {
    takeOut(state, journal, needs[at] ?? 0);
    at = at + 1 < needs.length ? at + 1 : 0;
  }
};

/** Takes out every need of a request that goes to one practice: the place may close. */
export const ruinPair = (state: State, journal: Journal, needs: Int32Array, pair: number): void => {
  for (const need of needs) {
    const edge = state.edgeOf[need] ?? -1;
    if (edge >= 0 && state.model.edgePair[edge] === pair) takeOut(state, journal, need);
  }
};

/** The needs of each request that have any block at all. */
export const needsByRequest = (model: Model): readonly Int32Array[] => {
  const lists: (number[] | undefined)[] = [];
  for (let need = 0; need < model.needCount; need += 1) {
    if (model.edgeStart[need] === model.edgeStart[need + 1]) continue;
    const request = model.requestOf[need] ?? 0;
    const list = lists[request] ?? [];
    list.push(need);
    lists[request] = list;
  }
  return Array.from(lists, (list) => Int32Array.from(list ?? []));
};
