import type { FastifyInstance } from "fastify";
import { createSealer } from "../../../src/platform/secrets/sealer.ts";
import { buildApi, cookieSettings } from "../../../src/app/build-api.ts";
import { openResources } from "../../../src/app/resources.ts";
import { openPoster, webhookParts } from "../../../src/app/webhooks.ts";
import { appRoutes } from "../../../src/app/routes.ts";
import { loadConfig } from "../../../src/config/config.ts";
import type { AppRoute } from "../../../src/features/access/index.ts";
import { createPasswords } from "../../../src/features/identity/index.ts";
import { solve } from "../../../src/features/matching/index.ts";
import { silentLogger, type Logger } from "../../../src/platform/log/log.ts";
import { openTestDatabase, type TestDatabase } from "../../support/index.ts";

export interface WholeApi {
  readonly db: TestDatabase;
  /** As `covershare api` builds it; it listens to nothing, requests are injected. */
  readonly server: FastifyInstance;
  /** What the server was given, in the same order. */
  readonly routes: readonly AppRoute[];
  /** What was logged as our own fault. */
  readonly errors: object[];
  close(): Promise<void>;
}

export const openWholeApi = async (): Promise<WholeApi> => {
  const db = await openTestDatabase();
  const errors: object[] = [];
  const log: Logger = { ...silentLogger, error: (fields) => void errors.push(fields), child: () => log };
  // Ten thousand requests come from one address here; the limits have tests of their own.
  const unlimited = { ADDRESS_REQUESTS_PER_MINUTE: "0", USER_REQUESTS_PER_MINUTE: "0" };
  const config = loadConfig({ DATABASE_URL: db.url, LOG_LEVEL: "silent", ...unlimited });
  const resources = await openResources({ config, log, migrates: "embedded", applicationName: "covershare test" });
  const { server } = await buildApi(resources);
  await server.ready();
  const routes = appRoutes({
    identity: { passwords: createPasswords(), cookies: cookieSettings(config) },
    health: resources,
    solve: async (problem) => solve(problem),
    webhooks: webhookParts(openPoster(config), createSealer([])),
  });
  return {
    db,
    server,
    routes,
    errors,
    close: async () => {
      await resources.releasers.release();
      await db.close();
    },
  };
};
