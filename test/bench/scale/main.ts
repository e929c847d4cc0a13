import { parseArgs } from "node:util";
import { solve } from "../../../src/features/matching/index.ts";
import { createDatabase, createPool, noHooks } from "../../../src/platform/db/database.ts";
import { referenceData } from "../../support/reference-data.ts";
import { copyDatabase, startPostgres } from "../support/servers.ts";
import { round } from "../support/stats.ts";
import { measureCandidates, measurePlans, type Size } from "./measure.ts";
import {
  BUILDING,
  buildPractices,
  buildRequests,
  countOf,
  groupsWithNeeds,
  loadSlots,
  withoutDisk,
  type Load,
} from "./world.ts";

/*
 * `npm run bench:scale -- [--plans] [--sample N]`: England's 6,171 practices and 5,000 open needs in one PostgreSQL, with
 * 100 thousand free slots and then a million, in one run.
 *
 * The slots lie as in a real diary that is published further ahead: all of the first 100 thousand within the four working
 * days that the needs can use, the other 900 thousand in the nine weeks after. `dense` is the hard variant: ten times the
 * slots within the same four days, so that each search and each plan also has ten times as much to choose from.
 *
 * Each size is a database of its own in one server, and they are measured in turn, request by request and group by group.
 * `--plans` prints the query plans of one candidate search to standard error.
 */

const { values } = parseArgs({
  options: { plans: { type: "boolean", default: false }, sample: { type: "string", default: "400" } },
});

const practicesFile = referenceData("data/practices.csv");
if (practicesFile === undefined) throw new Error("The reference data is needed: set COVERSHARE_REFERENCE_DATA.");
const start = performance.now();
const progress = (line: string): void =>
  console.error(`${((performance.now() - start) / 1_000).toFixed(1)} s  ${line}`);
const postgres = await startPostgres(BUILDING);
const opened: Size[] = [];

const openSize = (name: string, url: string): Size => {
  const pool = createPool({
    url,
    // One connection: every statement is prepared once, and what auto_explain says is heard.
    max: 1,
    statementTimeoutMs: 600_000,
    applicationName: "covershare bench",
    onError: (error) => console.error(error.message),
  });
  const size = { name, pool, database: createDatabase(pool, noHooks) };
  opened.push(size);
  return size;
};

const DAYS = { from: 1, count: 4 };

/** Three databases that differ in their slots alone. */
const buildSizes = async (): Promise<Size[]> => {
  const base = openSize("base", postgres.url);
  await buildPractices(base.database, practicesFile, progress);
  await buildRequests(base.database.q, 1_250);
  await loadSlots(base.database, { slots: 100_000, days: DAYS, seed: 1 });
  await base.pool.end();
  opened.pop();
  const sizeWith = async (name: string, more?: Load): Promise<Size> => {
    const size = openSize(name, await copyDatabase(postgres.url, name));
    if (more !== undefined) await loadSlots(size.database, more);
    progress(`${name}: ${await countOf(size.database.q, "slots where state = 'free'")} free slots`);
    return size;
  };
  return [
    await sizeWith("small"),
    await sizeWith("large", { slots: 900_000, days: { from: 5, count: 45 }, seed: 2 }),
    await sizeWith("dense", { slots: 900_000, days: DAYS, seed: 3 }),
  ];
};

try {
  const [small, large, dense] = await withoutDisk(postgres.url, buildSizes);
  if (small === undefined || large === undefined || dense === undefined) throw new Error("nothing was built");
  const sizes = [small, large, dense];
  const candidates = await measureCandidates(sizes, Number(values.sample));
  progress("candidate searches are measured");
  const groups = await groupsWithNeeds(small.database.q);
  const planning = await measurePlans(sizes, groups, async (problem) => solve(problem));
  progress("plans are measured");

  const report = async (size: Size) => {
    const [found, planned] = [candidates.get(size), planning.get(size)];
    if (found === undefined || planned === undefined) throw new Error(`${size.name} was not measured`);
    if (values.plans) for (const { text, json } of found.plans) console.error(`-- ${size.name}\n${text}\n${json}`);
    return {
      slots: await countOf(size.database.q, "slots where state = 'free'"),
      ...found.candidates,
      ...planned,
    };
  };
  type Report = Awaited<ReturnType<typeof report>>;
  const [a, b, c] = [await report(small), await report(large), await report(dense)];
  const growth = (to: Report, of: (at: Report) => number): number => round(of(to) / of(a));
  const growths = (to: Report) => ({
    growthCandidate: growth(to, ({ candidateP50Ms }) => candidateP50Ms),
    growthPlan: growth(to, ({ planP50Ms }) => planP50Ms),
    growthCandidateP99: growth(to, ({ candidateP99Ms }) => candidateP99Ms),
    growthPlanP99: growth(to, ({ planP99Ms }) => planP99Ms),
  });
  console.log(
    JSON.stringify({
      bench: "scale",
      practices: await countOf(small.database.q, "organisations where kind = 'practice'"),
      sharingGroups: groups.length,
      needs: await countOf(small.database.q, "needs where state = 'open'"),
      sizes: [a, b],
      ...growths(b),
      dense: { ...c, ...growths(c) },
    }),
  );
} finally {
  for (const { pool } of opened) await pool.end();
  await postgres.close();
}
