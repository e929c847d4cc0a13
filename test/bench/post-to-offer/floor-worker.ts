import { sql } from "drizzle-orm";
import { createDatabase, createPool, noHooks } from "../../../src/platform/db/database.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { handles } from "../../../src/platform/queue/job.ts";
import { openQueue } from "../../../src/platform/queue/queue.ts";
import { openWakeBus } from "../../../src/platform/realtime/open-wake-bus.ts";
import { floorEnvironment, floorJob } from "./floor-job.ts";

// The floor's second process: takes the job, commits one row, wakes the third.
const environment = floorEnvironment.parse(process.env);
const backend = { kind: environment.FLOOR_BACKEND, url: environment.FLOOR_QUEUE, namespace: "floor" };
const pool = createPool({
  url: environment.FLOOR_DATABASE,
  max: 10,
  statementTimeoutMs: 8_000,
  applicationName: "floor worker",
  onError: () => undefined,
});
const { q } = createDatabase(pool, noHooks);
const bus = openWakeBus({ ...backend, log: silentLogger });
const queue = await openQueue({ backend, contracts: [floorJob], log: silentLogger });
await queue.startWorkers(
  [
    handles(floorJob, async ({ key }) => {
      await q.execute(sql`insert into floor_rows (at, note) values (${key}, 'planned')`);
      bus.publish([key]);
    }),
  ],
  { concurrency: 4 },
);
process.once("SIGTERM", () => process.exit(0));
process.stdout.write("ready\n");
