import type { Model } from "./model.ts";

/*
 * Prices: what a slot of each run, and a place under each day's cap, is worth to the other needs that could use it. Found
 * as in Lagrangian relaxation, need by need (incremental subgradient): a need takes the block that is cheapest at today's
 * prices, and what is taken becomes dearer at once; after each sweep everything becomes cheaper. Where as much is wanted
 * as there is, the two cancel. Steps shrink from the worth of an asap need to a point, so the sweeps settle both who is
 * covered and where. The prices only guide the search; nothing is decided by them.
 */

/** Points: an urgent need's worth, halved; every price can rise to several asap needs' worth within the sweeps. */
const FIRST_STEP_SCARCE = 20_000;
/** Where cover is not at stake, prices are differences between places. */
const FIRST_STEP = 20;
const LAST_STEP = 0.7;
const SHRINK = 0.95;
/** More than any day's cap stands for "no cap". */
const NO_CAP = 1_000_000;

const roomOfRuns = ({ runStart }: Model): Float64Array =>
  Float64Array.from({ length: runStart.length - 1 }, (_, run) => (runStart[run + 1] ?? 0) - (runStart[run] ?? 0));

const fall = (prices: Float64Array, step: number): void => {
  for (let at = 0; at < prices.length; at += 1) {
    const price = (prices[at] ?? 0) - step;
    prices[at] = price > 0 ? price : 0;
  }
};

/** What a slot of each run, and a place under each day's cap, is worth to others, in points. */
export interface Prices {
  readonly run: Float64Array;
  readonly day: Float64Array;
}

interface Sweeps {
  readonly model: Model;
  readonly prices: Prices;
  readonly room: Float64Array;
  /** The sweep in which somebody last took each pair: whoever comes after pays no charge for it. */
  readonly paidIn: Int32Array;
}

/** One need takes the block that is cheapest at today's prices, if any is worth it, and makes it dearer. */
const buy = ({ model, prices, room, paidIn }: Sweeps, need: number, sweep: number, step: number): void => {
  const { edgeStart, edgeRun, edgeLength, edgeLeast, edgePair, edgeCoursePair, edgeFirst, pairCharge } = model;
  const { slotDay, dayRoom } = model;
  const end = edgeStart[need + 1] ?? 0;
  let best = model.value[need] ?? 0;
  let bestEdge = -1;
  for (let edge = edgeStart[need] ?? 0; edge < end; edge += 1) {
    const least = edgeLeast[edge] ?? 0;
    if (least >= best) break;
    let cost = least + (edgeLength[edge] ?? 0) * (prices.run[edgeRun[edge] ?? 0] ?? 0);
    cost += prices.day[slotDay[edgeFirst[edge] ?? 0] ?? 0] ?? 0;
    if (cost >= best) continue;
    const pair = edgePair[edge] ?? 0;
    const coursePair = edgeCoursePair[edge] ?? -1;
    if (paidIn[pair] !== sweep) cost += pairCharge[pair] ?? 0;
    if (coursePair >= 0 && paidIn[coursePair] !== sweep) cost += pairCharge[coursePair] ?? 0;
    if (cost >= best) continue;
    best = cost;
    bestEdge = edge;
  }
  if (bestEdge < 0) return;
  paidIn[edgePair[bestEdge] ?? 0] = sweep;
  const coursePair = edgeCoursePair[bestEdge] ?? -1;
  if (coursePair >= 0) paidIn[coursePair] = sweep;
  const run = edgeRun[bestEdge] ?? 0;
  prices.run[run] = (prices.run[run] ?? 0) + (step * (edgeLength[bestEdge] ?? 0)) / (room[run] ?? 1);
  const day = slotDay[edgeFirst[bestEdge] ?? 0] ?? 0;
  const places = dayRoom[day] ?? 0;
  if (places < NO_CAP) prices.day[day] = (prices.day[day] ?? 0) + step / Math.max(1, places);
};

/** Prices at which about as much is wanted as there is. */
export const learnPrices = (model: Model, isScarce: boolean): Prices => {
  const room = roomOfRuns(model);
  const prices = { run: new Float64Array(room.length), day: new Float64Array(model.dayRoom.length) };
  const sweeps = { model, prices, room, paidIn: new Int32Array(model.pairCharge.length).fill(-1) };
  const { needCount } = model;
  let step = isScarce ? FIRST_STEP_SCARCE : FIRST_STEP;
  for (let sweep = 0; step > LAST_STEP; sweep += 1) {
    for (let at = 0; at < needCount; at += 1) buy(sweeps, (sweep & 1) === 0 ? at : needCount - 1 - at, sweep, step);
    fall(prices.run, step);
    fall(prices.day, step);
    step *= SHRINK;
  }
  return prices;
};

/** What the slots and the day of each edge's blocks cost others, in points. */
export const tollsOf = ({ edgeRun, edgeLength, edgeFirst, slotDay }: Model, { run, day }: Prices): Float64Array => {
  const tolls = new Float64Array(edgeRun.length);
  for (let edge = 0; edge < tolls.length; edge += 1) {
    tolls[edge] =
      (edgeLength[edge] ?? 0) * (run[edgeRun[edge] ?? 0] ?? 0) + (day[slotDay[edgeFirst[edge] ?? 0] ?? 0] ?? 0);
  }
  return tolls;
};
