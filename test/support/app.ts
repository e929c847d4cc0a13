import { buildApi, type Api, type ApiOptions } from "../../src/app/build-api.ts";
import { startMatcher } from "../../src/app/build-matcher.ts";
import { openResources, type Resources } from "../../src/app/resources.ts";
import { loadConfig } from "../../src/config/config.ts";
import type { Actor } from "../../src/features/access/index.ts";
import { issueToken } from "../../src/features/identity/index.ts";
import { silentLogger } from "../../src/platform/log/log.ts";
import type { TestDatabase } from "./database.ts";

export interface TestApp {
  readonly api: Api;
  readonly resources: Resources;
  /** Where it listens, for example `http://127.0.0.1:41234`. */
  readonly url: string;
  close(): Promise<void>;
}

export interface TestAppOptions extends ApiOptions {
  /** Queue and wake-ups on this Redis; else on the test's own PostgreSQL. */
  readonly redisUrl?: string;
  /** Also carry out jobs and sweep, as `serve` does. Default true. */
  readonly matcher?: boolean;
  /** More of the environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The whole service on a test's database, listening on a free port: what `serve` starts, in this process. */
export const startTestApp = async (db: TestDatabase, options: TestAppOptions = {}): Promise<TestApp> => {
  const { redisUrl, matcher = true, environment = {}, ...rest } = options;
  const config = loadConfig({
    DATABASE_URL: db.url,
    PORT: "0",
    DB_POOL_MAX: "10",
    REDIS_URL: redisUrl,
    ...environment,
  });
  const resources = await openResources({
    config,
    log: silentLogger,
    migrates: "embedded",
    applicationName: "covershare test app",
  });
  try {
    if (matcher) await startMatcher(resources);
    const api = await buildApi(resources, rest);
    return { api, resources, url: await api.listen(), close: () => resources.releasers.release() };
  } catch (error) {
    await resources.releasers.release();
    throw error;
  }
};

/** Request headers of an actor: a fresh API token of the user for that organisation. */
export const bearer = async (db: TestDatabase, actor: Actor): Promise<{ authorization: string }> => {
  const { userId, organisationCode } = actor;
  const { token } = await db.database.transact(async (tx) =>
    issueToken(tx, { userId, organisationCode, name: "test" }),
  );
  return { authorization: `Bearer ${token}` };
};
