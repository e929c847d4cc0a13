import type { Plan } from "../../../src/features/cover-plans/cover-plans.schema.ts";
import { copyDatabase, startPostgres } from "../support/servers.ts";
import { runCovershare } from "./covershare.ts";
import type { Data } from "./data.ts";
import { buildFederation } from "./federation.ts";
import { withSameIds } from "./same-ids.ts";
import type { World } from "./world.ts";

/** A server for as many simulated rushes as wanted, each in a database of its own. */
export const openServer = async () => {
  // Time is the held clock's, and nothing is to survive.
  const postgres = await startPostgres({ fsync: "off" });
  let runs = 0;
  return {
    close: () => postgres.close(),
    /** The world through the real services, asked for by this plan, else by the default; and how long that took. */
    run: async (data: Data, world: World, plan?: Plan) => {
      runs += 1;
      const url = await copyDatabase(postgres.url, `day_${runs}`);
      return withSameIds(async () => {
        const federation = await buildFederation(url, data, world, plan);
        try {
          const began = performance.now();
          const run = await runCovershare(federation, world);
          return { ...run, ms: performance.now() - began };
        } finally {
          await federation.close();
        }
      });
    },
  };
};
export type Server = Awaited<ReturnType<typeof openServer>>;
