import { round } from "../support/stats.ts";
import { clairvoyant } from "./clairvoyant.ts";
import { firstCome } from "./first-come.ts";
import { casesOf, metricsOf, requestMetrics, rounded, spreadOf, type Case, type Metrics } from "./metrics.ts";
import { phoneRound } from "./phone-round.ts";
import type { Outcome, World } from "./world.ts";

export interface Judged {
  readonly metrics: Metrics;
  readonly cases: readonly Case[];
  readonly shareOfClairvoyant: number;
  readonly shareOfClairvoyantWeight: number;
}

export interface Compared {
  /** Whatever was given, then firstCome, phoneRound and clairvoyant. */
  readonly policies: ReadonlyMap<string, Judged>;
  readonly best: Outcome;
  readonly phoneRound: Outcome;
}

/** One or more ways of asking beside first come, a phone round and the clairvoyant, in one world, over the same requests. */
export const compare = (world: World, asked: ReadonlyMap<string, Outcome>): Compared => {
  const best = clairvoyant(world, false);
  const rivals = { firstCome: firstCome(world), phoneRound: phoneRound(world) };
  const live = new Map([...asked, ...Object.entries(rivals)]);
  const judge = (outcome: Outcome) => {
    const cases = casesOf(world, outcome, [...live.values()], best);
    return { cases, metrics: metricsOf(world, outcome, cases) };
  };
  const most = judge(best).metrics.covered;
  const heaviest = judge(clairvoyant(world, true)).metrics.weightedCover;
  const policies = [...live, ["clairvoyant", best] as const].map(([name, outcome]) => {
    const judged = judge(outcome);
    return [
      name,
      {
        ...judged,
        shareOfClairvoyant: judged.metrics.covered / most,
        shareOfClairvoyantWeight: judged.metrics.weightedCover / heaviest,
      },
    ] as const;
  });
  return { policies: new Map(policies), best, phoneRound: rivals.phoneRound };
};

const middle = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** One policy over all seeds. */
export const summaryOf = (seeds: readonly Compared[], policy: string) => {
  const all = seeds.flatMap(({ policies }) => policies.get(policy) ?? []);
  return {
    ...spreadOf(all.map(({ metrics }) => metrics)),
    /** Over the requests of all seeds together: a tenth of one seed's is two or three. */
    allSeeds: rounded(requestMetrics(all.flatMap(({ cases }) => cases))),
    shareOfClairvoyant: round(middle(all.map((one) => one.shareOfClairvoyant)), 4),
    shareOfClairvoyantBySeed: all.map((one) => round(one.shareOfClairvoyant, 4)),
    shareOfClairvoyantWeight: round(middle(all.map((one) => one.shareOfClairvoyantWeight)), 4),
  };
};

/** One line of the table in the README of cover-plans. */
export const rowOf = (seeds: readonly Compared[], policy: string): string => {
  const all = seeds.flatMap(({ policies }) => policies.get(policy) ?? []);
  const { hours, hoursPaired, placesPerRequest } = requestMetrics(all.flatMap(({ cases }) => cases));
  const covered = all.reduce((sum, { metrics }) => sum + metrics.covered, 0);
  const hoursOf = (one: typeof hours): string => `${one.median.toFixed(2)}, ${one.p90.toFixed(1)}`;
  const disturbed = middle(all.map(({ metrics }) => metrics.disturbedPerCovered));
  const share = middle(all.map((one) => one.shareOfClairvoyant));
  const cells = [
    policy,
    covered,
    `${(100 * share).toFixed(1)} %`,
    hoursOf(hours),
    hoursOf(hoursPaired),
    placesPerRequest.toFixed(2),
    disturbed.toFixed(2),
    middle(all.map(({ metrics }) => metrics.kmPerCovered)).toFixed(1),
  ];
  return `| ${cells.join(" | ")} |`;
};
