import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import {
  agreedNeed,
  deskNumber,
  openLine,
  type AgreedNeed,
  type DeskNumber,
  type OpenLine,
} from "./fallback.schema.ts";

/** What still looks for a place in a group, by line: what is due first stands first. */
export const readOpenLines = async (q: Queryable, groupCode: string): Promise<OpenLine[]> =>
  rows(
    q,
    openLine,
    sql`
      select r.reference, home.name as "homeName", l.priority, l.service_code as service, l.minutes, l.due_by as "dueBy",
        array_agg(n.ref order by n.ref) as refs,
        array(select distinct o.name from offers f join organisations o on o.code = f.supporting_code
              where f.request_id = r.id and f.state = 'waiting' order by 1) as asked
      from needs n join need_lines l on l.id = n.line_id join cover_requests r on r.id = n.request_id
      join organisations home on home.code = r.home_code
      where n.group_code = ${groupCode} and n.state in ('open', 'offered')
      group by r.id, home.name, l.id order by l.due_by, r.reference, l.position`,
  );

/** What is agreed and still to come, by time. */
export const readAgreedNeeds = async (q: Queryable, groupCode: string): Promise<AgreedNeed[]> =>
  rows(
    q,
    agreedNeed,
    sql`
      select r.reference, n.ref, home.name as "homeName", host.name as "supportingName", l.service_code as service,
        a.starts_at as "startsAt", a.step
      from agreements a join needs n on n.id = a.need_id join need_lines l on l.id = n.line_id
      join cover_requests r on r.id = a.request_id join organisations home on home.code = a.home_code
      join organisations host on host.code = a.supporting_code
      where a.group_code = ${groupCode} and a.is_live and a.ends_at > app_now()
      order by a.starts_at, r.reference, n.ref`,
  );

/** The number that rings at each desk of the group, by name. */
export const readDeskNumbers = async (q: Queryable, groupCode: string): Promise<DeskNumber[]> =>
  rows(
    q,
    deskNumber,
    sql`
      select o.name, o.kind, o.bypass_phone as phone
      from sharing_memberships m join organisations o on o.code = m.organisation_code
      where m.group_code = ${groupCode} and o.status = 'ACTIVE' order by o.name, o.code`,
  );

const named = z.object({ name: z.string(), code: z.string() });

/** The groups that have a federation: a page is kept for each. */
export const readBrokeredGroups = async (q: Queryable): Promise<string[]> =>
  (
    await rows(
      q,
      z.object({ code: z.string() }),
      sql`select distinct m.group_code as code from sharing_memberships m
          join organisations o on o.code = m.organisation_code and o.kind = 'federation' and o.status = 'ACTIVE' order by 1`,
    )
  ).map(({ code }) => code);

/** The name of a sharing group; undefined where there is none of that code. */
export const findGroup = async (q: Queryable, code: string): Promise<z.output<typeof named> | undefined> =>
  (await rows(q, named, sql`select code, name from networks where code = ${code} and kind = 'sharing-group'`))[0];
