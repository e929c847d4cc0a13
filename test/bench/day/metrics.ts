import { quantile, round } from "../support/stats.ts";
import { HOUR, type Outcome, type World } from "./world.ts";

const WEIGHT = { asap: 16, urgent: 4, routine: 1 } as const;

export interface Metrics {
  readonly needs: number;
  /** Needs with an agreement at the end, which always lies before their due-by. */
  readonly covered: number;
  /** `covered` as a share of all needs. */
  readonly cover: number;
  /** The same by the objective's weights: asap 16, urgent 4, routine 1. */
  readonly weightedCover: number;
  /** Share of requests of which every need is covered. */
  readonly fullyCovered: number;
  /** Hours by the clock from posting until the last need of a request was agreed; requests covered in full only. */
  readonly medianHours: number;
  readonly p90Hours: number;
  /** The same for the requests that every policy covered in full: like with like. */
  readonly pairedMedianHours: number;
  readonly pairedP90Hours: number;
  /** Different practices that had to answer something for a request, a covered need. */
  readonly disturbedPerCovered: number;
  /** Different practices that give, a request of which anything is covered. */
  readonly placesPerRequest: number;
  /** Jain's index of minutes given ÷ list size over practices that could give: 1 is even. */
  readonly fairness: number;
}

const hoursToFull = (world: World, { agreed }: Outcome): Map<string, number> =>
  new Map(
    world.requests.flatMap(({ id, needs, postedAt }) => {
      const times = needs.map((need) => agreed.get(need.id)?.agreedAt ?? Number.POSITIVE_INFINITY);
      const last = Math.max(...times);
      return Number.isFinite(last) ? [[id, (last - postedAt) / HOUR] as const] : [];
    }),
  );

const jain = (values: readonly number[]): number => {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return squares === 0 ? Number.NaN : (sum * sum) / (values.length * squares);
};

/** Requests that each of these outcomes covers in full. */
export const coveredByAll = (world: World, outcomes: readonly Outcome[]): Set<string> => {
  const full = outcomes.map((outcome) => hoursToFull(world, outcome));
  return new Set(world.requests.map(({ id }) => id).filter((id) => full.every((one) => one.has(id))));
};

export const metricsOf = (world: World, outcome: Outcome, paired: ReadonlySet<string>): Metrics => {
  const needs = world.requests.flatMap((request) => request.needs);
  const covered = needs.filter((need) => outcome.agreed.has(need.id));
  const weight = (some: typeof needs): number => some.reduce((sum, need) => sum + WEIGHT[need.priority], 0);
  const hours = hoursToFull(world, outcome);
  const pairedHours = [...hours].filter(([id]) => paired.has(id)).map(([, one]) => one);
  const places = world.requests.map(
    (request) => new Set(request.needs.flatMap((need) => outcome.agreed.get(need.id)?.host ?? [])).size,
  );
  const served = places.filter((count) => count > 0);
  const given = new Map<string, number>();
  for (const { host, minutes } of outcome.agreed.values()) given.set(host, (given.get(host) ?? 0) + minutes);
  return {
    needs: needs.length,
    covered: covered.length,
    cover: covered.length / needs.length,
    weightedCover: weight(covered) / weight(needs),
    fullyCovered: hours.size / world.requests.length,
    medianHours: quantile([...hours.values()], 0.5),
    p90Hours: quantile([...hours.values()], 0.9),
    pairedMedianHours: quantile(pairedHours, 0.5),
    pairedP90Hours: quantile(pairedHours, 0.9),
    disturbedPerCovered: outcome.asked.size / covered.length,
    placesPerRequest: served.reduce((sum, count) => sum + count, 0) / served.length,
    fairness: jain(world.practices.map(({ id, listSize }) => (given.get(id) ?? 0) / (listSize ?? 8_000))),
  };
};

/** Mean over the seeds, and the least and greatest of them; hours and shares to a thousandth. */
export const spreadOf = (some: readonly Metrics[]) => {
  const spread = (pick: (metrics: Metrics) => number) => {
    const values = some.map(pick).filter(Number.isFinite);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { mean: round(mean, 3), least: round(Math.min(...values), 3), most: round(Math.max(...values), 3) };
  };
  return {
    cover: spread((one) => one.cover),
    weightedCover: spread((one) => one.weightedCover),
    fullyCovered: spread((one) => one.fullyCovered),
    medianHours: spread((one) => one.medianHours),
    p90Hours: spread((one) => one.p90Hours),
    pairedMedianHours: spread((one) => one.pairedMedianHours),
    pairedP90Hours: spread((one) => one.pairedP90Hours),
    disturbedPerCovered: spread((one) => one.disturbedPerCovered),
    placesPerRequest: spread((one) => one.placesPerRequest),
    fairness: spread((one) => one.fairness),
  };
};
