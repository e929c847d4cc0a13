import { parseArgs } from "node:util";
import { findRedisServer, freePort, startRedisServer } from "../../support/redis-server.ts";
import { startPostgres } from "../support/servers.ts";
import { round } from "../support/stats.ts";
import { carry, type Parts } from "./carry.ts";
import { bareTalking, compareFanOut, productTalking } from "./fan-out.ts";
import { openLogWriter } from "./log-writer.ts";
import { killAll, startBare, startWatched } from "./processes.ts";
import { slowReader } from "./slow-reader.ts";
import { COUNTING_STATEMENTS, openStatementCounter } from "./statements.ts";
import { aimsOf, broken, type Found } from "./verdict.ts";
import { weigh, type Weight } from "./weigh.ts";
import { carried } from "./work.ts";
import { buildWorld } from "./world.ts";

/*
 * One API process that carries a country: so many connected desks, so many open requests, posts and answers, with the limits
 * as shipped; beside a bare `ws` server in the same run, for what a connection and a frame cost at the very least. Everything
 * runs on one machine, the clients too, and they take more of it than the service.
 *
 * The last line is JSON, with each aim beside its figure. The run fails if a part of it fails, if a promise of `verdict.ts` does
 * not hold, or if it takes too long; an aim that is missed is said in words.
 */

const { values } = parseArgs({
  options: {
    desks: { type: "string", default: "7000" },
    open: { type: "string", default: "5000" },
    seconds: { type: "string", default: "8" },
    rate: { type: "string", default: "10" },
    "soak-minutes": { type: "string", default: "0" },
    backend: { type: "string", default: "redis" },
    /** Six on a machine that does nothing else. */
    "within-minutes": { type: "string", default: "20" },
  },
});
const desksWanted = Number(values.desks);
const seconds = Number(values.seconds);
const soakMinutes = Number(values["soak-minutes"]);
const began = performance.now();
const say = (what: string, found: unknown): void =>
  console.error(`${round((performance.now() - began) / 1_000, 0)} s ${what}: ${JSON.stringify(found)}`);

const beside = (weight: Weight, bare: Weight) => ({
  ...weight,
  bareRssKiB: bare.rssKiB,
  bareUsedKiB: bare.usedKiB,
  ratioRss: round(weight.rssKiB / bare.rssKiB),
  ratioUsed: round(weight.usedKiB / bare.usedKiB),
});

/** Thousands who listen to one log, beside as many at the bare server: what a connection and a frame cost, and a slow reader. */
const measureCrowd = async ({ environment, world, writer }: Parts) => {
  const bare = await startBare();
  const rival = await weigh(bare, world.crowd, () => bare.url);
  const api = await startWatched("api", environment);
  const own = await weigh(api, world.crowd, () => api.url);
  const connection = beside(own.weight, rival.weight);
  say("connection", connection);
  const fanOut = await compareFanOut(bareTalking(bare, rival.desks), productTalking(api, own.desks, writer));
  say("fan-out", fanOut);
  await rival.desks.cut();
  await bare.stop();
  const [seat] = world.desks;
  if (seat === undefined) throw new Error("nobody is there");
  const slow = await slowReader(writer, own.desks, { url: api.url, seat }, Math.max(5, seconds));
  say("slow reader", slow);
  const lost = [...own.desks.lost];
  if (lost.length > 0) throw new Error(`the crowd lost lines: ${JSON.stringify(lost)}`);
  await own.desks.cut();
  await api.stop();
  return { connection, fanOut, slow };
};

const report = (parts: Parts, { connection, fanOut, slow, carried: found }: Found) => {
  const [stated] = found.one;
  const carries = {
    one: carried(found.one),
    secondMatcher: carried(found.twoMatchers),
    twoOfEach: carried(found.twoOfEach),
  };
  return {
    bench: "load",
    seconds: round((performance.now() - began) / 1_000, 0),
    desks: parts.world.desks.length,
    openRequests: parts.world.openRequests,
    backend: parts.environment["REDIS_URL"] === undefined ? "postgres" : "redis",
    connection: { ...connection, eachItsOwnLog: found.weight },
    fanOut: {
      ...fanOut,
      eachItsOwnLogPerSecond: round(found.spread.framesPerSecond, 0),
      eachItsOwnLogCpuMicros: round(found.spread.cpuMicros, 1),
    },
    slowReader: slow,
    storms: found.storms,
    stated,
    loopP99Ms: stated?.apiLoopP99Ms,
    /** Posts a second until the 99th percentile had doubled. */
    carries,
    adds: {
      secondMatcher: round(carries.secondMatcher / carries.one),
      secondApi: round(carries.twoOfEach / carries.secondMatcher),
    },
    steps: { one: found.one, secondMatcher: found.twoMatchers, twoOfEach: found.twoOfEach },
    limits: found.limits,
    ...(found.soaked === undefined ? {} : { soak: found.soaked }),
  };
};

const known = (pid: number | undefined): number[] => (pid === undefined ? [] : [pid]);

const withinMs = (Number(values["within-minutes"]) + soakMinutes) * 60_000;
const watchdog = setTimeout(() => {
  console.error(`the run took longer than ${round(withinMs / 60_000, 0)} minutes`);
  killAll();
  process.exit(1);
}, withinMs);

const postgres = await startPostgres(COUNTING_STATEMENTS);
const file = values.backend === "redis" ? await findRedisServer() : undefined;
const redis = file === undefined ? undefined : await startRedisServer(file, await freePort());
try {
  const world = await buildWorld(postgres.url, { desks: desksWanted, open: Number(values.open) });
  const writer = openLogWriter(postgres.url, redis?.url);
  const counter = await openStatementCounter(postgres.url);
  say("world", { desks: world.desks.length, openRequests: world.openRequests });
  const parts: Parts = {
    world,
    writer,
    rate: Number(values.rate),
    seconds,
    soakMinutes,
    say,
    counter,
    below: { postgres: known(await writer.postmaster()), redis: known(redis?.pid) },
    environment: {
      DATABASE_URL: postgres.url,
      PORT: "0",
      ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
    },
  };
  const crowd = await measureCrowd(parts);
  const found: Found = { ...crowd, carried: await carry(parts) };
  await counter.close();
  await writer.close();
  const failures = broken(found);
  if (failures.length > 0) process.exitCode = 1;
  const aims = aimsOf(found);
  for (const { what, figure, aim, isMet } of aims)
    if (!isMet) console.error(`not met: ${what} is ${figure}, the aim ${aim}`);
  for (const failure of failures) console.error(`broken: ${failure}`);
  console.log(JSON.stringify({ ...report(parts, found), aims, failures }));
} finally {
  clearTimeout(watchdog);
  killAll();
  await redis?.close();
  await postgres.close();
}
