import { getTableColumns, getTableName, is, sql } from "drizzle-orm";
import { getTableConfig, PgColumn, type PgTable } from "drizzle-orm/pg-core";
import { z } from "zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { classifiedTables } from "../../../src/app/tables.ts";
import { sealAudit } from "../../../src/features/audit/index.ts";
import { neverPurged, purgeDue, purgePlans, purgeSweepers } from "../../../src/features/privacy/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { newId } from "../../../src/platform/ids/ids.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { sweepOnce } from "../../../src/platform/queue/sweep.ts";
import { openTestDatabase, until, type TestDatabase } from "../../support/index.ts";

const BORN = "2024-01-10T09:00:00.000Z";
const BORN_LATER = new Date("2024-01-10T09:20:00.000Z");

const STAYS = newId();

/** Where the checks of the database, or what "over" means, ask for more than any value of the type. */
const special: Readonly<Record<string, unknown>> = {
  "needs.state": "closed",
  "need_lines.dueBy": BORN_LATER,
  "need_lines.minutes": 20,
  "need_lines.maxKm": 10,
  "clinics.endsAt": BORN_LATER,
  "clinics.slotMinutes": 20,
  "slots.endsAt": BORN_LATER,
  "clinic_series.opens": "09:00",
  "clinic_series.closes": "10:00",
  "clinic_series.slotMinutes": 20,
  "offers.supportingCode": "HOST",
  "agreements.supportingCode": "HOST",
  "neighbours.hostCode": "HOST",
};

const isKept = (table: PgTable): boolean =>
  classifiedTables().find((one) => one.table === table)?.retention.period === "forever";

/** Any value of a column; for one that points elsewhere, the value that was given there. */
const valueOf = (table: PgTable, key: string, column: PgColumn, given: ReadonlyMap<string, unknown>): unknown => {
  const name = getTableName(table);
  if (`${name}.${key}` in special) return special[`${name}.${key}`];
  for (const foreign of getTableConfig(table).foreignKeys) {
    const { columns, foreignColumns, foreignTable } = foreign.reference();
    const at = columns.indexOf(column);
    const target = foreignColumns[at];
    if (at >= 0 && target !== undefined) {
      // Whoever stands in a setting that is in use is no user who left.
      if (getTableName(foreignTable) === "users" && isKept(table)) return STAYS;
      const targetKey = Object.entries(getTableColumns(foreignTable)).find(([, one]) => one === target)?.[0] ?? "";
      return given.get(`${getTableName(foreignTable)}.${targetKey}`);
    }
  }
  const type = column.getSQLType();
  if (type.endsWith("[]")) return [];
  if (type === "uuid") return newId();
  if (type === "date") return BORN.slice(0, 10);
  if (type.startsWith("timestamp")) return new Date(BORN);
  if (type === "boolean") return true;
  if (type === "jsonb") return {};
  if (type === "text") return column.enumValues?.[0] ?? "HOME";
  return 1;
};

/** Tables so that each comes after those it points to. */
const inOrder = (tables: readonly PgTable[]): PgTable[] => {
  const done: PgTable[] = [];
  const add = (table: PgTable): void => {
    if (done.includes(table)) return;
    for (const foreign of getTableConfig(table).foreignKeys) {
      const target = foreign.reference().foreignTable;
      if (target !== table) add(target);
    }
    done.push(table);
  };
  for (const table of tables) add(table);
  return done;
};

/** One row of every table, all of it as old as `BORN`. */
const fill = async (db: TestDatabase): Promise<void> => {
  const tables = inOrder(classifiedTables().map(({ table }) => table));
  const given = new Map<string, unknown>();
  await db.database.transact(async ({ q }) => {
    for (const table of tables) {
      const name = getTableName(table);
      if (["held_clock", "purges", "audit_seals"].includes(name)) continue;
      const row: Record<string, unknown> = {};
      for (const [key, column] of Object.entries(getTableColumns(table))) {
        if (!is(column, PgColumn)) continue;
        // These are the database's own to give.
        if (name === "audit_entries" && (key === "xid" || key === "era")) continue;
        row[key] = valueOf(table, key, column, given);
        given.set(`${name}.${key}`, row[key]);
      }
      await q.insert(table).values(row).onConflictDoNothing();
      if (name === "users") {
        await q.insert(table).values({ ...row, id: STAYS, email: "stays@practice.example", deactivatedAt: null });
      }
      if (name === "organisations") await q.insert(table).values({ ...row, code: "HOST" });
    }
  });
};

const countOf = async (db: TestDatabase, name: string): Promise<number> =>
  (await rows(db.q, z.object({ n: z.coerce.number() }), sql`select count(*) as n from ${sql.identifier(name)}`))[0]
    ?.n ?? -1;

const plans = purgePlans(classifiedTables());

const periods = (): Map<string, number> =>
  new Map(
    classifiedTables().flatMap(({ table, retention: { period } }) =>
      period === "forever" ? [] : [[getTableName(table), Number(period.slice(1, -1))] as const],
    ),
  );

/** One round of the sweep, and on to the next night. */
const oneNight = async (db: TestDatabase): Promise<void> => {
  await sweepOnce(purgeSweepers(db.database, classifiedTables), silentLogger);
  await db.advance({ days: 1 });
};

describe("P5: purge", () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(async () => db.close());

  it("is declared beside every table that has a period", () => {
    expect(neverPurged(classifiedTables())).toEqual([]);
  });

  it("takes every table's rows after their period, and none before", { timeout: 60_000 }, async () => {
    await db.holdClock(BORN);
    await fill(db);
    // What ran before an entry and has not ended, in any database of the server, keeps it from being sealed.
    await until(
      async () => {
        await sealAudit(db.database, silentLogger, { afterSeconds: 0, batch: 100 });
        return (await countOf(db, "audit_seals")) > 0;
      },
      { withinMs: 30_000, what: "the entry is sealed" },
    );
    const expected = periods();
    for (const days of [...new Set(expected.values())].toSorted((left, right) => left - right)) {
      const of = [...expected].filter(([, period]) => period === days).map(([name]) => name);
      await db.holdClock(BORN);
      await db.advance({ days: days - 2 });
      await oneNight(db);
      for (const name of of)
        expect({ name, rows: await countOf(db, name) }).toEqual({ name, rows: name === "users" ? 2 : 1 });
      await db.advance({ days: 3 });
      await oneNight(db);
      for (const name of of)
        expect({ name, rows: await countOf(db, name) }).toEqual({ name, rows: name === "users" ? 1 : 0 });
    }
    for (const name of ["organisations", "sites", "networks", "services", "event_heads", "audit_seals"]) {
      expect(await countOf(db, name)).toBeGreaterThan(0);
    }
  });
});

describe("P5: purge of requests", () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
    await db.holdClock(BORN);
    await fill(db);
    await db.advance({ days: 1_000 });
    await sweepOnce(purgeSweepers(db.database, classifiedTables), silentLogger);
  });
  afterAll(async () => db.close());

  let days = 1_000;
  /** Another request of that day, changed, and how many are left of all after a night long after. */
  const leftAfter = async (change: string): Promise<number> => {
    await db.holdClock(BORN);
    await post(db);
    await db.q.execute(sql.raw(change));
    days += 10;
    await db.advance({ days });
    await oneNight(db);
    return countOf(db, "cover_requests");
  };

  const post = async (on: TestDatabase): Promise<void> => {
    const ids = { request: newId(), line: newId(), user: newId() };
    await on.q.execute(sql`
      insert into users (id, email, name, created_at) values (${ids.user}, ${ids.user}, 'Kim', app_now())`);
    await on.q.execute(sql`
      insert into cover_requests (id, reference, home_code, group_code, priority, reason, takes_firm, posted_by, posted_by_code, version, created_at)
      values (${ids.request}, ${ids.request}, 'HOME', 'HOME', 'routine', 'other', true, ${ids.user}, 'HOME', 1, app_now())`);
    await on.q.execute(sql`
      insert into need_lines (id, request_id, position, service_code, channel, minutes, earliest, due_by, requires, max_km, priority, not_asked)
      select ${ids.line}, ${ids.request}, 1, code, 'in-person', 20, app_now(), app_now() + interval '1 hour', '{}', 10, 'routine', '{}'
      from services limit 1`);
    await on.q.execute(sql`
      insert into needs (id, request_id, line_id, group_code, ref, state, priority, ring, extra_asks, ended_as, ended_at)
      values (${newId()}, ${ids.request}, ${ids.line}, 'HOME', 'N01', 'withdrawn', 'routine', 1, 0, 'not-needed', app_now())`);
  };

  it("R7: leaves one with a need that is still looking, or that came back and nobody acknowledged", async () => {
    expect(await leftAfter("update needs set state = 'open', ended_at = null")).toBe(1);
    expect(await leftAfter("update needs set state = 'returned', ended_as = 'due-by-passed'")).toBe(2);
    await db.q.execute(sql`update needs set acknowledged_at = app_now(), ended_at = app_now() - interval '800 days'`);
    await oneNight(db);
    expect(await countOf(db, "cover_requests")).toBe(0);
  });

  it("leaves one that ended within its period, however long ago it was posted", async () => {
    expect(await leftAfter("update needs set ended_at = app_now() + interval '500 days'")).toBe(1);
    await db.advance({ days: 400 });
    await oneNight(db);
    expect(await countOf(db, "cover_requests")).toBe(0);
  });

  it("comes round once a night, at three, and may run in several processes at once", async () => {
    await db.holdClock("2029-03-24T12:00:00Z");
    await sweepOnce(purgeSweepers(db.database, classifiedTables), silentLogger);
    const due = await rows(
      db.q,
      z.object({ at: z.coerce.date() }),
      sql`select distinct due_at as at from purges where done_at = app_now()`,
    );
    // The clocks go forward that night: three o'clock is two in UTC.
    expect(due.map(({ at }) => at.toISOString())).toEqual(["2029-03-25T02:00:00.000Z"]);
    await db.q.execute(sql`
      insert into sign_in_failures (bucket, failures, last_at)
      select 'b' || n, 1, app_now() - interval '9 days' from generate_series(1, 700) n`);
    await db.advance({ days: 1 });
    const purged = await Promise.all([purgeDue(db.database, plans), purgeDue(db.database, plans)]);
    expect(purged.reduce((all, one) => all + one, 0)).toBe(700);
    expect(await purgeDue(db.database, plans)).toBe(0);
  });
});
