import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { madeOnce } from "../../platform/db/made-once.ts";
import { brokersIn, codeRow } from "../practices/index.ts";
import { countedRow, countsOf } from "../requests/index.ts";
import { dueIn, dueRow } from "./due.repository.ts";
import { earliestOf } from "./earliest.repository.ts";
import { nearTo, restRow } from "./reach.repository.ts";
import {
  exclusionRow,
  exclusionsOf,
  needRow,
  openNeeds,
  openWishes,
  pairRow,
  paidHostsOf,
} from "./seeking.repository.ts";
import { clinicRow, memberRow, membersAs, usedByDay, usedRow } from "./supply.repository.ts";

/*
 * All that nearly every plan has to know, in one round trip: what was just posted, and what the practices next door could do
 * about it. The same statements as elsewhere, but what one of them needs of another it finds there by itself. Two documents,
 * because the members cost the database as much as all the rest: they are read on another connection at the same time.
 */

const list = (rowsOf: SQL): SQL => sql`(select coalesce(json_agg(one), '[]') from (${rowsOf}) one)`;

const distinctHosts = sql`select distinct host.code from near cross join jsonb_array_elements_text(near.hosts) as host(code)`;
const around = sql`array(select "homeCode" from homes union ${distinctHosts})`;

const needsView = z.object({
  now: z.coerce.date(),
  due: z.array(dueRow),
  needs: z.array(needRow),
  rest: z.array(restRow),
  /** How many slots of each practice were read at most. */
  most: z.number().nullable(),
  clinics: z.array(clinicRow),
  used: z.array(usedRow),
  excluded: z.array(exclusionRow),
  paid: z.array(pairRow),
  counted: z.array(countedRow),
  brokers: z.array(codeRow),
});

/** How much is next door: how many practices around each home, and how much of their time (see `Breadth`). */
export interface NextDoorBreadth {
  readonly practices: number;
  readonly earliest: number;
}

const groupCode = sql`${sql.placeholder("groupCode")}::text`;
const practices = sql`${sql.placeholder("practices")}::int`;
const of = (column: string): SQL => sql`(select ${sql.identifier(column)} from wanted)`;
const requestIds = sql`array(select "requestId" from open)`;

/**
 * What is due in a group, its needs that nobody is asked for, and what is free next door. `wanted` says in SQL what
 * `snapshot.service.ts` works out for needs that are known; a test holds the two against each other.
 */
const needsStatement = madeOnce(
  () => sql`
      with open as materialized (${openNeeds(groupCode)}),
      homes as materialized (select "homeCode", max("maxKm")::float8 as "maxKm" from open group by 1),
      near as materialized (${nearTo(sql`homes as t`, practices)}),
      taken as (select sum(ceil(minutes / 10.0)) as slots from open group by "homeCode"),
      wanted as materialized (
        select array(${distinctHosts}) as hosts, array_agg(distinct service) as services,
               greatest(app_now(), to_timestamp(min(earliest) / 1000)) as "from", to_timestamp(max("dueBy") / 1000) as until,
               (${sql.placeholder("earliest")}::int * (4 + (select max(slots) from taken)) * ceil(count(distinct service) / 2.0))::int as most
        from open
      )
      select app_now() as now, ${list(dueIn(groupCode))} as due, ${list(sql`select * from open order by id`)} as needs,
             ${list(sql`select "homeCode", "restKm" as km from near where "restKm" is not null`)} as rest, ${of("most")} as most,
             ${list(earliestOf({ hosts: of("hosts"), services: of("services"), from: of("from"), until: of("until"), most: of("most") }))} as clinics,
             ${list(usedByDay(around, sql`app_now()`, []))} as used,
             ${list(exclusionsOf(sql`array(select id from open)`))} as excluded,
             ${list(paidHostsOf(requestIds))} as paid, ${list(countsOf(requestIds))} as counted,
             ${list(brokersIn(groupCode))} as brokers`,
);

export const readNeedsView = async (
  q: Queryable,
  group: string,
  breadth: NextDoorBreadth,
): Promise<z.output<typeof needsView>> => {
  const [view] = await rows(q, needsView, needsStatement({ groupCode: group, ...breadth }));
  if (view === undefined) throw new Error("the view has one row");
  return view;
};

const membersView = z.object({ seen: z.array(z.string()), members: z.array(memberRow) });

/** The homes of the same needs and the practices next door to them; `seen` says for which needs. */
const membersStatement = madeOnce(
  () => sql`
      with open as materialized (${openWishes(groupCode)}),
      homes as materialized (select "homeCode", max("maxKm")::float8 as "maxKm" from open group by 1),
      near as materialized (${nearTo(sql`homes as t`, practices)})
      select array(select seen from open) as seen,
             ${list(membersAs(groupCode, around, sql`array(select distinct service from open)`))} as members`,
);

export const readMembersView = async (
  q: Queryable,
  group: string,
  breadth: NextDoorBreadth,
): Promise<z.output<typeof membersView>> => {
  const [view] = await rows(q, membersView, membersStatement({ groupCode: group, ...breadth }));
  if (view === undefined) throw new Error("the view has one row");
  return view;
};
