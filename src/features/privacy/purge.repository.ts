import { sql, type Column, type SQL } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import type { Branch, PurgePlan } from "./purge-plan.ts";

const named = z.object({ name: z.string() });

/** The instant before which a row of the plan is due. */
const cutoff = (plan: PurgePlan): SQL => sql`(app_now() - make_interval(days => ${plan.days}))`;

const keyOf = (table: PgTable): Column | undefined => {
  const { columns, primaryKeys } = getTableConfig(table);
  return (
    columns.find(({ primary }) => primary) ??
    (primaryKeys[0]?.columns.length === 1 ? primaryKeys[0].columns[0] : undefined)
  );
};

/** SQL: `column` of a branch belongs to a row of the root that `isOfRoot` says. */
const leadsTo = (plan: PurgePlan, table: PgTable, column: Column, isOfRoot: (column: Column) => SQL): SQL => {
  if (table === plan.root) return isOfRoot(column);
  const branch = plan.branches.find((one) => one.table === table);
  if (branch === undefined) throw new Error("a link leads out of the family");
  const key = keyOf(table);
  if (key === undefined) throw new Error("only a table with one key can have others with it");
  const inner = leadsTo(plan, branch.link.target, branch.link.column, isOfRoot);
  return sql`${column} in (select ${key} from ${table} where ${inner})`;
};

/** SQL: somebody outside still points to the row of the root or to what goes with it. */
const isVisited = (plan: PurgePlan): SQL[] =>
  plan.visitors.map(({ table, column, target, targetColumn }) => {
    if (target === plan.root) return sql`exists (select 1 from ${table} where ${column} = ${targetColumn})`;
    const key = keyOf(plan.root);
    if (key === undefined) throw new Error("only a table with one key can have others with it");
    return sql`exists (select 1 from ${table} where ${leadsTo(plan, target, column, (inner) => sql`${inner} = ${key}`)})`;
  });

const deleteBranch = (plan: PurgePlan, { table, link }: Branch, ids: SQL): SQL =>
  sql`delete from ${table} where ${leadsTo(plan, link.target, link.column, (column) => sql`${column} = any(${ids})`)}`;

/**
 * Deletes up to `limit` rows of the root that are due, with what goes with them. Rows that somebody works on just now wait
 * for the next time. Answers how many rows of the root went, and how many in all.
 */
export const purgeBatch = async (
  q: Queryable,
  plan: PurgePlan,
  limit: number,
): Promise<{ readonly roots: number; readonly all: number }> => {
  const { purge, root } = plan;
  if ("by" in purge) {
    const [at] = await rows(q, z.object({ before: z.coerce.date() }), sql`select ${cutoff(plan)} as before`);
    if (at === undefined) throw new Error("no cutoff");
    const gone = await purge.by(q, at.before, limit);
    return { roots: gone, all: gone };
  }
  const keeps = [...(purge.unless === undefined ? [] : [purge.unless(cutoff(plan))]), ...isVisited(plan)];
  const due = sql`${purge.since} < ${cutoff(plan)}${sql.join(keeps.map((keep) => sql` and not (${keep})`))}`;
  if (plan.branches.length === 0) {
    const gone = await q.execute(sql`
      delete from ${root} where ctid in (select ctid from ${root} where ${due} limit ${limit} for update skip locked)`);
    return { roots: gone.rowCount ?? 0, all: gone.rowCount ?? 0 };
  }
  const key = keyOf(root);
  if (key === undefined) throw new Error("only a table with one key can have others with it");
  const found = await rows(
    q,
    z.object({ id: z.string() }),
    sql`select ${key} as id from ${root} where ${due} limit ${limit} for update skip locked`,
  );
  const ids = sql`${sql.param(found.map(({ id }) => id))}::${sql.raw(key.getSQLType())}[]`;
  let all = 0;
  for (const branch of plan.branches) all += (await q.execute(deleteBranch(plan, branch, ids))).rowCount ?? 0;
  all += (await q.execute(sql`delete from ${root} where ${key} = any(${ids})`)).rowCount ?? 0;
  return { roots: found.length, all };
};

/** A row for each table that is purged: the first time at once. */
export const ensurePurges = async (q: Queryable, names: readonly string[]): Promise<void> => {
  await q.execute(sql`
    insert into purges (table_name, due_at, purged)
    select name, app_now(), 0 from unnest(${sql.param([...names])}::text[]) as name on conflict do nothing`);
};

/** Names of the tables that are due. */
export const duePurges = async (q: Queryable): Promise<string[]> =>
  (await rows(q, named, sql`select table_name as name from purges where due_at <= app_now()`)).map(({ name }) => name);

/** True: it is due and ours until the transaction ends. */
export const claimPurge = async (q: Queryable, name: string): Promise<boolean> => {
  const won = await q.execute(sql`
    select 1 from purges where table_name = ${name} and due_at <= app_now() for update skip locked`);
  return (won.rowCount ?? 0) > 0;
};

/** Counts what went; if that was all, the next time is the coming night at three (Europe/London). */
export const notePurge = async (q: Queryable, name: string, purged: number, isDone: boolean): Promise<void> => {
  const tonight = sql`((date_trunc('day', app_now() at time zone 'Europe/London' - interval '3 hours')
                        + interval '1 day 3 hours') at time zone 'Europe/London')`;
  await q.execute(sql`
    update purges set purged = purged + ${purged}${isDone ? sql`, done_at = app_now(), due_at = ${tonight}` : sql``}
    where table_name = ${name}`);
};

const stateRow = z.object({ name: z.string(), doneAt: z.coerce.date().nullable(), purged: z.coerce.number() });

/** When each table was last purged, for the data-flow page. */
export const purgeStates = async (q: Queryable): Promise<z.output<typeof stateRow>[]> =>
  rows(q, stateRow, sql`select table_name as name, done_at as "doneAt", purged from purges`);
