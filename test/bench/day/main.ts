import { parseArgs } from "node:util";
import type { Plan } from "../../../src/features/cover-plans/cover-plans.schema.ts";
import { rushPlan } from "../../../src/features/cover-plans/index.ts";
import { compare, rowOf, summaryOf, type Compared } from "./compare.ts";
import { readData } from "./data.ts";
import { openServer } from "./live.ts";
import { causes, lossesBeside, slowerThan, type Cause } from "./losses.ts";
import { makeWorld } from "./make-world.ts";
import { rounded } from "./metrics.ts";
import { variants } from "./sweep.ts";
import { BEGIN, END, type Outcome } from "./world.ts";

/*
 * A holiday rush, day by day, on real geography: Covershare's own matcher and lifecycle on a real PostgreSQL with a held
 * clock, by the default cover plan and by the one with waits for a rush that a federation may choose, beside first come
 * nearest, a phone round and whoever knows everything in advance; all meet the same world and the same answers. What is assumed stands in make-world.ts and answers.ts, what is measured and why so in metrics.ts.
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
    /** Compare more ways to ask (sweep.ts). */
    sweep: { type: "boolean", default: false },
  },
});
const size = { practices: Number(values.practices), load: Number(values.load) };
const seeds = values.seeds.split(",").map(Number);
/** Without a plan: as every group asks that has not changed anything. */
const ways: readonly (readonly [name: string, plan: Plan | undefined])[] = values.sweep
  ? variants
  : [
      ["covershare", undefined],
      ["covershare-rush", rushPlan],
    ];

const data = await readData();
const compared: Compared[] = [];
const lost: Cause[] = [];
const sizes: number[] = [];
let slowest = 0;
const server = await openServer();
try {
  for (const seed of seeds) {
    const world = makeWorld(data, seed, size);
    const outcomes = new Map<string, Outcome>();
    const histories = [];
    for (const [name, plan] of ways) {
      const { outcome, history, ms } = await server.run(data, world, plan);
      outcomes.set(name, outcome);
      histories.push({ outcome, history });
      slowest = Math.max(slowest, ms);
    }
    const one = compare(world, outcomes);
    compared.push(one);
    sizes.push(world.practices.length);
    console.error(JSON.stringify({ seed, group: world.group, requests: world.requests.length }));
    for (const [name, { metrics, shareOfClairvoyant }] of one.policies)
      console.error(`  ${name.padEnd(15)} ${JSON.stringify(rounded({ shareOfClairvoyant, ...metrics }))}`);
    // Why needs were lost is said of the first way.
    const [first] = histories;
    if (first === undefined) continue;
    const losses = lossesBeside(world, first.outcome, one.best, first.history);
    lost.push(...losses.map(({ cause }) => cause));
    if (!values.losses) continue;
    for (const { cause, detail } of losses) console.error(`  lost ${cause}: ${detail}`);
    for (const line of slowerThan(world, first.outcome, one.phoneRound, first.history)) console.error(`  slow ${line}`);
  }
} finally {
  await server.close();
}

const names = [...(compared[0]?.policies.keys() ?? [])];
const { shareOfClairvoyant, shareOfClairvoyantWeight } = summaryOf(compared, names[0] ?? "");
if (values.sweep) {
  console.error("| | needs covered | of the clairvoyant | hours: median, p90 | paired | places | disturbed | km |");
  for (const name of names) console.error(rowOf(compared, name));
}
console.log(
  JSON.stringify({
    bench: "day",
    seeds,
    practices: sizes,
    ...Object.fromEntries(names.map((name) => [name, summaryOf(compared, name)])),
    shareOfClairvoyant,
    shareOfClairvoyantWeight,
    losses: Object.fromEntries(causes.map((cause) => [cause, lost.filter((one) => one === cause).length])),
    /** Simulated time ÷ running time of Covershare's part: the slowest run. */
    speedup: Math.floor((END - BEGIN) / slowest),
  }),
);
