import { parseArgs } from "node:util";
import { referenceData } from "../../support/reference-data.ts";
import { findRedisServer, freePort, startRedisServer } from "../../support/redis-server.ts";
import { startPostgres, startProduct } from "../support/servers.ts";
import { quantile, round } from "../support/stats.ts";
import { measureFloor } from "./floor.ts";
import { measure, type Line } from "./measure.ts";
import { buildWorld } from "./world.ts";

/*
 * From sending the HTTP post to the first supporting desk's frame: 339 practices of one ICB, 200 sockets, 10 posts a second
 * of 3 needs each, on both queue backends, beside the floor of the same parts in the same run. `--story` posts the fourteen
 * dressings instead, twice a second: 9 simple ones, and 5 not yet assessed, for which one desk in ten has published time.
 */

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    rate: { type: "string" },
    story: { type: "boolean", default: false },
  },
});
const { story } = values;
const lines: readonly Line[] = story
  ? [
      ["wound-simple", 9],
      ["wound-unassessed", 5],
    ]
  : [["wound-simple", 3]];
const load = { perSecond: Number(values.rate ?? (story ? 2 : 10)), seconds: Number(values.seconds), warmUp: 30, lines };

const runBackend = async (backend: "redis" | "postgres", practicesFile: string) => {
  const postgres = await startPostgres();
  const file = backend === "redis" ? await findRedisServer() : undefined;
  const redis = file === undefined ? undefined : await startRedisServer(file, await freePort());
  const side =
    redis === undefined ? { kind: "postgres" as const, url: postgres.url } : { kind: "redis" as const, url: redis.url };
  try {
    const world = await buildWorld(postgres.url, practicesFile, 200, story ? 10 : undefined);
    const floor = await measureFloor(postgres.url, side, { perSecond: Math.max(load.perSecond, 10), samples: 120 });
    const environment = {
      DATABASE_URL: postgres.url,
      PORT: "0",
      ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
    };
    const matcher = await startProduct("matcher", environment);
    const api = await startProduct("api", environment);
    const address = /https?:\S+/.exec(api.firstLine)?.[0] ?? "";
    const { latencies, lost } = await measure(address, world, load);
    await api.stop();
    await matcher.stop();
    const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)];
    const [floorP50, floorP99] = [quantile(floor, 0.5), quantile(floor, 0.99)];
    const result = {
      backend,
      posts: latencies.length + lost.length,
      p50Ms: round(p50),
      p99Ms: round(p99),
      floorP50Ms: round(floorP50),
      floorP99Ms: round(floorP99),
      ratioP50: round(p50 / floorP50),
      ratioP99: round(p99 / floorP99),
    };
    console.error(JSON.stringify(result));
    if (lost.length > 0) throw new Error(`${lost.length} posts without a frame, for example ${lost[0]}`);
    return result;
  } finally {
    await redis?.close();
    await postgres.close();
  }
};

const practicesFile = referenceData("data/practices.csv");
if (practicesFile === undefined) throw new Error("The reference data is needed: set COVERSHARE_REFERENCE_DATA.");
const backends = [];
if ((await findRedisServer()) === undefined)
  console.error("No redis-server on PATH: only the PostgreSQL backend is measured.");
else backends.push(await runBackend("redis", practicesFile));
backends.push(await runBackend("postgres", practicesFile));
console.log(JSON.stringify({ bench: story ? "post-to-offer of the story" : "post-to-offer", backends }));
