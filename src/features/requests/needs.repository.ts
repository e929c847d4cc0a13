import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { identified, rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { madeOnce } from "../../platform/db/made-once.ts";
import { unique } from "../../platform/lists/lists.ts";
import { needStates, type NeedState, type Priority } from "./requests.schema.ts";

/*
 * Every change of a need's state goes through here. Whoever changes needs first locks their rows in the order of their
 * ids, so two commands over the same needs wait for each other and never in a circle; the guard on the state stands in
 * the UPDATE itself, and what is returned is what really changed. The lock is `for no key update`: all an update needs,
 * and rows that merely point at a need (an offer being made) do not wait for it.
 */

const ids = (needIds: readonly string[]): SQL => sql`${sql.param([...needIds])}::uuid[]`;
const states = (of: readonly NeedState[]): SQL => sql`${sql.param([...of])}::text[]`;
const locked = (needIds: SQL): SQL =>
  sql`locked as (select id from needs where id = any(${needIds}) order by id for no key update)`;

const lockedNeed = z.object({ id: z.string(), ref: z.string(), requestId: z.string(), state: z.enum(needStates) });
export type LockedNeed = z.output<typeof lockedNeed>;

/** Locks needs for the rest of the transaction and says in which state they are now. Unknown ids are simply missing. */
export const lockNeeds = async (tx: Tx, needIds: readonly string[]): Promise<LockedNeed[]> =>
  needIds.length === 0
    ? []
    : rows(
        tx.q,
        lockedNeed,
        sql`select id, ref, request_id as "requestId", state from needs where id = any(${ids(needIds)})
            order by id for no key update`,
      );

/** Locks all needs of a request. */
export const lockNeedsOf = async (tx: Tx, requestId: string): Promise<(LockedNeed & { lineId: string })[]> =>
  rows(
    tx.q,
    lockedNeed.extend({ lineId: z.string() }),
    sql`select id, ref, request_id as "requestId", line_id as "lineId", state from needs
        where request_id = ${requestId} order by id for no key update`,
  );

export interface Marking {
  readonly from: readonly NeedState[];
  readonly to: NeedState;
  /** Coded, for withdrawn, sorted and returned: how it ended. */
  readonly endedAs?: string;
}

/**
 * Moves needs from one of the states `from` to `to` and returns the ids that moved; the others were in another state, for
 * example because somebody else agreed them first. Leaving `open` and `offered` also ends the wait for the next ring.
 */
export const markNeeds = async (tx: Tx, needIds: readonly string[], marking: Marking): Promise<string[]> => {
  if (needIds.length === 0) return [];
  const { from, to, endedAs } = marking;
  const isLooking = to === "open" || to === "offered";
  const moved = await rows(
    tx.q,
    identified,
    sql`
      with ${locked(ids(needIds))}
      update needs set
        state = ${to},
        widen_at = ${isLooking ? sql`widen_at` : sql`null`},
        ended_as = ${endedAs ?? null},
        ended_at = ${endedAs === undefined ? sql`null` : sql`app_now()`}
      from locked where needs.id = locked.id and needs.state = any(${states(from)})
      returning needs.id`,
  );
  return moved.map(({ id }) => id);
};

const reopened = z.object({
  id: z.string(),
  ref: z.string(),
  state: z.enum(["open", "returned"]),
  wasRaised: z.boolean(),
  reference: z.string(),
  requestId: z.string(),
  homeCode: z.string(),
  groupCode: z.string(),
});
export type ReopenedNeed = z.output<typeof reopened>;

/**
 * Needs that lost what they had (offered, agreed or told) look for cover again if their due-by is ahead, and are returned
 * if it is not. `raisePriority` moves those that look again one priority higher.
 */
export const reopenRows = async (tx: Tx, needIds: readonly string[], raisePriority: boolean): Promise<ReopenedNeed[]> =>
  needIds.length === 0
    ? []
    : rows(
        tx.q,
        reopened,
        sql`
          with locked as (
            select id, priority from needs where id = any(${ids(needIds)}) order by id for no key update
          )
          update needs set
            state = case when l.due_by > app_now() then 'open' else 'returned' end,
            ended_as = case when l.due_by > app_now() then null else 'due-by-passed' end,
            ended_at = case when l.due_by > app_now() then null else app_now() end,
            acknowledged_at = null, acknowledged_by = null, widen_at = null,
            priority = case
              when not ${raisePriority}::boolean or l.due_by <= app_now() then needs.priority
              when needs.priority = 'routine' then 'urgent' else 'asap' end
          from locked, need_lines l, cover_requests r
          where needs.id = locked.id and l.id = needs.line_id and r.id = needs.request_id
            and needs.state in ('offered', 'agreed', 'told')
          returning needs.id, needs.ref, needs.state, needs.priority <> locked.priority as "wasRaised",
            r.reference, r.id as "requestId", r.home_code as "homeCode", r.group_code as "groupCode"`,
      );

export interface Widening {
  readonly needId: string;
  /** 1 buddies, 2 same PCN, 3 the sharing group. */
  readonly ring: number;
  /** Practices beyond the breadth, one for each ring that passed unanswered (A3). */
  readonly extraAsks: number;
  /** When this ring's wait has passed; null where there is nothing to wait for. */
  readonly widenAt: Date | null;
}

const offeredAndWidened = madeOnce(
  () => sql`
    with widened as (
      select * from jsonb_to_recordset(${sql.placeholder("widenings")}::jsonb)
        as t("needId" uuid, ring int, "extraAsks" int, "widenAt" timestamptz)
    ), ${locked(sql`${sql.placeholder("needIds")}::uuid[]`)}
    update needs set
      state = case when needs.id = any(${sql.placeholder("offeredIds")}::uuid[]) then 'offered' else needs.state end,
      ring = coalesce(widened.ring, needs.ring),
      extra_asks = coalesce(widened."extraAsks", needs.extra_asks),
      widen_at = case when widened."needId" is null then needs.widen_at else widened."widenAt" end
    from locked left join widened on widened."needId" = locked.id
    where needs.id = locked.id and (needs.state = 'open' or needs.state = 'offered' and widened."needId" is not null)`,
);

/**
 * Moves open needs to offered, and sets how far asking has widened for needs that still look for cover. One statement for
 * both, since nearly every offer is also the beginning of a wait, and each change of a need costs an entry in all its indexes.
 */
export const markOffered = (tx: Tx, offeredIds: readonly string[], widenings: readonly Widening[] = []): void => {
  const needIds = unique([...offeredIds, ...widenings.map(({ needId }) => needId)]);
  if (needIds.length > 0) tx.write(offeredAndWidened({ widenings: JSON.stringify(widenings), needIds, offeredIds }));
};

export type ExclusionReason = "declined" | "lapsed" | "cancelled" | "patient-no";

/** This practice is not asked again for these needs (A5). A stronger reason, one that nothing material lifts, replaces a weaker one. */
export const excludePractice = async (
  tx: Tx,
  needIds: readonly string[],
  organisationCode: string,
  reason: ExclusionReason,
): Promise<void> => {
  if (needIds.length === 0) return;
  await tx.q.execute(sql`
    insert into need_exclusions (need_id, organisation_code, reason, at)
    select id, ${organisationCode}, ${reason}, app_now() from unnest(${ids(needIds)}) as id order by id
    on conflict (need_id, organisation_code) do update set reason = excluded.reason, at = excluded.at
    where need_exclusions.reason in ('declined', 'lapsed')`);
};

/** Something material changed for these needs: practices that declined or let an offer lapse may be asked again (A5). */
export const clearExclusions = async (tx: Tx, needIds: readonly string[]): Promise<void> => {
  if (needIds.length === 0) return;
  await tx.q.execute(sql`
    delete from need_exclusions where need_id = any(${ids(needIds)}) and reason in ('declined', 'lapsed')`);
};

/** Sets the priority of needs that have not ended, grouped by the priority they get. */
export const setPriority = async (tx: Tx, needIds: readonly string[], priority: Priority): Promise<void> => {
  if (needIds.length === 0) return;
  await tx.q.execute(sql`update needs set priority = ${priority} where id = any(${ids(needIds)})`);
};

/** The next plan starts these needs' present ring anew: its wait begins again (A3). */
export const restartWidening = async (tx: Tx, needIds: readonly string[]): Promise<void> => {
  if (needIds.length === 0) return;
  await tx.q.execute(sql`
    update needs set widen_at = null where id = any(${ids(needIds)}) and state in ('open', 'offered')`);
};

/**
 * The same for all needs of a group that look for a service: how it is asked for has changed. Null: for those of every
 * service.
 */
export const restartWaits = async (tx: Tx, groupCode: string, serviceCode: string | null): Promise<void> => {
  await tx.q.execute(sql`
    with locked as (
      select n.id from needs n join need_lines l on l.id = n.line_id
      where n.group_code = ${groupCode} and n.state in ('open', 'offered') and n.widen_at is not null
        and (${serviceCode}::text is null or l.service_code = ${serviceCode})
      order by n.id for no key update of n
    )
    update needs set widen_at = null from locked where needs.id = locked.id and needs.state in ('open', 'offered')`);
};

/** Of these offered needs, the ones for which a waiting offer holds a time outside their line's window. */
export const misfits = async (q: Queryable, needIds: readonly string[]): Promise<string[]> => {
  if (needIds.length === 0) return [];
  const found = await rows(
    q,
    identified,
    sql`select distinct n.id from needs n join need_lines l on l.id = n.line_id
        join offer_slots o on o.need_id = n.id and o.is_live join slots s on s.id = o.slot_id
        where n.id = any(${ids(needIds)}) and (s.starts_at < l.earliest or s.ends_at > l.due_by)`,
  );
  return found.map(({ id }) => id);
};

/** Opens the next ring for all needs of a request that still look, and lets one more practice be asked. Returns how many. */
export const widenByHand = async (tx: Tx, requestId: string): Promise<number> => {
  const widened = await tx.q.execute(sql`
    update needs set ring = least(ring + 1, 3), extra_asks = extra_asks + 1, widen_at = null
    where request_id = ${requestId} and state in ('open', 'offered')`);
  return widened.rowCount ?? 0;
};
