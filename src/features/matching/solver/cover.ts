import type { Model } from "./model.ts";
import type { Prices } from "./prices.ts";

/*
 * The most weight that any plan can cover, or a little more: as soon as a plan has it, no search for weight can win
 * anything. Weak duality: give each need a price of its own, what it is worth above the cheapest block that it could buy.
 * Then a plan covers at most those prices, the price of every place under a daily cap, and for each run what a knapsack of
 * its slots can hold of the worth that is left. Any prices will do; those that guide the search are nearly the best.
 */

/** Points of one unit of weight, in which prices are learnt, and how finely they are rounded: less is cost, not weight. */
const POINTS = 10_000;
const PARTS = 50;

const inWeight = (points: number): number => Math.round((PARTS * points) / POINTS) / PARTS;

/** The price of a place under the daily cap; an edge across midnight has blocks of two days, and pays for neither. */
const capPrice = ({ edgeFirst, edgeLast, slotDay }: Model, edge: number, ofDay: Float64Array): number => {
  const day = slotDay[edgeFirst[edge] ?? 0] ?? 0;
  return slotDay[edgeLast[edge] ?? 0] === day ? (ofDay[day] ?? 0) : 0;
};

/** What a need is worth above its cheapest block. */
const gainOf = (model: Model, need: number, ofSlot: Float64Array, ofDay: Float64Array): number => {
  const { edgeStart, edgeRun, edgeLength, weight } = model;
  const worth = weight[need] ?? 0;
  const end = edgeStart[need + 1] ?? 0;
  let gain = 0;
  for (let edge = edgeStart[need] ?? 0; edge < end; edge += 1) {
    const price = (edgeLength[edge] ?? 0) * (ofSlot[edgeRun[edge] ?? 0] ?? 0);
    gain = Math.max(gain, worth - price - capPrice(model, edge, ofDay));
  }
  return gain;
};

/** Adds an edge to what its run holds: a knapsack, `held[s]` is the most worth in the run's slots up to `s`. */
const pack = (model: Model, held: Float64Array, edge: number, worth: number): void => {
  const first = model.runStart[model.edgeRun[edge] ?? 0] ?? 0;
  const length = model.edgeLength[edge] ?? 0;
  const end = model.runStart[(model.edgeRun[edge] ?? 0) + 1] ?? 0;
  for (let last = end - 1; last >= first + length - 1; last -= 1) {
    const before = last - length;
    const together = worth + (before >= first ? (held[before] ?? 0) : 0);
    if (together > (held[last] ?? 0)) held[last] = together;
  }
};

/** An upper bound on the weight of any plan. */
export const mostWeight = (model: Model, prices: Prices): number => {
  const { needCount, edgeStart, dayRoom, runStart, weight } = model;
  const ofSlot = prices.run.map(inWeight);
  const ofDay = prices.day.map(inWeight);
  // For each run's first, second … slot: the most worth that fits until then.
  const held = new Float64Array(model.slotCount);
  let bound = 0;
  for (let need = 0; need < needCount; need += 1) {
    const gain = gainOf(model, need, ofSlot, ofDay);
    bound += gain;
    const end = edgeStart[need + 1] ?? 0;
    for (let edge = edgeStart[need] ?? 0; edge < end; edge += 1) {
      const worth = (weight[need] ?? 0) - gain - capPrice(model, edge, ofDay);
      if (worth > 0) pack(model, held, edge, worth);
    }
  }
  for (let run = 0; run + 1 < runStart.length; run += 1) {
    const end = runStart[run + 1] ?? 0;
    if (end > (runStart[run] ?? 0)) bound += held[end - 1] ?? 0;
  }
  for (let day = 0; day < ofDay.length; day += 1) {
    const price = ofDay[day] ?? 0;
    if (price > 0) bound += price * (dayRoom[day] ?? 0);
  }
  // Weights are whole numbers; what rounding adds to a sum of thousands is far below this.
  return Math.floor(bound + 1e-6);
};
