import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows } from "../../../src/platform/db/database.ts";
import type { TestDatabase } from "../../support/index.ts";

/*
 * Who may meet what in a frame (S7, P3), worked out from what ties organisations to each other in the database, and not from
 * how the service chooses whom to tell.
 */

/** By each id, reference and code that the database holds: the organisations that may hear of it. */
export type Readers = ReadonlyMap<string, ReadonlySet<string>>;

/** A practice: what it is a side of. Its group: the bulletin. Brokers: their group. */
export const readersOf = async (db: TestDatabase): Promise<Readers> => {
  const found = await rows(
    db.q,
    z.object({ id: z.string(), reader: z.string() }),
    sql`
      with sides as (
        select o.id::text, o.request_id, o.home_code as home, o.supporting_code as host from offers o
        union all select a.id::text, a.request_id, a.home_code, a.supporting_code from agreements a
      ), posts as (
        select p.id, p.group_code, p.organisation_code from bulletin_posts p
        union all select a.id, p.group_code, a.organisation_code
          from bulletin_answers a join bulletin_posts p on p.id = a.post_id
      ), practices as (
        select id, home as reader from sides union select id, host from sides
        union select r.id::text, r.home_code from cover_requests r union select r.reference, r.home_code from cover_requests r
        union select r.id::text, s.host from cover_requests r join sides s on s.request_id = r.id
        union select r.reference, s.host from cover_requests r join sides s on s.request_id = r.id
        union select s.home, s.host from sides s union select s.host, s.home from sides s
        union select o.code, o.code from organisations o
        union select c.id::text, c.organisation_code from clinics c
        union select c.id::text, c.organisation_code from clinic_series c
        union select s.id::text, s.organisation_code from slots s
        union select x.slot_id::text, o.home_code from offer_slots x join offers o on o.id = x.offer_id
        union select x.slot_id::text, a.home_code from agreement_slots x join agreements a on a.id = x.agreement_id
        union select a.clinic_id::text, a.home_code from agreements a
        union select t.id::text, t.home_code from patient_tasks t
        union select w.id::text, w.organisation_code from webhook_endpoints w
        union select u.user_id::text, u.organisation_code from user_roles u
        -- An alarm is its group's brokers' alone, whichever desk it is about.
        union select a.id::text, n.organisation_code from alarms a
          join sharing_memberships n on n.group_code = a.group_code
          join organisations f on f.code = n.organisation_code and f.kind = 'federation'
        -- The bulletin is its group's, and says who wrote.
        union select p.id::text, m.organisation_code from posts p join sharing_memberships m on m.group_code = p.group_code
        union select p.organisation_code, m.organisation_code from posts p
          join sharing_memberships m on m.group_code = p.group_code
      )
      select id, reader from practices
      union
      -- Brokers see their group.
      select p.id, f.code from practices p
        join sharing_memberships m on m.organisation_code = p.reader
        join sharing_memberships n on n.group_code = m.group_code
        join organisations f on f.code = n.organisation_code and f.kind = 'federation'`,
  );
  const readers = new Map<string, Set<string>>();
  for (const { id, reader } of found) readers.set(id, (readers.get(id) ?? new Set()).add(reader));
  return readers;
};

/** Every text in a value, names of members included. */
export const textsIn = (value: unknown): string[] => {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, part]) => [key, ...textsIn(part)])
    : [];
};

/** What in this message the organisation may not hear of. */
export const leaksTo = (readers: Readers, code: string, data: unknown): string[] =>
  textsIn(data).filter((text) => readers.get(text)?.has(code) === false);
