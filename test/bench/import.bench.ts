import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { importPracticesCommand } from "../../src/app/commands/import-practices.ts";
import { createDatabase, createPool, noHooks } from "../../src/platform/db/database.ts";
import { migrate } from "../../src/platform/db/migrate.ts";
import { openEmbeddedPostgres } from "../../src/platform/embedded-postgres/index.ts";
import { silentLogger } from "../../src/platform/log/log.ts";

/*
 * `npm run bench:import -- [FILE]`: imports the practices into a new embedded PostgreSQL with the durability of production,
 * then once more. FILE defaults to ../shared/data/practices.csv. The last line is JSON:
 * {"bench":"import","rows","firstMs","rowsPerSecond","againMs"}. Aim: all 6,171 in well under 10 s.
 */

const file = process.argv[2] ?? "../shared/data/practices.csv";
const dataDir = await mkdtemp(path.join(tmpdir(), "covershare-bench-import-"));
const server = await openEmbeddedPostgres({ dataDir, log: silentLogger });
try {
  await migrate(server.url);
  const pool = createPool({
    url: server.url,
    max: 2,
    statementTimeoutMs: 120_000,
    applicationName: "covershare bench",
    onError: (error) => console.error(error.message),
  });
  const database = createDatabase(pool, noHooks);
  const run = async (): Promise<{ ms: number; rows: number }> => {
    const from = performance.now();
    const { rows } = await importPracticesCommand(
      database,
      { file, format: "csv", sharingGroup: "sub_icb_code", skipBad: false, closeMissing: false },
      { progress: (line) => console.error(`${Math.round(performance.now() - from)} ms  ${line}`) },
    );
    return { ms: Math.round(performance.now() - from), rows };
  };
  const first = await run();
  const again = await run();
  await pool.end();
  console.log(
    JSON.stringify({
      bench: "import",
      rows: first.rows,
      firstMs: first.ms,
      rowsPerSecond: Math.round((first.rows * 1_000) / first.ms),
      againMs: again.ms,
    }),
  );
} finally {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
}
