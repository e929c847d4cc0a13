import { rm } from "node:fs/promises";
import type { TestProject } from "vitest/node";
import { openTestPostgres, type TestPostgres } from "./postgres-server.ts";
import { buildMark } from "./build-mark.ts";
import { openTestRedis, type TestRedis } from "./redis-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Of a server where databases may be created; its path names a maintenance database. */
    postgresUrl: string;
    /** A migrated database to clone. */
    postgresTemplate: string;
    /** Empty where there is no Redis: suites that need it are skipped, or fail with CI=true. */
    redisUrl: string;
  }
}

/** Opens what all test files share: a PostgreSQL with a migrated template, and a Redis if there is one. */
const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const postgres: TestPostgres = await openTestPostgres();
  let redis: TestRedis | undefined;
  try {
    redis = await openTestRedis();
  } catch (error) {
    await postgres.close();
    throw error;
  }
  if (redis === undefined) {
    console.warn("\n*** No Redis (REDIS_URL, Docker or redis-server on PATH): the Redis suites are SKIPPED. ***\n");
  }
  project.provide("postgresUrl", postgres.url);
  project.provide("postgresTemplate", postgres.template);
  project.provide("redisUrl", redis?.url ?? "");
  return async () => {
    await redis?.close();
    await postgres.close();
    await rm(buildMark(postgres.template), { recursive: true, force: true });
  };
};

export { setup };
