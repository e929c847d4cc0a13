import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { identified, rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { isoText } from "../../platform/db/iso-text.ts";
import { newId } from "../../platform/ids/ids.ts";
import { priorities } from "../requests/index.ts";
import { alarmKinds, type Level } from "./alarms.rules.ts";
import { alarmView, type AlarmView, type Ending } from "./alarms.schema.ts";
import type { Cause } from "./causes.repository.ts";

export interface NewAlarm extends Cause {
  readonly ownerId: string | null;
  readonly deputyId: string | null;
  readonly level: Level;
  readonly climbsAt: Date | null;
}

/** Raises an alarm unless one of the same cause is live; its id, or undefined where another process was quicker. */
export const insertAlarm = async (tx: Tx, alarm: NewAlarm): Promise<string | undefined> => {
  const [made] = await rows(
    tx.q,
    identified,
    sql`
      insert into alarms (id, group_code, kind, subject, request_id, desk_code, priority, breaks_at, owner_id, deputy_id,
                          level, raised_at, climbs_at)
      values (${newId()}, ${alarm.groupCode}, ${alarm.kind}, ${alarm.subject}, ${alarm.requestId}, ${alarm.deskCode},
              ${alarm.priority}, ${alarm.breaksAt?.toISOString() ?? null}::timestamptz, ${alarm.ownerId}, ${alarm.deputyId},
              ${alarm.level}, app_now(), ${alarm.climbsAt?.toISOString() ?? null}::timestamptz)
      on conflict (kind, subject) where ended_at is null do nothing returning id`,
  );
  return made?.id;
};

const locked = z.object({
  id: z.string(),
  groupCode: z.string(),
  kind: z.enum(alarmKinds),
  reference: z.string().nullable(),
  deskCode: z.string(),
  priority: z.enum(priorities),
  breaksAt: z.coerce.date().nullable(),
  ownerId: z.string().nullable(),
  deputyId: z.string().nullable(),
  level: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  acknowledgedAt: z.coerce.date().nullable(),
  endedAt: z.coerce.date().nullable(),
});
export type LockedAlarm = z.output<typeof locked>;

const selectLocked = (where: SQL): SQL => sql`
  select a.id, a.group_code as "groupCode", a.kind, (select reference from cover_requests r where r.id = a.request_id) as reference,
    a.desk_code as "deskCode", a.priority, a.breaks_at as "breaksAt", a.owner_id as "ownerId", a.deputy_id as "deputyId",
    a.level, a.acknowledged_at as "acknowledgedAt", a.ended_at as "endedAt"
  from alarms a where ${where}`;

/** Those that climb now; whichever another process has in hand are left to it. */
export const lockClimbing = async (tx: Tx, limit: number): Promise<LockedAlarm[]> =>
  rows(
    tx.q,
    locked,
    sql`${selectLocked(sql`a.climbs_at <= app_now()`)} order by a.id limit ${limit} for update of a skip locked`,
  );

/** An alarm of the group, to be acknowledged, with all unacknowledged ones of the same silent desk: one call answers them. */
export const lockWithSame = async (tx: Tx, groupCode: string, id: string): Promise<LockedAlarm[]> =>
  rows(
    tx.q,
    locked,
    sql`${selectLocked(sql`a.group_code = ${groupCode} and (a.id = ${id} or (
        a.kind = 'desk-silent' and a.ended_at is null and a.acknowledged_at is null and a.desk_code = (
          select b.desk_code from alarms b where b.id = ${id} and b.group_code = ${groupCode} and b.kind = 'desk-silent'
            and b.ended_at is null)))`)}
      order by a.id for update of a`,
  );

export const setLevel = async (tx: Tx, id: string, level: Level, climbsAt: Date | null): Promise<void> => {
  await tx.q.execute(
    sql`update alarms set level = ${level}, climbs_at = ${climbsAt?.toISOString() ?? null}::timestamptz where id = ${id}`,
  );
};

export const setAcknowledged = async (tx: Tx, ids: readonly string[], userId: string): Promise<void> => {
  await tx.q.execute(sql`
    update alarms set acknowledged_by = ${userId}, acknowledged_at = app_now(), climbs_at = null
    where id = any(${sql.param([...ids])}::uuid[])`);
};

/** Ends a live alarm; undefined where another process has. */
export const setEnded = async (tx: Tx, id: string, endedAs: Ending): Promise<LockedAlarm | undefined> => {
  const ended = await tx.q.execute(
    sql`update alarms set ended_at = app_now(), ended_as = ${endedAs}, climbs_at = null where id = ${id} and ended_at is null`,
  );
  return ended.rowCount === 1 ? (await rows(tx.q, locked, selectLocked(sql`a.id = ${id}`)))[0] : undefined;
};

/** What an alarm is about is counted when it is read: how much still looks, came back, or waits. */
const select = (where: SQL, order: SQL, limit: number): SQL => sql`
  select a.id, a.kind, r.reference, coalesce(about.needs, 0)::int as needs, coalesce(about.services, '{}') as services, a.priority,
    home.name as "homeName", a.desk_code as "deskCode", desk.name as "deskName", desk.bypass_phone as phone,
    ${isoText(sql`a.breaks_at`)} as "breaksAt", ${isoText(sql`a.raised_at`)} as "raisedAt", a.level,
    owner.name as "ownerName", deputy.name as "deputyName", ${isoText(sql`a.climbs_at`)} as "climbsAt",
    ${isoText(sql`a.acknowledged_at`)} as "acknowledgedAt", taken.name as "acknowledgedBy",
    ${isoText(sql`a.ended_at`)} as "endedAt", a.ended_as as "endedAs"
  from alarms a
  join organisations desk on desk.code = a.desk_code
  left join cover_requests r on r.id = a.request_id left join organisations home on home.code = r.home_code
  left join users owner on owner.id = a.owner_id left join users deputy on deputy.id = a.deputy_id
  left join users taken on taken.id = a.acknowledged_by
  left join lateral (
    select count(*) as needs, array_agg(distinct l.service_code) as services
    from needs n join need_lines l on l.id = n.line_id
    where case
      when a.kind in ('half-way', 'last-hour') then n.line_id = a.subject::uuid and n.state in ('open', 'offered')
      when a.kind = 'returned' then n.request_id = a.request_id and n.state = 'returned' and n.acknowledged_at is null
      when a.kind = 'desk-silent' then n.id in (select x.need_id from offer_needs x where x.offer_id = a.subject::uuid and x.is_live)
      when a.kind = 'ring-patient' then n.id = (
        select g.need_id from patient_tasks t join agreements g on g.id = t.agreement_id where t.id = a.subject::uuid)
      else false end
      and n.request_id = a.request_id
  ) about on true
  where ${where} order by ${order} limit ${limit}`;

const AT_MOST = 500;
const ENDED_AT_MOST = 100;

/** Alarms of a group whose cause is there: unacknowledged first, then what breaks first. */
export const listLive = async (q: Queryable, groupCode: string): Promise<AlarmView[]> =>
  rows(
    q,
    alarmView,
    select(
      sql`a.group_code = ${groupCode} and a.ended_at is null`,
      sql`a.acknowledged_at is not null, a.breaks_at nulls first, a.raised_at, a.id`,
      AT_MOST,
    ),
  );

/** The latest that have ended. */
export const listEnded = async (q: Queryable, groupCode: string): Promise<AlarmView[]> =>
  rows(
    q,
    alarmView,
    select(sql`a.group_code = ${groupCode} and a.ended_at is not null`, sql`a.ended_at desc, a.id`, ENDED_AT_MOST),
  );

export const findAlarm = async (q: Queryable, groupCode: string, id: string): Promise<AlarmView | undefined> =>
  (await rows(q, alarmView, select(sql`a.group_code = ${groupCode} and a.id = ${id}`, sql`a.id`, 1)))[0];
