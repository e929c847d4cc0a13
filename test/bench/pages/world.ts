import { sql } from "drizzle-orm";
import type { Actor, Role } from "../../../src/features/access/index.ts";
import { issueToken } from "../../../src/features/identity/index.ts";
import { openSession } from "../../../src/features/identity/sessions.repository.ts";
import { ensureCatalogue } from "../../../src/features/services/index.ts";
import { createDatabase, createPool, noHooks, type Database } from "../../../src/platform/db/database.ts";
import { newId } from "../../../src/platform/ids/ids.ts";

/** Monday of the week of Christmas 2026, with everybody at work. */
const NOW = "2026-12-21T09:00:00Z";
const GROUP = "BENCH";

/** Somebody who uses the service: with a browser's cookie and with a token for the API. */
export interface Seat {
  readonly cookie: string;
  readonly token: string;
}

export interface World {
  /** The desk for which 200 offers wait. */
  readonly desk: Seat;
  /** A practice with a request of its own. */
  readonly home: Seat;
  /** The federation's broker: 500 requests are open in the group. */
  readonly broker: Seat;
  /** A request of `home`. */
  readonly reference: string;
}

const HOMES = 60;
export const REQUESTS = 500;
export const OFFERS = 200;

const organisations = async ({ q }: Database): Promise<void> => {
  await q.execute(sql`insert into networks (code, kind, name) values (${GROUP}, 'sharing-group', 'Bench group')`);
  await q.execute(sql`
    insert into organisations (code, kind, name, postcode, lat, lon, list_size, status, is_accepting, provides, accept_roles, version, updated_at)
    select case when i = 0 then 'FED01' else 'B' || lpad(i::text, 4, '0') end,
      case when i = 0 then 'federation' else 'practice' end,
      case when i = 0 then 'Bench federation' else 'Bench practice ' || i end, 'NE1 1AA',
      54.9 + (i % 8) * 0.02, -1.7 + (i / 8) * 0.03, 8000, 'ACTIVE', true, '{}', '{nurse,reception,manager}', 1, app_now()
    from generate_series(0, ${HOMES}) i`);
  await q.execute(sql`
    insert into sites (id, organisation_code, name, is_main, opening_hours)
    select gen_random_uuid(), code, 'Main site', true, (select jsonb_agg(jsonb_build_object('weekday', d, 'opens', '08:00', 'closes', '18:30'))
      from generate_series(1, 5) d) from organisations`);
  await q.execute(sql`
    insert into sharing_memberships (organisation_code, group_code, agreement_version, signed_by, signed_at, valid_from)
    select code, ${GROUP}, '1', 'Bench', app_now(), '2020-01-01' from organisations`);
};

const seatAt = async (database: Database, code: string, role: Role): Promise<Seat & { readonly actor: Actor }> =>
  database.transact(async (tx) => {
    const userId = newId();
    await tx.q.execute(sql`insert into users (id, email, name, created_at)
      values (${userId}, ${`${code.toLowerCase()}@bench.example`}, 'Bench', app_now())`);
    await tx.q.execute(
      sql`insert into user_roles (user_id, organisation_code, role) values (${userId}, ${code}, ${role})`,
    );
    const { token } = await issueToken(tx, { userId, organisationCode: code, name: "bench" });
    const { secret } = await openSession(tx, { userId, actingFor: code });
    return {
      cookie: `covershare=${secret}`,
      token,
      actor: {
        userId,
        name: "Bench",
        organisationCode: code,
        roles: [role],
        groupCode: GROUP,
        credential: { kind: "session", id: newId() },
      },
    };
  });

/**
 * Requests of three needs each, of practices 2… in turn, all due tomorrow: every one of them is on the board's first
 * page, which is the worst that it can be asked for.
 */
const requests = async ({ q }: Database, postedBy: string): Promise<void> => {
  await q.execute(sql`
    insert into cover_requests (id, reference, home_code, group_code, priority, reason, takes_firm, posted_by, posted_by_code, version, created_at)
    select gen_random_uuid(), 'CR-' || translate(lpad(upper(to_hex(i)), 4, 'X'), '01', 'ZY'), 'B' || lpad((2 + i % ${HOMES - 1})::text, 4, '0'),
      ${GROUP}, case when i % 5 = 0 then 'urgent' else 'routine' end, 'staff-absence', true, ${postedBy}, 'FED01', 1,
      app_now() - i * interval '1 minute'
    from generate_series(1, ${REQUESTS}) i`);
  await q.execute(sql`
    insert into need_lines (id, request_id, position, service_code, channel, minutes, earliest, due_by, requires, max_km, priority, not_asked)
    select gen_random_uuid(), id, 1, 'wound-simple', 'in-person', 20, app_now(), app_now() + interval '30 hours', '{}', 15, priority, '{}'
    from cover_requests`);
  await q.execute(sql`
    insert into needs (id, request_id, line_id, group_code, ref, state, priority, ring, extra_asks)
    select gen_random_uuid(), l.request_id, l.id, ${GROUP}, 'N0' || k, 'open', l.priority, 1, 0
    from need_lines l cross join generate_series(1, 3) k`);
};

/** One clinic of held slots; each offer to the desk asks for the three needs of one request and holds three of them. */
const offers = async ({ q }: Database, desk: string): Promise<void> => {
  await q.execute(sql`
    with clinic as (
      insert into clinics (id, organisation_code, site_id, services, channel, provides, pledge, starts_at, ends_at, breaks, slot_minutes, source, version, created_at)
      select gen_random_uuid(), ${desk}, id, '{wound-simple}', 'in-person', '{}', 'ask', app_now() + interval '1 hour', app_now() + interval '11 hours',
        '[]', 20, 'form', 1, app_now() from sites where organisation_code = ${desk} returning id
    )
    insert into slots (id, clinic_id, organisation_code, starts_at, ends_at, state)
    select gen_random_uuid(), clinic.id, ${desk}, app_now() + interval '1 hour' + i * interval '1 minute',
      app_now() + interval '80 minutes' + i * interval '1 minute', 'busy-tentative'
    from clinic, generate_series(1, ${OFFERS * 3}) i`);
  await q.execute(sql`
    insert into offers (id, request_id, group_code, home_code, supporting_code, kind, awaiting, state, priority, ring, is_extra, km, reasons,
      expires_at, created_at, version)
    select gen_random_uuid(), id, group_code, home_code, ${desk}, 'slots', 'supporting', 'waiting', priority, 1, false, 2.4,
      '["2.4 km","same PCN","3 free 20-minute slots","by Tuesday"]', app_now() + interval '2 hours', app_now() - interval '90 minutes', 1
    from cover_requests order by created_at desc limit ${OFFERS}`);
  await q.execute(sql`insert into offer_needs (offer_id, need_id, is_live)
    select o.id, n.id, true from offers o join needs n on n.request_id = o.request_id`);
  await q.execute(sql`update needs set state = 'offered' where id in (select need_id from offer_needs)`);
  await q.execute(sql`
    insert into offer_slots (offer_id, slot_id, need_id, is_live)
    select x.offer_id, s.id, x.need_id, true
    from (select offer_id, need_id, row_number() over (order by offer_id, need_id) as n from offer_needs) x
    join (select id, row_number() over (order by starts_at) as n from slots) s using (n)`);
};

/** 200 offers for one desk, 500 open requests for the broker, by SQL: what is measured is reading and showing them. */
export const buildWorld = async (url: string): Promise<World> => {
  const pool = createPool({ url, max: 4, statementTimeoutMs: 60_000, applicationName: "bench", onError: () => {} });
  try {
    const database = createDatabase(pool, noHooks);
    await database.q.execute(sql`insert into held_clock (is_held, at) values (true, ${NOW}::timestamptz)`);
    await ensureCatalogue(database.q);
    await organisations(database);
    const broker = await seatAt(database, "FED01", "broker");
    const desk = await seatAt(database, "B0001", "reception");
    const home = await seatAt(database, "B0002", "reception");
    await requests(database, broker.actor.userId);
    await offers(database, "B0001");
    await database.q.execute(sql`analyze`);
    const found = await database.q.execute<{ reference: string }>(
      sql`select reference from cover_requests where home_code = 'B0002' order by created_at limit 1`,
    );
    return { desk, home, broker, reference: found.rows[0]?.reference ?? "" };
  } finally {
    await pool.end();
  }
};
