import { sql } from "drizzle-orm";
import { ensureCatalogue } from "../../../src/features/services/index.ts";
import { createDatabase, createPool, noHooks, type Queryable } from "../../../src/platform/db/database.ts";
import { newId, newSecret, sha256 } from "../../../src/platform/ids/ids.ts";

/** A Monday morning: desks are open whenever the benchmark runs, and nothing falls due by itself. */
const NOW = "2026-12-14T10:00:00Z";
/** Practices of a sharing group: an ICB has about 150, the largest 400. */
const GROUP_SIZE = 350;
/** Neighbours to either side that a practice has within reach. */
const REACH = 20;
/** Sockets of one person of the crowd: half of what is allowed, so that lines that were cut a moment ago do no harm. */
const SEATS_EACH = 10;
/** A federation with so many people that its log alone has as many listeners as there are desks. */
const CROWD = "CROWD";

/** What has already happened at each practice: a log that is empty is planned for as one that always will be. */
const EVENTS_SO_FAR = 20;

/** Somebody with a token for one organisation. */
export interface Seat {
  readonly code: string;
  readonly token: string;
  /** The last offset that it has. */
  readonly after: number;
}

export interface World {
  /** One for each practice. */
  readonly desks: readonly Seat[];
  /** As many seats at one organisation, some for each of its people. */
  readonly crowd: readonly Seat[];
  readonly openRequests: number;
}

const organisations = async (q: Queryable, desks: number): Promise<void> => {
  await q.execute(sql`insert into networks (code, kind, name)
    select 'G' || g, 'sharing-group', 'Group ' || g from generate_series(0, ${Math.ceil(desks / GROUP_SIZE)}) g`);
  await q.execute(sql`
    insert into organisations (code, kind, name, postcode, lat, lon, list_size, status, is_accepting, provides, accept_roles, version, updated_at)
    select 'L' || lpad(i::text, 5, '0'), 'practice', 'Practice ' || i, 'NE1 1AA', 52, -1.7, 8000, 'ACTIVE', true, '{}',
      '{nurse,reception,manager}', 1, app_now()
    from generate_series(0, ${desks - 1}) i`);
  await q.execute(sql`
    insert into organisations (code, kind, name, postcode, lat, lon, status, is_accepting, provides, accept_roles, version, updated_at)
    values (${CROWD}, 'federation', 'A crowd', 'NE1 1AA', 52, -1.7, 'ACTIVE', true, '{}', '{manager}', 1, app_now())`);
  await q.execute(sql`
    insert into sites (id, organisation_code, name, is_main, opening_hours)
    select gen_random_uuid(), code, 'Main site', true, (select jsonb_agg(jsonb_build_object('weekday', d, 'opens', '08:00', 'closes', '18:30'))
      from generate_series(1, 5) d) from organisations`);
  await q.execute(sql`
    insert into sharing_memberships (organisation_code, group_code, agreement_version, signed_by, signed_at, valid_from)
    select code, 'G' || (substr(code, 2)::int / ${GROUP_SIZE}), '1', 'Bench', app_now(), '2020-01-01'
    from organisations where kind = 'practice'`);
  await q.execute(sql`
    insert into neighbours (home_code, host_code, km, is_same_pcn)
    select 'L' || lpad(a::text, 5, '0'), 'L' || lpad(b::text, 5, '0'), 1.5 + abs(a - b) * 0.5, abs(a - b) < 4
    from generate_series(0, ${desks - 1}) a cross join lateral generate_series(a - ${REACH}, a + ${REACH}) b
    where b between 0 and ${desks - 1} and a <> b and a / ${GROUP_SIZE} = b / ${GROUP_SIZE}`);
};

/** Two mornings of twelve slots at each practice: one to be asked for, one that is held by what waits already. */
const clinics = async (q: Queryable): Promise<void> => {
  await q.execute(sql`
    insert into clinics (id, organisation_code, site_id, services, channel, provides, pledge, starts_at, ends_at, breaks, slot_minutes, source, version, created_at)
    select gen_random_uuid(), s.organisation_code, s.id, '{wound-simple}', 'in-person', '{}', 'ask', app_now() + day * interval '1 day',
      app_now() + day * interval '1 day' + interval '4 hours', '[]', 20, 'form', 1, app_now()
    from sites s join organisations o on o.code = s.organisation_code cross join generate_series(1, 2) day
    where o.kind = 'practice'`);
  await q.execute(sql`
    insert into slots (id, clinic_id, organisation_code, starts_at, ends_at, state)
    select gen_random_uuid(), c.id, c.organisation_code, c.starts_at + i * interval '20 minutes',
      c.starts_at + (i + 1) * interval '20 minutes', case when c.starts_at < app_now() + interval '36 hours' then 'free' else 'busy-tentative' end
    from clinics c cross join generate_series(0, 11) i`);
};

/** Requests that stay open, because the neighbour that was asked does not answer: the matcher plans around them. */
const openRequests = async (q: Queryable, count: number, desks: number): Promise<void> => {
  await q.execute(sql`
    insert into cover_requests (id, reference, home_code, group_code, priority, reason, takes_firm, posted_by, posted_by_code, version, created_at)
    select gen_random_uuid(), 'CR-' || translate(lpad(upper(to_hex(i)), 6, 'X'), '01', 'ZY'), 'L' || lpad((i % ${desks})::text, 5, '0'),
      'G' || ((i % ${desks}) / ${GROUP_SIZE}), 'routine', 'staff-absence', true, u.id, u.organisation_code, 1, app_now() - i * interval '1 second'
    from generate_series(1, ${count}) i
    join lateral (select user_id as id, organisation_code from user_roles where organisation_code = 'L' || lpad((i % ${desks})::text, 5, '0') limit 1) u on true`);
  await q.execute(sql`
    insert into need_lines (id, request_id, position, service_code, channel, minutes, earliest, due_by, requires, max_km, priority, not_asked)
    select gen_random_uuid(), id, 1, 'wound-simple', 'in-person', 20, app_now(), app_now() + interval '4 days', '{}', 15, priority, '{}'
    from cover_requests`);
  await q.execute(sql`
    insert into needs (id, request_id, line_id, group_code, ref, state, priority, ring, extra_asks)
    select gen_random_uuid(), l.request_id, l.id, r.group_code, 'N01', 'offered', l.priority, 3, 0
    from need_lines l join cover_requests r on r.id = l.request_id`);
  await q.execute(sql`
    insert into offers (id, request_id, group_code, home_code, supporting_code, kind, awaiting, state, priority, ring, is_extra, km, reasons,
      expires_at, created_at, version)
    select gen_random_uuid(), r.id, r.group_code, r.home_code, n.host_code, 'slots', 'supporting', 'waiting', 'routine', 3, false, n.km,
      '["2 km","same PCN"]', app_now() + interval '1 day', app_now() - interval '1 minute', 1
    from cover_requests r
    join lateral (select host_code, km from neighbours where home_code = r.home_code order by km, host_code limit 1) n on true`);
  await q.execute(sql`
    insert into offer_needs (offer_id, need_id, is_live)
    select o.id, n.id, true from offers o join needs n on n.request_id = o.request_id`);
  await q.execute(sql`
    insert into offer_slots (offer_id, slot_id, need_id, is_live)
    select x.offer_id, s.id, x.need_id, true
    from (select o.id as offer_id, o.supporting_code, w.need_id, row_number() over (partition by o.supporting_code order by o.id) as n
          from offers o join offer_needs w on w.offer_id = o.id) x
    join (select id, organisation_code, row_number() over (partition by organisation_code order by starts_at) as n
          from slots where state = 'busy-tentative') s on s.organisation_code = x.supporting_code and s.n = x.n`);
};

/** What desks have long read. */
const history = async (q: Queryable): Promise<void> => {
  await q.execute(sql`insert into event_heads (stream, last_offset)
    select code, ${EVENTS_SO_FAR}::int from organisations where kind = 'practice'`);
  await q.execute(sql`
    insert into events (stream, "offset", id, type, at, data)
    select stream, k, gen_random_uuid(), 'bench.said', app_now() - interval '1 day',
      jsonb_build_object('filling', ${"x".repeat(300)}::text)
    from event_heads cross join generate_series(1, ${EVENTS_SO_FAR}::int) k`);
};

interface Person {
  readonly user: string;
  readonly code: string;
  readonly role: string;
  readonly token: string;
}

const people = async (q: Queryable, all: readonly Person[]): Promise<void> => {
  const rows = JSON.stringify(all.map(({ token, ...rest }) => ({ ...rest, id: newId(), hash: sha256(token) })));
  await q.execute(sql`create temporary table bench_people as
    select * from jsonb_to_recordset(${rows}::jsonb) as p("user" uuid, code text, role text, id uuid, hash text)`);
  await q.execute(sql`insert into users (id, email, name, created_at)
    select "user", "user" || '@bench.example', 'Bench', app_now() from bench_people`);
  await q.execute(
    sql`insert into user_roles (user_id, organisation_code, role) select "user", code, role from bench_people`,
  );
  await q.execute(sql`insert into api_tokens (id, token_hash, user_id, organisation_code, name, created_at)
    select id, hash, "user", code, 'bench', app_now() from bench_people`);
};

const person = (code: string, role: string): Person => ({ user: newId(), code, role, token: `cs_${newSecret()}` });

/** Built by SQL in some seconds: what is measured is serving it. */
export const buildWorld = async (url: string, size: { desks: number; open: number }): Promise<World> => {
  const pool = createPool({ url, max: 1, statementTimeoutMs: 120_000, applicationName: "bench", onError: () => {} });
  try {
    const { q } = createDatabase(pool, noHooks);
    await q.execute(sql`insert into held_clock (is_held, at) values (true, ${NOW}::timestamptz)`);
    await ensureCatalogue(q);
    await organisations(q, size.desks);
    const desks = Array.from({ length: size.desks }, (_, n) => person(`L${String(n).padStart(5, "0")}`, "reception"));
    const crowd = Array.from({ length: Math.ceil(size.desks / SEATS_EACH) }, () => person(CROWD, "manager"));
    await people(q, [...desks, ...crowd]);
    await clinics(q);
    await openRequests(q, size.open, size.desks);
    await history(q);
    // Autovacuum would have done it long ago.
    await q.execute(sql`vacuum analyze`);
    const seatWith =
      (after: number) =>
      ({ code, token }: Person): Seat => ({ code, token, after });
    return {
      desks: desks.map(seatWith(EVENTS_SO_FAR)),
      crowd: Array.from({ length: size.desks }, (_, n) => crowd[Math.floor(n / SEATS_EACH)]).flatMap((one) =>
        one ? [seatWith(0)(one)] : [],
      ),
      openRequests: size.open,
    };
  } finally {
    await pool.end();
  }
};
