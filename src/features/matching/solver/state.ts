import type { Model } from "./model.ts";

/** Which need has which block, and what that adds up to. Mutable: the search owns it. */
export interface State {
  readonly model: Model;
  /** Edge of each need, −1 where it has none; and the first slot of its block. */
  readonly edgeOf: Int32Array;
  readonly startOf: Int32Array;
  /** Need in each slot, −1 where it is free. */
  readonly takenBy: Int32Array;
  readonly roomLeft: Int32Array;
  /** Free slots of each run. */
  readonly runFree: Int32Array;
  /** Needs on each pair. */
  readonly pairUse: Int32Array;
  /** Costs and charges minus the value of what is covered: as small as possible. */
  loss: number;
  /** What the blocks of each edge are worth to others, in points; 0 until prices.ts has found it. */
  readonly tolls: Float64Array;
}

export const emptyState = (model: Model): State => ({
  model,
  tolls: new Float64Array(model.edgeHost.length),
  edgeOf: new Int32Array(model.needCount).fill(-1),
  startOf: new Int32Array(model.needCount).fill(-1),
  takenBy: new Int32Array(model.slotCount).fill(-1),
  roomLeft: Int32Array.from(model.dayRoom),
  runFree: Int32Array.from({ length: model.runStart.length - 1 }, (_, run) => {
    return (model.runStart[run + 1] ?? 0) - (model.runStart[run] ?? 0);
  }),
  pairUse: new Int32Array(model.pairCharge.length),
  loss: 0,
});

/** What the first use of the edge's pairs adds now. */
export const chargeNow = (state: State, edge: number): number => {
  const { model, pairUse } = state;
  const pair = model.edgePair[edge] ?? 0;
  const coursePair = model.edgeCoursePair[edge] ?? -1;
  return (
    (pairUse[pair] === 0 ? (model.pairCharge[pair] ?? 0) : 0) +
    (coursePair >= 0 && pairUse[coursePair] === 0 ? (model.pairCharge[coursePair] ?? 0) : 0)
  );
};

/** Gives a need the block of `edge` that starts at `slot`; the block must be free and the day have room. */
export const place = (state: State, need: number, edge: number, slot: number): void => {
  const { model, takenBy, roomLeft, runFree, pairUse } = state;
  const length = model.edgeLength[edge] ?? 0;
  state.loss += chargeNow(state, edge) + (model.edgeCost[edge] ?? 0) + (model.slotTime[slot] ?? 0);
  state.loss -= model.value[need] ?? 0;
  state.edgeOf[need] = edge;
  state.startOf[need] = slot;
  for (let at = slot; at < slot + length; at += 1) takenBy[at] = need;
  const day = model.slotDay[slot] ?? 0;
  roomLeft[day] = (roomLeft[day] ?? 0) - 1;
  const run = model.edgeRun[edge] ?? 0;
  runFree[run] = (runFree[run] ?? 0) - length;
  const pair = model.edgePair[edge] ?? 0;
  pairUse[pair] = (pairUse[pair] ?? 0) + 1;
  const coursePair = model.edgeCoursePair[edge] ?? -1;
  if (coursePair >= 0) pairUse[coursePair] = (pairUse[coursePair] ?? 0) + 1;
};

/** Takes a need off its block; it must have one. */
export const remove = (state: State, need: number): void => {
  const { model, takenBy, roomLeft, runFree, pairUse } = state;
  const edge = state.edgeOf[need] ?? 0;
  const slot = state.startOf[need] ?? 0;
  const length = model.edgeLength[edge] ?? 0;
  state.edgeOf[need] = -1;
  state.startOf[need] = -1;
  for (let at = slot; at < slot + length; at += 1) takenBy[at] = -1;
  const day = model.slotDay[slot] ?? 0;
  roomLeft[day] = (roomLeft[day] ?? 0) + 1;
  const run = model.edgeRun[edge] ?? 0;
  runFree[run] = (runFree[run] ?? 0) + length;
  const pair = model.edgePair[edge] ?? 0;
  pairUse[pair] = (pairUse[pair] ?? 0) - 1;
  const coursePair = model.edgeCoursePair[edge] ?? -1;
  if (coursePair >= 0) pairUse[coursePair] = (pairUse[coursePair] ?? 0) - 1;
  state.loss -= chargeNow(state, edge) + (model.edgeCost[edge] ?? 0) + (model.slotTime[slot] ?? 0);
  state.loss += model.value[need] ?? 0;
};

/** Last free block of the edge, −1 where there is none: tried now and then, since first blocks alone may leave gaps. */
export const lastFreeBlock = (state: State, edge: number): number => {
  const { model, takenBy, roomLeft } = state;
  const length = model.edgeLength[edge] ?? 0;
  if ((state.runFree[model.edgeRun[edge] ?? 0] ?? 0) < length) return -1;
  const first = model.edgeFirst[edge] ?? 0;
  let free = 0;
  for (let at = (model.edgeLast[edge] ?? 0) + length - 1; at >= first; at -= 1) {
    free = (takenBy[at] ?? 0) >= 0 ? 0 : free + 1;
    if (free >= length && (roomLeft[model.slotDay[at] ?? 0] ?? 0) > 0) return at;
  }
  return -1;
};

/** First free block of the edge, −1 where there is none. */
export const freeBlock = (state: State, edge: number): number => {
  const { model, takenBy, roomLeft } = state;
  const length = model.edgeLength[edge] ?? 0;
  if ((state.runFree[model.edgeRun[edge] ?? 0] ?? 0) < length) return -1;
  const last = model.edgeLast[edge] ?? 0;
  let slot = model.edgeFirst[edge] ?? 0;
  let free = 0;
  // `at` is the last slot of the block under test: each slot is looked at once.
  for (let at = slot; at < last + length; at += 1) {
    if ((takenBy[at] ?? 0) >= 0) {
      free = 0;
      slot = at + 1;
    } else {
      free += 1;
      if (free === length) {
        if ((roomLeft[model.slotDay[slot] ?? 0] ?? 0) > 0) return slot;
        free -= 1;
        slot += 1;
      }
    }
  }
  return -1;
};
