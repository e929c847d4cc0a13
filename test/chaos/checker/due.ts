import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../../src/platform/db/database.ts";

/** Something that a sweep would find: how to count it, and what to say of it. */
type Due = readonly [count: SQL, said: string];

const WAITING = sql`is_live and step in ('agreed', 'blocked', 'passed', 'booked', 'told')`;
const UNPASSED = sql`is_live and step in ('agreed', 'blocked')`;
const LOOKING = sql`select 1 from needs n where n.line_id = w.subject and n.state in ('open', 'offered')`;
const NO_ALARM = sql`not exists (select 1 from alarms a where a.subject = w.subject::text and a.ended_at is null)`;

/** What somebody waits for at a desk: done within a second or two, and measured after each fault. */
const atDesks: readonly Due[] = [
  [sql`from match_due where match_due_at <= app_now()`, "changes wait to be planned"],
  [sql`from offers where state = 'waiting' and expires_at <= app_now()`, "offers wait though their time has passed"],
  [
    sql`from needs where widen_at <= app_now() and state in ('open', 'offered')`,
    "needs wait for their next ring though its time has come",
  ],
  [
    sql`from needs n join need_lines l on l.id = n.line_id
        where n.state in ('open', 'offered') and l.due_by <= app_now()`,
    "needs still look though they were due",
  ],
  [
    sql`from agreements where ${UNPASSED} and release_at <= app_now()`,
    "agreements are not released though their time has passed",
  ],
];

/** Everything else that sweeps do: looked at when all has come to rest. */
const elsewhere: readonly Due[] = [
  [sql`from agreements where ${UNPASSED} and release_warn_at <= app_now()`, "warnings of release are not given"],
  [sql`from agreements where ${WAITING} and late_for is distinct from step`, "agreements have no time to be late by"],
  [
    sql`from agreements where ${WAITING} and chased_at is null and late_at <= app_now() and late_for = step`,
    "late steps are not chased",
  ],
  [
    sql`from event_heads h join organisations o on o.code = h.stream
        left join reach_cursors c on c.organisation_code = h.stream where h.last_offset > coalesce(c."after", 0)`,
    "logs are not read for messages",
  ],
  [
    sql`from deliveries where envelope_id is null and dropped_at is null and due_at <= app_now()`,
    "messages are not composed though they are due",
  ],
  [sql`from envelopes where state = 'queued' and next_at <= app_now()`, "messages are not sent though they are due"],
  [
    sql`from webhook_endpoints e join event_heads h on h.stream = e.organisation_code
        where e.state = 'active' and h.last_offset > e.after_offset and (e.due_at is null or e.due_at <= app_now())`,
    "webhooks are behind though they are due",
  ],
  [
    sql`from alarm_watches w join need_lines l on l.id = w.subject
        where w.kind = 'line' and w.half_at <= app_now() and l.due_by > app_now() and exists (${LOOKING}) and ${NO_ALARM}`,
    "needs are half-way to their time without an alarm",
  ],
  [
    sql`from alarm_watches w join offers o on o.id = w.subject
        where w.kind = 'offer' and w.half_at <= app_now() and o.state = 'waiting' and o.seen_at is null
          and o.expires_at > app_now() and ${NO_ALARM}`,
    "desks are silent without an alarm",
  ],
  [
    sql`from alarm_watches w join patient_tasks t on t.id = w.subject
        where w.kind = 'task' and w.half_at <= app_now() and t.acknowledged_at is null and t.withdrawn_at is null
          and ${NO_ALARM}`,
    "patients are not rung and nobody is alarmed",
  ],
  [
    sql`from (select distinct request_id from needs where state = 'returned' and acknowledged_at is null) r
        where not exists (select 1 from alarms a where a.subject = r.request_id::text and a.kind = 'returned'
                            and a.ended_at is null)`,
    "needs came back without an alarm",
  ],
  [
    sql`from need_lines l where exists (select 1 from needs n where n.line_id = l.id and n.state in ('open', 'offered'))
          and not exists (select 1 from alarm_watches w where w.kind = 'line' and w.subject = l.id)`,
    "lines look for cover and nobody watches their time",
  ],
  [
    sql`from alarms where climbs_at <= app_now() and acknowledged_at is null and ended_at is null`,
    "alarms do not climb though nobody took them",
  ],
  [sql`from board_schedules where next_at <= app_now()`, "federations are not told what breaks"],
  [sql`from pressure_states where expires_at <= app_now()`, "declared pressure has not expired"],
  [sql`from practice_pauses where expires_at <= app_now()`, "pauses of practices have not ended"],
  [sql`from purges where due_at <= app_now()`, "tables are not purged"],
];

const count = z.object({ found: z.coerce.number() });

const workOf = async (q: Queryable, all: readonly Due[]): Promise<string[]> => {
  const counted = await rows(
    q,
    count,
    sql.join(
      all.map(([from]) => sql`select (select count(*) ${from}) as found`),
      sql` union all `,
    ),
  );
  return all.flatMap(([, said], at) => {
    const { found = 0 } = counted[at] ?? {};
    return found === 0 ? [] : [`${found} ${said}`];
  });
};

/** Work at desks whose time has come and that nobody has done: what the sweep would find. Empty: nothing. */
export const workLeftDue = async (q: Queryable): Promise<string[]> => workOf(q, atDesks);

/** The same for all that any sweep does. */
export const anyWorkLeftDue = async (q: Queryable): Promise<string[]> => workOf(q, [...atDesks, ...elsewhere]);
