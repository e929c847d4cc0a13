import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { askingSql } from "../cover-plans/index.ts";
import type { Ask, SeekingNeed } from "./snapshot.ts";
import { LAST_RING } from "./asking.rules.ts";
import { epoch, uuidArray } from "./sql.ts";

const priority = z.enum(["routine", "urgent", "asap"]);
const instant = z.number().transform((ms) => new Date(ms));

/** `Asking`, checked when it was written; a plan reads many. */
export const askedHow = z.object({
  waits: z.object({ buddies: z.number(), pcn: z.number(), group: z.number() }),
  breadth: z.number(),
  calls: z.number(),
});

/** A need that looks for cover. */
export const needRow = z.object({
  id: z.string(),
  ref: z.string(),
  requestId: z.string(),
  requestVersion: z.number(),
  reference: z.string(),
  lineId: z.string(),
  groupCode: z.string(),
  homeCode: z.string(),
  takesFirm: z.boolean(),
  service: z.string(),
  serviceName: z.string(),
  channel: z.string(),
  minutes: z.number(),
  earliest: instant,
  dueBy: instant,
  excludedTimes: z.array(z.object({ from: z.string(), until: z.string() })).nullable(),
  requires: z.array(z.string()),
  maxKm: z.number(),
  priority,
  asking: askedHow,
  course: z.string().nullable(),
  ring: z.number(),
  extraAsks: z.number(),
  widenAt: instant.nullable(),
});

const asking = askingSql(sql`n.group_code`, sql`l.service_code`, sql`n.priority`);

const selectNeeds = sql`
  select n.id, n.ref, n.request_id as "requestId", r.version as "requestVersion", r.reference, n.line_id as "lineId", n.group_code as "groupCode", r.home_code as "homeCode",
         r.takes_firm as "takesFirm", coalesce(s.matched_as, s.code) as service, s.name as "serviceName", l.channel, l.minutes,
         ${epoch(sql`l.earliest`)} as earliest, ${epoch(sql`l.due_by`)} as "dueBy", n.excluded_times as "excludedTimes",
         array(select distinct unnest(l.requires || s.requires)) as requires, l.max_km as "maxKm", n.priority, ${asking} as asking, n.course,
         n.ring, n.extra_asks as "extraAsks", ${epoch(sql`n.widen_at`)} as "widenAt"
  from needs n
  join cover_requests r on r.id = n.request_id
  join need_lines l on l.id = n.line_id
  join services s on s.code = l.service_code`;

/** The time is asked once, and not for each line. */
const isLive = sql`r.paused_at is null and l.due_by > (select app_now())`;

/** SQL: the needs of a group that nobody is asked for, all that a post can have changed. */
export const openNeeds = (groupCode: string | SQL): SQL =>
  sql`${selectNeeds} where n.group_code = ${groupCode} and n.state = 'open' and ${isLive} order by n.id`;

/** SQL: what of the same needs decides who could help them, and by `seen` whether it is the same still. */
export const openWishes = (groupCode: string | SQL): SQL => sql`
  select n.id || ' ' || r.version as seen, r.home_code as "homeCode", l.max_km as "maxKm",
         coalesce(s.matched_as, s.code) as service
  from needs n join cover_requests r on r.id = n.request_id join need_lines l on l.id = n.line_id
  join services s on s.code = l.service_code
  where n.group_code = ${groupCode} and n.state = 'open' and ${isLive}`;

/** `seen` of `openWishes`, for needs that were read. */
export const seenOf = ({ id, requestVersion }: SeekingNeed): string => `${id} ${requestVersion}`;

export const readOpenNeeds = async (q: Queryable, groupCode: string): Promise<SeekingNeed[]> =>
  rows(q, needRow, openNeeds(groupCode));

/**
 * The needs of a group for which something may be done once capacity has changed: the open ones, those that no slots are
 * offered for, those that wait with fewer practices than they may (A2), and those whose wait is to begin anew (A3). The rest
 * are left in peace, and not even read.
 */
export const readSeekingNeeds = async (q: Queryable, groupCode: string): Promise<SeekingNeed[]> =>
  rows(
    q,
    needRow,
    sql`${selectNeeds}
      cross join lateral (
        select count(*) filter (where o.kind = 'slots') as slot_asks, bool_or(o.kind = 'slots' and not o.is_extra) as has_first
        from offer_needs x join offers o on o.id = x.offer_id
        where n.state = 'offered' and x.need_id = n.id and x.is_live and o.state = 'waiting'
      ) asked
      where n.group_code = ${groupCode} and n.state in ('open', 'offered') and ${isLive}
        and (n.state = 'open' or asked.has_first is not true
             or asked.slot_asks < n.extra_asks + (${asking} ->> 'breadth')::int
             or (n.widen_at is null and (n.ring < ${LAST_RING} or n.extra_asks < ${LAST_RING})))
      order by n.id`,
  );

/** Needs by id, whatever is offered for them. */
export const readNeeds = async (q: Queryable, needIds: readonly string[]): Promise<SeekingNeed[]> =>
  rows(
    q,
    needRow,
    sql`${selectNeeds} where n.id = any(${uuidArray(needIds)}) and n.state in ('open', 'offered')
        and r.paused_at is null order by n.id`,
  );

/** One need of each line that still looks for cover: needs of a line ask for the same. */
export const readNeedsOfLines = async (q: Queryable, lineIds: readonly string[]): Promise<SeekingNeed[]> =>
  rows(
    q,
    needRow,
    sql`${selectNeeds} where n.id in (
          select distinct on (line_id) id from needs where line_id = any(${uuidArray(lineIds)}) and state in ('open', 'offered')
          order by line_id, (state = 'open') desc, id) order by n.id`,
  );

const ask = z.object({
  offerId: z.string(),
  needId: z.string(),
  supportingCode: z.string(),
  kind: z.enum(["slots", "call"]),
  awaiting: z.enum(["supporting", "home"]),
  isExtra: z.boolean(),
  slotIds: z.array(z.string()),
});

/** The waiting offers of these needs. */
export const readAsks = async (q: Queryable, needIds: readonly string[]): Promise<Ask[]> =>
  needIds.length === 0
    ? []
    : rows(
        q,
        ask,
        sql`
          select o.id as "offerId", x.need_id as "needId", o.supporting_code as "supportingCode", o.kind, o.awaiting,
                 o.is_extra as "isExtra",
                 array(select s.slot_id::text from offer_slots s where s.offer_id = o.id and s.need_id = x.need_id and s.is_live
                       order by s.slot_id) as "slotIds"
          from offer_needs x join offers o on o.id = x.offer_id
          where x.need_id = any(${uuidArray(needIds)}) and x.is_live and o.state = 'waiting'
          order by o.id, x.need_id`,
      );

export const pairRow = z.object({ left: z.string(), right: z.string() });

export const pairsOf = (found: readonly z.output<typeof pairRow>[]): [string, string][] =>
  found.map(({ left, right }) => [left, right]);

export const exclusionRow = pairRow.extend({ isCutShort: z.boolean() });

/** Pairs of need and practice. */
export interface Exclusions {
  /** Not to be asked again (A5). */
  readonly excluded: readonly (readonly [string, string])[];
  /** Asked once, about a time that began before the desk's time to answer was over: about later times it was not asked yet. */
  readonly cutShort: readonly (readonly [string, string])[];
}

/**
 * SQL: practices that are ruled out for needs (A5). One that declined or let an offer lapse may be asked again once it has
 * published a clinic for the service since; a patient's no and a cancellation stand. An offer that ended because its first
 * time began (O2) was not the desk's to let lapse, the first time: about later times it may be asked, and about those alone.
 */
export const exclusionsOf = (needIds: SQL): SQL => sql`
  select e.need_id as left, e.organisation_code as right,
         e.reason = 'lapsed' and coalesce((
           select count(*) = 1 and bool_and(o.expires_at = (
             select min(h.starts_at) from offer_slots x join slots h on h.id = x.slot_id where x.offer_id = o.id))
           from offer_needs y join offers o on o.id = y.offer_id
           where y.need_id = e.need_id and o.supporting_code = e.organisation_code and o.state = 'lapsed'
         ), false) as "isCutShort"
  from need_exclusions e join needs n on n.id = e.need_id join need_lines l on l.id = n.line_id
  join services s on s.code = l.service_code
  where e.need_id = any(${needIds}) and not (e.reason in ('declined', 'lapsed') and exists (
    select 1 from clinics c where c.organisation_code = e.organisation_code and c.created_at > e.at
      and c.source <> 'call' and c.withdrawn_at is null and coalesce(s.matched_as, s.code) = any(c.services)))
  order by 1, 2`;

export const exclusionsIn = (found: readonly z.output<typeof exclusionRow>[]): Exclusions => ({
  excluded: pairsOf(found.filter(({ isCutShort }) => !isCutShort)),
  cutShort: pairsOf(found.filter(({ isCutShort }) => isCutShort)),
});

export const readExclusions = async (q: Queryable, needIds: readonly string[]): Promise<Exclusions> =>
  exclusionsIn(await rows(q, exclusionRow, exclusionsOf(uuidArray(needIds))));

/** SQL: practices that requests use already, agreed or waiting: one more need there costs no further charge. */
export const paidHostsOf = (requestIds: SQL): SQL => sql`
  select request_id as left, supporting_code as right from agreements
    where is_live and request_id = any(${requestIds})
  union
  select request_id, supporting_code from offers
    where state = 'waiting' and kind = 'slots' and not is_extra and request_id = any(${requestIds})
  order by 1, 2`;

export const readPaidHosts = async (q: Queryable, requestIds: readonly string[]): Promise<[string, string][]> =>
  pairsOf(await rows(q, pairRow, paidHostsOf(uuidArray(requestIds))));
