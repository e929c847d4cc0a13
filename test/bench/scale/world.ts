import { sql } from "drizzle-orm";
import { z } from "zod";
import { importPracticesCommand } from "../../../src/app/commands/import-practices.ts";
import { system } from "../../../src/features/audit/index.ts";
import { signAgreement } from "../../../src/features/practices/index.ts";
import { rows, type Database, type Queryable } from "../../../src/platform/db/database.ts";
import { newId } from "../../../src/platform/ids/ids.ts";
import { runAt } from "../support/servers.ts";

/** A Monday morning: desks are open whenever the benchmark runs. */
export const NOW = "2026-11-16T10:00:00Z";

/** Of one clinic: 20 minutes each, four hours. */
const SLOTS_A_CLINIC = 12;

const groupsIn = async (q: Queryable, table: "sharing_memberships" | "needs"): Promise<string[]> => {
  const found = await rows(
    q,
    z.object({ code: z.string() }),
    sql`select distinct group_code as code from ${sql.identifier(table)} order by 1`,
  );
  return found.map(({ code }) => code);
};

/** The sharing groups in which somebody needs something: a few are too small for any. */
export const groupsWithNeeds = async (q: Queryable): Promise<string[]> => groupsIn(q, "needs");

/** England's practices by the real importer, each sub-ICB a sharing group, all signed. */
export const buildPractices = async (
  database: Database,
  file: string,
  progress: (line: string) => void,
): Promise<void> => {
  await database.q.execute(sql`insert into held_clock (is_held, at) values (true, ${NOW}::timestamptz)`);
  await importPracticesCommand(
    database,
    { file, format: "csv", sharingGroup: "sub_icb_code", skipBad: false, closeMissing: false },
    { progress },
  );
  for (const groupCode of await groupsIn(database.q, "sharing_memberships"))
    await database.transact((tx) =>
      signAgreement(tx, system, { groupCode, version: "1", signedBy: "Bench", from: "2026-01-01" }),
    );
};

/**
 * `requests` cover requests of one line and four needs each, from homes all over England; due within one to five days,
 * 8, 15 or 30 km, one in twenty asap and one in five urgent. Everything is a function of the row's number.
 */
export const buildRequests = async (q: Queryable, requests: number): Promise<void> => {
  const user = newId();
  await q.execute(sql`insert into users (id, email, name, created_at)
    values (${user}, 'bench@bench.example', 'Bench', app_now())`);
  await q.execute(sql`
    with homes as (
      select o.code, m.group_code, row_number() over (order by md5(o.code)) - 1 as place, count(*) over () as total
      from organisations o join sharing_memberships m on m.organisation_code = o.code
      where o.kind = 'practice' and o.status = 'ACTIVE'
    ), made as (
      insert into cover_requests (id, reference, home_code, group_code, priority, reason, takes_firm, posted_by, posted_by_code, version, created_at)
      select uuidv7(), 'CR-B' || n, code, group_code,
             case when n % 20 = 0 then 'asap' when n % 5 = 1 then 'urgent' else 'routine' end,
             'staff-absence', true, ${user}::uuid, code, 1, app_now()
      from generate_series(0, ${requests}::int - 1) as n join homes on homes.place = n % homes.total
      returning id, group_code, priority, substr(reference, 5)::int as n
    ), lines as (
      insert into need_lines (id, request_id, position, service_code, channel, minutes, earliest, due_by, requires, max_km, priority, not_asked)
      select uuidv7(), id, 1, (array['wound-simple', 'phleb', 'woundcheck', 'wound-complex', 'suture', 'smear'])[1 + n % 6],
             'in-person', (array[20, 10, 10, 30, 20, 20])[1 + n % 6],
             app_now(), app_now() + (1 + n % 5) * interval '1 day' + interval '8 hours', '{}', (array[8, 15, 30])[1 + (n / 6) % 3], priority, '{}'
      from made returning id, request_id, priority
    )
    insert into needs (id, request_id, line_id, group_code, ref, state, priority, ring, extra_asks)
    select uuidv7(), made.id, lines.id, made.group_code, 'N0' || ref, 'open', made.priority, 1, 0
    from made join lines on lines.request_id = made.id, generate_series(1, 4) as ref`);
  await q.execute(sql`analyze cover_requests, need_lines, needs, users`);
};

export interface Load {
  readonly slots: number;
  /** Working days ahead, the first being tomorrow, among which the clinics are spread. */
  readonly days: { readonly from: number; readonly count: number };
  /** Different for each load, so that each falls otherwise. */
  readonly seed: number;
}

/**
 * Free slots in clinics of twelve, the same number at every practice, each on a day and at an hour that its number decides.
 * Written day by day, as they would be published, so that clinics of one practice lie apart. Half of the clinics are firm
 * and confirmed; each offers three of the six services that are asked for.
 */
export const loadSlots = async (database: Database, load: Load): Promise<void> => {
  await database.transact(async (tx) => {
    // Foreign keys hold by construction, and indexes are made faster than kept: together they took most of the time.
    await tx.q.execute(sql`set local session_replication_role = replica`);
    const indexes = await rows(
      tx.q,
      z.object({ name: z.string(), definition: z.string() }),
      sql`select indexname as name, indexdef as definition from pg_indexes
          where tablename = 'slots' and indexname in ('slots_clinic_start', 'slots_free')`,
    );
    for (const { name } of indexes) await tx.q.execute(sql`drop index ${sql.identifier(name)}`);
    await insertLoad(tx.q, load);
    for (const { definition } of indexes) await tx.q.execute(sql.raw(definition));
  });
  await database.q.execute(sql`vacuum analyze clinics`);
  await database.q.execute(sql`vacuum analyze slots`);
};

const insertLoad = async (q: Queryable, { slots, days, seed }: Load): Promise<void> => {
  const clinics = Math.round(slots / SLOTS_A_CLINIC);
  await q.execute(sql`
    with hosts as (
      select o.code, s.id as site_id, row_number() over (order by md5(o.code || ${String(seed)})) - 1 as place, count(*) over () as total
      from organisations o join sites s on s.organisation_code = o.code and s.is_main
      where o.kind = 'practice' and o.status = 'ACTIVE' and coalesce(o.list_size, 500) >= 500
    ), numbered as (
      select code, site_id, n,
             mod(abs(hashint8extended(n, ${seed})), ${days.count}) + ${days.from}::int as day,
             mod(abs(hashint8extended(n, ${seed + 1})), 11) * interval '30 minutes' + interval '8 hours' as hour,
             mod(abs(hashint8extended(n, ${seed + 2})), 6)::int as kind,
             mod(abs(hashint8extended(n, ${seed + 3})), 2) = 0 as is_firm
      from generate_series(0, ${clinics}::int - 1) as n join hosts on hosts.place = n % hosts.total
    ), made as (
      insert into clinics (id, organisation_code, site_id, services, channel, provides, pledge, starts_at, ends_at, breaks,
                           slot_minutes, is_changed, confirmed_on, source, version, created_at)
      select uuidv7(), code, site_id,
             array(select (array['wound-simple', 'phleb', 'woundcheck', 'wound-complex', 'suture', 'smear'])[1 + (kind + k) % 6]
                   from generate_series(0, 2) as k),
             'in-person', '{}', case when is_firm then 'firm' else 'ask' end, starts_at, starts_at + interval '4 hours', '[]',
             20, false, case when is_firm then app_now()::date end, 'import', 1, app_now()
      -- Five working days a week; the benchmark starts on a Monday, so day 5 is the Monday after.
      from (select *, date_trunc('day', app_now(), 'UTC') + (day + (day / 5) * 2) * interval '1 day' + hour as starts_at from numbered) at
      order by day, n
      returning id, organisation_code, starts_at
    )
    insert into slots (id, clinic_id, organisation_code, starts_at, ends_at, state)
    select uuidv7(), id, organisation_code, starts_at + k * interval '20 minutes', starts_at + (k + 1) * interval '20 minutes', 'free'
    from made, generate_series(0, ${SLOTS_A_CLINIC}::int - 1) as k`);
};

export const countOf = async (q: Queryable, what: string): Promise<number> => {
  const [row] = await rows(q, z.object({ n: z.number() }), sql`select count(*)::int as n from ${sql.raw(what)}`);
  return row?.n ?? 0;
};

/** Settings that only shorten building: checkpoints come less often. Nothing that is measured writes much. */
export const BUILDING = { max_wal_size: "16GB", maintenance_work_mem: "512MB" } as const;

/**
 * Builds without waiting for the disk: what a crash would lose is built again. Everything is on disk, and the settings are
 * those of production again, when this comes back.
 */
export const withoutDisk = async <T>(url: string, build: () => Promise<T>): Promise<T> => {
  const settings = ["fsync", "full_page_writes", "synchronous_commit"];
  await runAt(url, [...settings.map((name) => `alter system set ${name} = off`), "select pg_reload_conf()"]);
  const built = await build();
  await runAt(url, ["checkpoint", ...settings.map((name) => `alter system reset ${name}`), "select pg_reload_conf()"]);
  return built;
};
