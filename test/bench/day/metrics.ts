import { kmBetween } from "../../../src/features/matching/solver/index.ts";
import { quantile, round } from "../support/stats.ts";
import { HOUR, type Need, type Outcome, type Request, type Spell, type World } from "./world.ts";

/*
 * How a policy did. What it did for requests is compared over the same requests for all policies:
 *
 * - The time to full cover of a request is the time during which it was not covered in full: from posting until its last need
 *   is agreed, and again while something that was agreed has gone. (Until the last agreement would count a request as open for
 *   five days that was covered for all of them but twenty minutes; which slots go is chance.)
 * - Over only the requests that a policy covered, that time favours whoever covers fewer: what is hard to cover is covered
 *   late, and whoever gives up on it has no late ones, nor the places that it would have taken. So what a policy leaves without
 *   counts until its due-by (censored: it would have taken at least as long), for every policy alike, over the requests that
 *   could be covered at all: those that any policy, or whoever knows everything in advance, covers in full. What nobody can
 *   cover says nothing about a policy, and is most of the slowest tenth.
 */

const WEIGHT = { asap: 16, urgent: 4, routine: 1 } as const;

/** One request under one policy. */
export interface Case {
  /** Hours by the clock, until due-by at most, during which it was not covered in full. */
  readonly hours: number;
  readonly isFull: boolean;
  /** Different practices that give. */
  readonly places: number;
  /** Some policy, or the clairvoyant, covers it in full. */
  readonly isCoverable: boolean;
  /** Every policy but the clairvoyant covers it in full. */
  readonly isPaired: boolean;
}

interface Hours {
  readonly median: number;
  readonly p90: number;
}

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
  /** To full cover or due-by, over the requests that could be covered: the fair measure. */
  readonly hours: Hours;
  /** The same over all requests. */
  readonly hoursOfAll: Hours;
  /** Over the requests that every policy covers in full. */
  readonly hoursPaired: Hours;
  /** Only over those that this policy covers in full: flatters whoever covers fewer. */
  readonly hoursOwn: Hours;
  /** Different practices that had to answer something for a request, a covered need. */
  readonly disturbedPerCovered: number;
  /** Different practices that give, a request that every policy covers in full: like with like. */
  readonly placesPerRequest: number;
  /** The same, a request of which this policy covers anything: grows with what is covered. */
  readonly placesOwn: number;
  /** Kilometres from home to who gives, a covered need. */
  readonly kmPerCovered: number;
  /** Jain's index of minutes given ÷ list size over practices that could give: 1 is even. */
  readonly fairness: number;
}

const isFullIn = ({ agreed }: Outcome, { needs }: Request): boolean => needs.every(({ id }) => agreed.has(id));

/** When this need had no agreement and still wanted one. */
const gapsOf = ({ id, postedAt, dueBy }: Need, { spells }: Outcome): Spell[] => {
  const gaps: Spell[] = [];
  let from = postedAt;
  for (const spell of spells.get(id) ?? []) {
    if (spell.from > from) gaps.push({ from, until: Math.min(spell.from, dueBy) });
    from = Math.max(from, spell.until);
  }
  if (from < dueBy) gaps.push({ from, until: dueBy });
  return gaps;
};

/** How long any of its needs was open: their gaps together, what overlaps counted once. */
const openHours = (request: Request, outcome: Outcome): number => {
  const gaps = request.needs.flatMap((need) => gapsOf(need, outcome)).sort((left, right) => left.from - right.from);
  let open = 0;
  let until = request.postedAt;
  for (const gap of gaps) {
    open += Math.max(0, gap.until - Math.max(gap.from, until));
    until = Math.max(until, gap.until);
  }
  return open / HOUR;
};

/** Each request of the world under one policy; `live` and `best` say what could be covered and what all covered. */
export const casesOf = (world: World, outcome: Outcome, live: readonly Outcome[], best: Outcome): Case[] =>
  world.requests.map((request): Case => {
    return {
      hours: openHours(request, outcome),
      isFull: isFullIn(outcome, request),
      places: new Set(request.needs.flatMap(({ id }) => outcome.agreed.get(id)?.host ?? [])).size,
      isCoverable: [...live, best].some((one) => isFullIn(one, request)),
      isPaired: live.every((one) => isFullIn(one, request)),
    };
  });

const jain = (values: readonly number[]): number => {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return squares === 0 ? Number.NaN : (sum * sum) / (values.length * squares);
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const hoursIn = (cases: readonly Case[]): Hours => {
  const hours = cases.map((one) => one.hours);
  return { median: quantile(hours, 0.5), p90: quantile(hours, 0.9) };
};

/** What can be said of requests: of one seed, or of all seeds put together, where a tenth is more than two or three. */
export const requestMetrics = (cases: readonly Case[]) => ({
  fullyCovered: cases.filter((one) => one.isFull).length / cases.length,
  hours: hoursIn(cases.filter((one) => one.isCoverable)),
  hoursOfAll: hoursIn(cases),
  hoursPaired: hoursIn(cases.filter((one) => one.isPaired)),
  hoursOwn: hoursIn(cases.filter((one) => one.isFull)),
  placesPerRequest: mean(cases.filter((one) => one.isPaired).map((one) => one.places)),
  placesOwn: mean(cases.filter((one) => one.places > 0).map((one) => one.places)),
});

export const metricsOf = (world: World, outcome: Outcome, cases: readonly Case[]): Metrics => {
  const needs = world.requests.flatMap((request) => request.needs);
  const covered = needs.filter((need) => outcome.agreed.has(need.id));
  const weight = (some: typeof needs): number => some.reduce((sum, need) => sum + WEIGHT[need.priority], 0);
  const hosts = new Map(world.practices.map((practice) => [practice.id, practice]));
  const given = new Map<string, number>();
  for (const { host, minutes } of outcome.agreed.values()) given.set(host, (given.get(host) ?? 0) + minutes);
  return {
    needs: needs.length,
    covered: covered.length,
    cover: covered.length / needs.length,
    weightedCover: weight(covered) / weight(needs),
    ...requestMetrics(cases),
    disturbedPerCovered: outcome.asked.size / covered.length,
    kmPerCovered: mean(
      covered.map((need) => {
        const host = hosts.get(outcome.agreed.get(need.id)?.host ?? "");
        return host === undefined ? Number.NaN : kmBetween(need.home, host);
      }),
    ),
    fairness: jain(world.practices.map(({ id, listSize }) => (given.get(id) ?? 0) / (listSize ?? 8_000))),
  };
};

/** Numbers rounded to a thousandth, also those inside. */
export const rounded = (value: unknown): unknown => {
  if (typeof value === "number") return round(value, 3);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rounded(inner)]));
};

/** Mean over the seeds, and the least and greatest of them. */
export const spreadOf = (some: readonly Metrics[]) => {
  const spread = (pick: (metrics: Metrics) => number) => {
    const values = some.map(pick).filter(Number.isFinite);
    return { mean: round(mean(values), 3), least: round(Math.min(...values), 3), most: round(Math.max(...values), 3) };
  };
  return {
    covered: some.reduce((sum, one) => sum + one.covered, 0),
    cover: spread((one) => one.cover),
    weightedCover: spread((one) => one.weightedCover),
    fullyCovered: spread((one) => one.fullyCovered),
    medianHours: spread((one) => one.hours.median),
    p90Hours: spread((one) => one.hours.p90),
    disturbedPerCovered: spread((one) => one.disturbedPerCovered),
    placesPerRequest: spread((one) => one.placesPerRequest),
    kmPerCovered: spread((one) => one.kmPerCovered),
    fairness: spread((one) => one.fairness),
  };
};
