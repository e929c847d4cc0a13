import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { isoText } from "../../platform/db/iso-text.ts";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { NOT_ASKED_FROM } from "./pressure.rules.ts";
import { pressureView, type PressureView } from "./pressure.schema.ts";

const select = (where: SQL): SQL => sql`
  select o.code as "organisationCode", o.name, p.level, ${isoText(sql`p.declared_at`)} as "declaredAt",
    ${isoText(sql`p.expires_at`)} as "expiresAt",
    case when b.organisation_code is not null then json_build_object('reason', b.reason, 'since', ${isoText(sql`b.paused_at`)},
      'until', ${isoText(sql`b.expires_at`)}) end as paused,
    coalesce(p.level >= ${NOT_ASKED_FROM}, false) or b.organisation_code is not null as "isNotAsked"
  from organisations o
  left join pressure_states p on p.organisation_code = o.code and p.expires_at > app_now()
  left join practice_pauses b on b.organisation_code = o.code and (b.expires_at is null or b.expires_at > app_now())
  where ${where} order by p.level desc nulls last, o.name, o.code`;

/** How one organisation stands. */
export const readStateOf = async (q: Queryable, code: string): Promise<PressureView | undefined> =>
  (await rows(q, pressureView, select(sql`o.code = ${code}`)))[0];

const isMember = (groupCode: string): SQL =>
  sql`o.kind <> 'federation' and o.code in (select organisation_code from sharing_memberships where group_code = ${groupCode})`;

/** The practices of a group that have declared something or are paused, the most pressed first. */
export const readStatesIn = async (q: Queryable, groupCode: string): Promise<PressureView[]> =>
  rows(
    q,
    pressureView,
    select(sql`${isMember(groupCode)} and (p.organisation_code is not null or b.organisation_code is not null)`),
  );

/** One practice of a group, whatever its state. */
export const readMemberState = async (
  q: Queryable,
  groupCode: string,
  code: string,
): Promise<PressureView | undefined> =>
  (await rows(q, pressureView, select(sql`${isMember(groupCode)} and o.code = ${code}`)))[0];

/** Every practice of a group, for a list to choose from. */
export const readAllStates = async (q: Queryable, groupCode: string): Promise<PressureView[]> =>
  rows(q, pressureView, select(sql`${isMember(groupCode)} and o.status = 'ACTIVE'`));

export const saveState = async (
  tx: Tx,
  state: { organisationCode: string; level: number; userId: string; expiresAt: Date },
): Promise<void> => {
  await tx.q.execute(sql`
    insert into pressure_states (organisation_code, level, declared_by, declared_at, expires_at)
    values (${state.organisationCode}, ${state.level}, ${state.userId}, app_now(), ${state.expiresAt.toISOString()}::timestamptz)
    on conflict (organisation_code) do update set level = excluded.level, declared_by = excluded.declared_by,
      declared_at = excluded.declared_at, expires_at = excluded.expires_at`);
};

export const dropState = async (tx: Tx, code: string): Promise<void> => {
  await tx.q.execute(sql`delete from pressure_states where organisation_code = ${code}`);
};

export const savePause = async (
  tx: Tx,
  pause: { organisationCode: string; reason: string; userId: string; expiresAt: Date | null },
): Promise<void> => {
  await tx.q.execute(sql`
    insert into practice_pauses (organisation_code, reason, paused_by, paused_at, expires_at)
    values (${pause.organisationCode}, ${pause.reason}, ${pause.userId}, app_now(),
            ${pause.expiresAt?.toISOString() ?? null}::timestamptz)
    on conflict (organisation_code) do update set reason = excluded.reason, paused_by = excluded.paused_by,
      paused_at = excluded.paused_at, expires_at = excluded.expires_at`);
};

export const dropPause = async (tx: Tx, code: string): Promise<boolean> =>
  (await tx.q.execute(sql`delete from practice_pauses where organisation_code = ${code}`)).rowCount === 1;

const over = z.object({ code: z.string(), groupCode: z.string().nullable(), level: z.number() });

const anyOver = z.object({ isOver: z.boolean() });

/** Whether the time of any state or pause has passed: what is asked each second, and nearly always in vain. */
export const isAnyOver = async (q: Queryable): Promise<boolean> =>
  (
    await rows(
      q,
      anyOver,
      sql`select exists (select from pressure_states where expires_at <= app_now())
                 or exists (select from practice_pauses where expires_at <= app_now()) as "isOver"`,
    )
  ).some(({ isOver }) => isOver);

/** Ends states whose time has passed; another process leaves them to whoever came first. */
export const takeExpiredStates = async (tx: Tx, limit: number): Promise<z.output<typeof over>[]> =>
  rows(
    tx.q,
    over,
    sql`
      with due as (select organisation_code from pressure_states where expires_at <= app_now()
                   order by organisation_code limit ${limit} for update skip locked),
      gone as (delete from pressure_states p using due where p.organisation_code = due.organisation_code
               returning p.organisation_code, p.level)
      select gone.organisation_code as code, m.group_code as "groupCode", gone.level
      from gone left join sharing_memberships m on m.organisation_code = gone.organisation_code order by 1`,
  );

/** The same of pauses. */
export const takeExpiredPauses = async (tx: Tx, limit: number): Promise<z.output<typeof over>[]> =>
  rows(
    tx.q,
    over,
    sql`
      with due as (select organisation_code from practice_pauses where expires_at <= app_now()
                   order by organisation_code limit ${limit} for update skip locked),
      gone as (delete from practice_pauses p using due where p.organisation_code = due.organisation_code
               returning p.organisation_code)
      select gone.organisation_code as code, m.group_code as "groupCode", 4 as level
      from gone left join sharing_memberships m on m.organisation_code = gone.organisation_code order by 1`,
  );

const held = z.object({ code: z.string(), why: z.enum(["paused", "pressed"]) });

/** Which of these practices are not asked because of what they declared, or because a broker paused them. */
export const heldBackAmong = async (
  q: Queryable,
  codes: readonly string[],
): Promise<ReadonlyMap<string, "paused" | "pressed">> =>
  codes.length === 0
    ? new Map()
    : new Map(
        (
          await rows(
            q,
            held,
            sql`
              select organisation_code as code, 'pressed' as why from pressure_states
              where organisation_code = any(${sql.param([...codes])}::text[]) and level >= ${NOT_ASKED_FROM} and expires_at > app_now()
              union all
              select organisation_code, 'paused' from practice_pauses
              where organisation_code = any(${sql.param([...codes])}::text[]) and (expires_at is null or expires_at > app_now())
              order by why desc`,
          )
        ).map(({ code, why }) => [code, why]),
      );
