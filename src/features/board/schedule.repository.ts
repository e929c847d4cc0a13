import { sql } from "drizzle-orm";
import { z } from "zod";
import { identified, rows, type Queryable, type Tx } from "../../platform/db/database.ts";

export type ScheduleKind = "digest" | "fallback";

const due = z.object({ organisationCode: z.string(), groupCode: z.string() });
export type Due = z.output<typeof due>;

/** Gives every federation of a sharing group that has none a first time. */
export const schedule = async (tx: Tx, kind: ScheduleKind, nextAt: Date): Promise<void> => {
  await tx.q.execute(sql`
    insert into board_schedules (organisation_code, kind, next_at)
    select o.code, ${kind}, ${nextAt.toISOString()}::timestamptz
    from organisations o join sharing_memberships m on m.organisation_code = o.code
    where o.kind = 'federation' and o.status = 'ACTIVE'
      and not exists (select 1 from board_schedules s where s.organisation_code = o.code and s.kind = ${kind})
    on conflict do nothing`);
};

const anyDue = z.object({ isDue: z.boolean() });

/** Whether the time of any federation has come: what is asked each second, and nearly always in vain. */
export const isAnyDue = async (q: Queryable, kind: ScheduleKind): Promise<boolean> =>
  (
    await rows(
      q,
      anyDue,
      sql`select exists (select from board_schedules where kind = ${kind} and next_at <= app_now()) as "isDue"`,
    )
  ).some(({ isDue }) => isDue);

/** Federations whose time has come, and moves each on to `nextAt`; whichever another process has in hand are left to it. */
export const takeDue = async (tx: Tx, kind: ScheduleKind, nextAt: Date, limit: number): Promise<Due[]> =>
  rows(
    tx.q,
    due,
    sql`
      with due as (
        select organisation_code from board_schedules where kind = ${kind} and next_at <= app_now()
        order by organisation_code limit ${limit} for update skip locked
      ), moved as (
        update board_schedules s set next_at = ${nextAt.toISOString()}::timestamptz from due
        where s.organisation_code = due.organisation_code and s.kind = ${kind} returning s.organisation_code
      )
      select moved.organisation_code as "organisationCode", m.group_code as "groupCode"
      from moved join sharing_memberships m on m.organisation_code = moved.organisation_code order by 1`,
  );

/** The brokers of a federation, who are told at their own addresses besides its mailbox. */
export const brokerIds = async (tx: Tx, organisationCode: string): Promise<string[]> =>
  (
    await rows(
      tx.q,
      identified,
      sql`select u.id from user_roles r join users u on u.id = r.user_id and u.deactivated_at is null
          where r.organisation_code = ${organisationCode} and r.role = 'broker' order by u.id`,
    )
  ).map(({ id }) => id);
