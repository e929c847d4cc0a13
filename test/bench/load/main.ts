import { parseArgs } from "node:util";
import { findRedisServer, freePort, startRedisServer } from "../../support/redis-server.ts";
import { startPostgres } from "../support/servers.ts";
import { round } from "../support/stats.ts";
import { openDesks, type Desks } from "./desks.ts";
import { bareRate, productRate, slowReader } from "./fan-out.ts";
import { openLogWriter, type LogWriter } from "./log-writer.ts";
import { startBare, startWatched, type Watched } from "./processes.ts";
import { soak } from "./soak.ts";
import { storm } from "./storm.ts";
import { ladder, workAt } from "./work.ts";
import { buildWorld, type Seat, type World } from "./world.ts";

/*
 * One API process that carries a country: so many connected desks, so many open requests, posts and answers; beside a bare
 * `ws` server in the same run, for what a connection and a frame cost at the very least. Everything runs on one machine,
 * the clients too, and they take more of it than the service.
 */

const { values } = parseArgs({
  options: {
    desks: { type: "string", default: "7000" },
    open: { type: "string", default: "5000" },
    seconds: { type: "string", default: "15" },
    rate: { type: "string", default: "10" },
    "soak-minutes": { type: "string", default: "0" },
    backend: { type: "string", default: "redis" },
  },
});
const desksWanted = Number(values.desks);
const seconds = Number(values.seconds);
const rate = Number(values.rate);
const rates = [1, 2, 4, 8, 12, 16, 24, 32].map((times) => rate * times);
const say = (what: string, found: unknown): void => console.error(`${what}: ${JSON.stringify(found)}`);

/** KiB that each of the desks adds to the process: what the machine sees, and what the program holds. */
const weigh = async (
  server: Watched,
  seats: readonly Seat[],
): Promise<{ desks: Desks; weight: { connectMs: number; rssKiB: number; usedKiB: number } }> => {
  // A few first, which bring in what is loaded and compiled only then; not all, whose memory would be used again.
  const first = openDesks(seats.slice(0, 200), () => server.url);
  await first.connect();
  await first.cut();
  const desks = openDesks(seats, () => server.url);
  const before = await server.memory();
  const connectMs = await desks.connect();
  const after = await server.memory();
  const each = (bytes: number): number => round(bytes / 1_024 / desks.all.length, 1);
  const weight = {
    connectMs: round(connectMs, 0),
    rssKiB: each(after.rss - before.rss),
    usedKiB: each(after.used - before.used),
  };
  return { desks, weight };
};

const measureBare = async (seats: readonly Seat[]) => {
  const bare = await startBare();
  const { desks, weight } = await weigh(bare, seats);
  const framesPerSecond = round(await bareRate(bare, desks, 30), 0);
  const again = round(await bareRate(bare, desks, 30), 0);
  await desks.cut();
  await bare.stop();
  return { ...weight, framesPerSecond: Math.max(framesPerSecond, again) };
};

interface Parts {
  readonly environment: Readonly<Record<string, string>>;
  readonly world: World;
  readonly writer: LogWriter;
}

/** Seven thousand listeners of one log: what sending costs, and what one who does not read costs the others. */
const measureCrowd = async ({ environment, world, writer }: Parts) => {
  const api = await startWatched("api", environment);
  const { desks, weight } = await weigh(api, world.crowd);
  say("connection", weight);
  await productRate(writer, desks, 10);
  const { result, top } = await api.profiled(async () => productRate(writer, desks, 30));
  const framesPerSecond = Math.max(result, await productRate(writer, desks, 30));
  say("fan-out", { framesPerSecond, top });
  const slow = await slowReader(writer, desks, api.url, Math.max(5, seconds / 2));
  say("slow reader", slow);
  await desks.cut();
  await api.stop();
  return { weight, framesPerSecond: round(framesPerSecond, 0), slow, top };
};

const measureDesks = async ({ environment, world, writer }: Parts) => {
  const matcher = await startWatched("matcher", environment);
  const api = await startWatched("api", environment);
  const desks = openDesks(world.desks, () => api.url);
  const firstMs = await desks.connect();
  const spread = await productRate(writer, desks, 5);
  say("each log its own", { firstMs, spread });
  const storms = [await storm(api, desks, writer), await storm(api, desks, writer)];
  say("storms", storms);
  // Connections and plans are opened and compiled by the first posts.
  await workAt({ all: [api] }, desks, rate, 5);
  await matcher.load();
  const steps = await ladder({ all: [api] }, desks, rates, seconds);
  const { cpu } = await matcher.load();
  const top = await api.profiled(async () => workAt({ all: [api] }, desks, steps.at(-1)?.postsPerSecond ?? rate, 10));
  const held =
    Number(values["soak-minutes"]) === 0
      ? undefined
      : await soak({ all: [api] }, desks, writer, { minutes: Number(values["soak-minutes"]), postsPerSecond: rate });
  const lost = Object.fromEntries(desks.lost);
  await desks.cut();
  await api.stop();
  await matcher.stop();
  return { firstMs, spread, storms, steps, matcherCpu: round(cpu), top: top.top, held, broken: desks.broken(), lost };
};

/** The same ladder with two of each, on the same cores. */
const measureTwo = async ({ environment, world }: Parts) => {
  const matchers = [await startWatched("matcher", environment), await startWatched("matcher", environment)];
  const apis = [await startWatched("api", environment), await startWatched("api", environment)];
  const desks = openDesks(world.desks, (index) => apis[index % 2]?.url ?? "");
  await desks.connect();
  await workAt({ all: apis }, desks, rate, 5);
  const steps = await ladder({ all: apis }, desks, rates, seconds);
  await desks.cut();
  for (const one of [...apis, ...matchers]) await one.stop();
  return steps;
};

const carried = (
  steps: readonly { readonly postsPerSecond: number; readonly postP99Ms: number; readonly failed: number }[],
) => {
  const limit = 2 * (steps[0]?.postP99Ms ?? 0);
  return Math.max(
    0,
    ...steps.filter((step) => step.postP99Ms <= limit && step.failed === 0).map((step) => step.postsPerSecond),
  );
};

const postgres = await startPostgres();
const file = values.backend === "redis" ? await findRedisServer() : undefined;
const redis = file === undefined ? undefined : await startRedisServer(file, await freePort());
try {
  const world = await buildWorld(postgres.url, { desks: desksWanted, open: Number(values.open) });
  const writer = openLogWriter(postgres.url, redis?.url);
  const bare = await measureBare(world.desks);
  say("bare ws", bare);
  const parts: Parts = {
    world,
    writer,
    environment: {
      DATABASE_URL: postgres.url,
      PORT: "0",
      // All desks of this benchmark live at one address.
      ADDRESS_STREAMS: "100000",
      USER_STREAMS: "25",
      ADDRESS_REQUESTS_PER_MINUTE: "0",
      MAX_CONNECTIONS: String(desksWanted * 2 + 1_000),
      ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
    },
  };
  const crowd = await measureCrowd(parts);
  const one = await measureDesks(parts);
  const two = await measureTwo(parts);
  await writer.close();
  const [stated] = one.steps;
  const oneCarries = carried(one.steps);
  console.log(
    JSON.stringify({
      bench: "load",
      desks: desksWanted,
      openRequests: world.openRequests,
      backend: redis === undefined ? "postgres" : "redis",
      connection: {
        ...crowd.weight,
        bareRssKiB: bare.rssKiB,
        bareUsedKiB: bare.usedKiB,
        ratioRss: round(crowd.weight.rssKiB / bare.rssKiB),
        ratioUsed: round(crowd.weight.usedKiB / bare.usedKiB),
      },
      fanOut: {
        framesPerSecond: crowd.framesPerSecond,
        barePerSecond: bare.framesPerSecond,
        ratio: round(crowd.framesPerSecond / bare.framesPerSecond),
        eachItsOwnLogPerSecond: round(one.spread, 0),
        ratioEachItsOwnLog: round(one.spread / bare.framesPerSecond),
      },
      slowReader: crowd.slow,
      storms: one.storms,
      stated,
      loopP99Ms: stated?.apiLoopP99Ms,
      steps: one.steps,
      carries: { postsPerSecond: oneCarries, twoOfEach: carried(two), ratio: round(carried(two) / oneCarries) },
      cpu: { api: stated?.apiCpu, matcher: one.matcherCpu },
      limits: one.top.slice(0, 8),
      broken: one.broken,
      lost: one.lost,
      ...(one.held === undefined ? {} : { soak: one.held }),
    }),
  );
} finally {
  await redis?.close();
  await postgres.close();
}
