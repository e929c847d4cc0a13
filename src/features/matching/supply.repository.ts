import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { BALANCE_DAYS } from "../agreements/index.ts";
import { defaultOpeningHours } from "../calendar/index.ts";
import { isFirmToday } from "../capacity/index.ts";
import { isAcceptingSql, isAskableSql, isSignedSql } from "../practices/index.ts";
import type { Member, PlannedClinic } from "./snapshot.ts";
import { codesArray, epoch, textArray, uuidArray, type Codes } from "./sql.ts";

/*
 * Who could give, and what. One row a practice or clinic, its slots as JSON: what costs time here is parsing rows, not
 * finding them, and the driver reads JSON several times as fast as arrays.
 */

const instant = z.number().transform((ms) => new Date(ms));

export const memberRow = z.object({
  code: z.string(),
  lat: z.number().nullable(),
  lon: z.number().nullable(),
  pcn: z.string().nullable(),
  listSize: z.number().nullable(),
  isSigned: z.boolean(),
  isAccepting: z.boolean(),
  dailyCap: z.number().nullable(),
  provides: z.array(z.string()),
  // Checked when they were written; a plan reads many.
  hours: z.array(z.object({ weekday: z.number(), opens: z.string(), closes: z.string() })).nullable(),
  couldDo: z.array(z.string()),
  waiting: z.number(),
  balanceMinutes: z.number(),
  buddies: z.array(z.string()),
  lastAskedAt: instant.nullable(),
});

/**
 * SQL: organisations of the group, how they stand today: all of them, or those of these codes; of what they could do, only these
 * services. What is counted for each is counted for all of them at once: looked up one by one it depends on the planner's
 * guess of how much waits. Lists stand in `wanted`, where the planner does not count them: knowing how long they are it
 * would make a new plan each time, which costs more than reading.
 */
export const membersAs = (groupCode: string | SQL, codes: Codes | "all", services: Codes): SQL => {
  const involved = (column: SQL): SQL =>
    codes === "all" ? sql`true` : sql`${column} = any((select codes from wanted)::text[])`;
  return sql`
      with wanted as materialized (
        select ${codes === "all" ? sql`null::text[]` : codesArray(codes)} as codes, ${codesArray(services)} as services,
               app_now() as now
      ), balance as (
        select code, sum(minutes)::float8 as minutes from (
          select a.supporting_code as code, extract(epoch from a.ends_at - a.starts_at) / 60 as minutes from agreements a
          where a.group_code = ${groupCode} and a.is_live and a.starts_at > (select now from wanted) - ${BALANCE_DAYS} * interval '1 day'
            and ${involved(sql`a.supporting_code`)}
          union all
          select a.home_code, -extract(epoch from a.ends_at - a.starts_at) / 60 from agreements a
          where a.group_code = ${groupCode} and a.is_live and a.starts_at > (select now from wanted) - ${BALANCE_DAYS} * interval '1 day'
            and ${involved(sql`a.home_code`)}
        ) moved group by code
      ), waiting as (
        select code, count(*)::int as offers from (
          select supporting_code as code from offers
          where state = 'waiting' and awaiting = 'supporting' and ${involved(sql`supporting_code`)}
          union all
          select home_code from offers where state = 'waiting' and awaiting = 'home' and ${involved(sql`home_code`)}
        ) asked group by code
      ), pcn as (
        select nm.organisation_code as code, min(n.code) as pcn from network_members nm join networks n on n.code = nm.network_code
        where n.kind = 'pcn' and ${involved(sql`nm.organisation_code`)} group by 1
      )
      select o.code, o.lat, o.lon, pcn.pcn, o.list_size as "listSize", ${isSignedSql("m")} as "isSigned",
             (${isAcceptingSql("o")} and ${isAskableSql("o")}) as "isAccepting", o.daily_cap as "dailyCap", o.provides,
             (select s.opening_hours from sites s where s.organisation_code = o.code order by s.is_main desc, s.name, s.id limit 1) as hours,
             (select coalesce(jsonb_agg(os.service_code), '[]') from organisation_services os
              where os.organisation_code = o.code and os.service_code = any((select services from wanted)::text[])) as "couldDo",
             coalesce(w.offers, 0) as waiting,
             coalesce(b.minutes, 0) as "balanceMinutes",
             (select coalesce(jsonb_agg(buddy_code), '[]') from buddies where organisation_code = o.code) as buddies,
             (select ${epoch(sql`f.created_at`)} from offers f where f.supporting_code = o.code order by f.created_at desc nulls last limit 1) as "lastAskedAt"
      from sharing_memberships m
      join organisations o on o.code = m.organisation_code
      left join balance b on b.code = o.code
      left join waiting w on w.code = o.code
      left join pcn on pcn.code = o.code
      where m.group_code = ${groupCode} and ${involved(sql`m.organisation_code`)}
      order by o.code`;
};

/** By code. A site that never said when it is open has the usual hours (C3). */
export const membersOf = (found: readonly z.output<typeof memberRow>[]): Map<string, Member> =>
  new Map(found.map((row) => [row.code, { ...row, hours: row.hours ?? defaultOpeningHours }]));

export const readMembers = async (
  q: Queryable,
  groupCode: string,
  codes: Codes | "all",
  services: readonly string[],
): Promise<Map<string, Member>> => membersOf(await rows(q, memberRow, membersAs(groupCode, codes, services)));

/** A clinic with the slots that were asked for. */
export const clinicRow = z.object({
  id: z.string(),
  organisationCode: z.string(),
  services: z.array(z.string()),
  channel: z.string(),
  provides: z.array(z.string()),
  slotMinutes: z.number(),
  pledge: z.enum(["firm", "ask"]),
  confirmedOn: z.string().nullable(),
  slotIds: z.array(z.string()),
  starts: z.array(z.number()),
});

const clinic = clinicRow.extend({ holders: z.array(z.string().nullable()) });

/** Which slots a plan may use besides the free ones. */
export type Holders = "none" | "extra" | "any" | "all";

/**
 * The free slots of these practices for these services in a window, by clinic, and those held by offers that may be stood
 * down: none, extra asks, or also first choices (`any`) where something scarce is at stake. `all`: whatever waits, for
 * explaining.
 */
export const readClinics = async (
  q: Queryable,
  wanted: {
    readonly hosts: Codes;
    readonly services: readonly string[];
    readonly from: Date;
    readonly until: Date;
    readonly holders: Holders;
  },
  now: Date,
): Promise<PlannedClinic[]> => {
  const mayStandDown = {
    none: sql`false`,
    extra: sql`o.is_extra`,
    any: sql`o.awaiting = 'supporting'`,
    all: sql`true`,
  }[wanted.holders];
  const found = await rows(
    q,
    clinic,
    sql`
      select c.id, c.organisation_code as "organisationCode", c.services, c.channel, c.provides, c.slot_minutes as "slotMinutes",
             c.pledge, c.confirmed_on::text as "confirmedOn", s."slotIds", s.starts, s.holders
      from unnest(${codesArray(wanted.hosts)}) as host(code)
      cross join lateral (
        select * from clinics where organisation_code = host.code and withdrawn_at is null
          and starts_at >= ${wanted.from}::timestamptz - interval '2 days' and starts_at < ${wanted.until}
          and services && ${textArray(wanted.services)} order by id
      ) c
      cross join lateral (
        select jsonb_agg(id order by starts_at) as "slotIds",
               jsonb_agg(${epoch(sql`starts_at`)} order by starts_at) as starts,
               jsonb_agg(holder order by starts_at) as holders
        from (
          select id, starts_at, state, case when state = 'busy-tentative' then (
              select o.id::text || '|' || x.need_id::text || case when o.is_extra then '|extra' else '' end from offer_slots x join offers o on o.id = x.offer_id
              where x.slot_id = slots.id and x.is_live and o.state = 'waiting' and ${mayStandDown}
            ) end as holder
          from slots where clinic_id = c.id and starts_at >= ${wanted.from} and starts_at < ${wanted.until}
            and state in ('free', 'busy-tentative')
        ) slot where state = 'free' or holder is not null
      ) s
      where s."slotIds" is not null
      order by c.id`,
  );
  return found.map(({ slotIds, starts, holders, pledge, confirmedOn, ...row }) => ({
    ...row,
    isFirm: isFirmToday({ pledge, confirmedOn }, now),
    slots: slotIds.map((id, at) => {
      const [offerId, needId, extra] = holders[at]?.split("|") ?? [];
      const start = starts[at] ?? 0;
      if (offerId === undefined || needId === undefined) return { id, start };
      const isFixed = wanted.holders === "all" && extra === undefined;
      return { id, start, heldBy: { offerId, needId }, ...(isFixed ? { held: true as const } : {}) };
    }),
  }));
};

const published = z.object({ code: z.string(), service: z.string() });

/** Key of what a practice has published: "practice service". */
export const publishedKey = (code: string, service: string): string => `${code} ${service}`;

/** Which of these practices have a clinic ahead for which of these services, with or without a free slot. */
export const readPublished = async (
  q: Queryable,
  hosts: readonly string[],
  services: readonly string[],
): Promise<Set<string>> => {
  const found = await rows(
    q,
    published,
    sql`
      select distinct c.organisation_code as code, s.service from clinics c cross join unnest(c.services) as s(service)
      where c.organisation_code = any(${textArray(hosts)}) and c.services && ${textArray(services)}
        and s.service = any(${textArray(services)}) and c.withdrawn_at is null and c.ends_at > app_now()`,
  );
  return new Set(found.map(({ code, service }) => publishedKey(code, service)));
};

export const usedRow = z.object({ key: z.string(), n: z.number() });

/** SQL: needs agreed with or held at those of these practices that have a daily cap, by practice and UTC day of start; not those that may move. */
export const usedByDay = (codes: Codes, from: Date | SQL, movable: readonly string[]): SQL => sql`
      with capped as materialized (
        select code from organisations where code = any((${codesArray(codes)})::text[]) and daily_cap is not null
      )
      select code || '|' || to_char(starts_at at time zone 'UTC', 'YYYY-MM-DD') as key, count(*)::int as n from (
        select a.supporting_code as code, a.starts_at from agreements a
        where a.is_live and a.supporting_code in (select code from capped) and a.starts_at >= date_trunc('day', ${from}::timestamptz, 'UTC')
        union all
        select o.supporting_code, min(s.starts_at) from offers o
        join offer_slots x on x.offer_id = o.id and x.is_live join slots s on s.id = x.slot_id
        where o.state = 'waiting' and not o.is_extra and o.supporting_code in (select code from capped)
          and x.need_id <> all(${uuidArray(movable)}) group by o.id, o.supporting_code, x.need_id
      ) taken group by 1`;

export const countsByDay = (found: readonly z.output<typeof usedRow>[]): Record<string, number> =>
  Object.fromEntries(found.map(({ key, n }) => [key, n]));

export const readUsedByDay = async (
  q: Queryable,
  codes: Codes,
  from: Date,
  movable: readonly string[],
): Promise<Record<string, number>> => countsByDay(await rows(q, usedRow, usedByDay(codes, from, movable)));
