import { parseArgs } from "node:util";
import { startPostgres } from "../support/servers.ts";
import { round } from "../support/stats.ts";
import { clairvoyant } from "./clairvoyant.ts";
import { runCovershare } from "./covershare.ts";
import { readData, type Data } from "./data.ts";
import { buildFederation } from "./federation.ts";
import { firstCome } from "./first-come.ts";
import { causes, lossesBeside, slowerThan } from "./losses.ts";
import { makeWorld } from "./make-world.ts";
import { casesOf, metricsOf, requestMetrics, rounded, spreadOf } from "./metrics.ts";
import { phoneRound } from "./phone-round.ts";
import { withSameIds } from "./same-ids.ts";
import { BEGIN, END, type World } from "./world.ts";

/*
 * A holiday rush, day by day, on real geography: Covershare's own matcher and lifecycle on a real PostgreSQL with a held
 * clock, beside first come nearest, a phone round and whoever knows everything in advance; all meet the same world and the
 * same answers. What is assumed stands in make-world.ts and answers.ts.
 */

const { values } = parseArgs({
  options: {
    /** Seeds, for example 1,2,3. */
    seeds: { type: "string", default: "1,2,3,4,5" },
    /** At most as many practices in the sub-ICB that the seed draws (at least 60). */
    practices: { type: "string", default: "85" },
    /** Requests for each practice over the days. */
    load: { type: "string", default: "0.4" },
    /** Say of each need that only the clairvoyant covers why, and of each request that a phone round covers sooner. */
    losses: { type: "boolean", default: false },
  },
});
const size = { practices: Number(values.practices), load: Number(values.load) };
const seeds = values.seeds.split(",").map(Number);

const POLICIES = ["covershare", "firstCome", "phoneRound", "clairvoyant"] as const;
type Policy = (typeof POLICIES)[number];

const byPolicy = <T>(of: (policy: Policy) => T): Record<Policy, T> => ({
  covershare: of("covershare"),
  firstCome: of("firstCome"),
  phoneRound: of("phoneRound"),
  clairvoyant: of("clairvoyant"),
});

const live = async (data: Data, world: World) => {
  // Time is the held clock's, and nothing is to survive.
  const postgres = await startPostgres({ fsync: "off" });
  try {
    return await withSameIds(async () => {
      const federation = await buildFederation(postgres.url, data, world);
      try {
        const began = performance.now();
        const run = await runCovershare(federation, world);
        return { ...run, ms: performance.now() - began };
      } finally {
        await federation.close();
      }
    });
  } finally {
    await postgres.close();
  }
};

const runSeed = async (data: Data, seed: number) => {
  const world = makeWorld(data, seed, size);
  const { outcome: covershare, history, ms } = await live(data, world);
  const best = clairvoyant(world, false);
  const outcomes = { covershare, firstCome: firstCome(world), phoneRound: phoneRound(world), clairvoyant: best };
  const rivals = [covershare, outcomes.firstCome, outcomes.phoneRound];
  const cases = byPolicy((policy) => casesOf(world, outcomes[policy], rivals, best));
  const measured = byPolicy((policy) => metricsOf(world, outcomes[policy], cases[policy]));
  const heaviest = clairvoyant(world, true);
  const weighted = metricsOf(world, heaviest, casesOf(world, heaviest, rivals, best)).weightedCover;
  const result = {
    seed,
    group: world.group,
    practices: world.practices.length,
    requests: world.requests.length,
    needs: measured.covershare.needs,
    shareOfClairvoyant: measured.covershare.covered / measured.clairvoyant.covered,
    shareOfClairvoyantWeight: measured.covershare.weightedCover / weighted,
    speedup: (END - BEGIN) / ms,
    seconds: ms / 1000,
  };
  console.error(JSON.stringify(rounded(result)));
  for (const policy of POLICIES) console.error(`  ${policy.padEnd(12)} ${JSON.stringify(rounded(measured[policy]))}`);
  const losses = lossesBeside(world, covershare, best, history);
  if (values.losses) {
    for (const { need, cause, detail } of losses) console.error(`  lost ${need.id} ${cause}: ${detail}`);
    for (const line of slowerThan(world, covershare, outcomes.phoneRound, history)) console.error(`  slow ${line}`);
  }
  return {
    ...result,
    measured,
    cases,
    losses: Object.fromEntries(causes.map((cause) => [cause, losses.filter((one) => one.cause === cause).length])),
  };
};

const data = await readData();
const results: Awaited<ReturnType<typeof runSeed>>[] = [];
for (const seed of seeds) results.push(await runSeed(data, seed));
const of = (policy: Policy) => ({
  ...spreadOf(results.map(({ measured }) => measured[policy])),
  /** Over the requests of all seeds together: a tenth of one seed's is two or three. */
  allSeeds: rounded(requestMetrics(results.flatMap(({ cases }) => cases[policy]))),
});
const middle = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
console.log(
  JSON.stringify({
    bench: "day",
    seeds,
    practices: results.map(({ practices }) => practices),
    covershare: of("covershare"),
    firstCome: of("firstCome"),
    phoneRound: of("phoneRound"),
    clairvoyant: of("clairvoyant"),
    shareOfClairvoyant: round(middle(results.map((one) => one.shareOfClairvoyant)), 4),
    shareOfClairvoyantBySeed: results.map((one) => round(one.shareOfClairvoyant, 4)),
    shareOfClairvoyantWeight: round(middle(results.map((one) => one.shareOfClairvoyantWeight)), 4),
    losses: Object.fromEntries(
      causes.map((cause) => [cause, results.reduce((sum, { losses }) => sum + (losses[cause] ?? 0), 0)]),
    ),
    /** Simulated time ÷ running time of Covershare's part: the slowest seed. */
    speedup: Math.floor(Math.min(...results.map((one) => one.speedup))),
  }),
);
