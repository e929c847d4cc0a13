import { sql } from "drizzle-orm";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { isFirmToday } from "../capacity/index.ts";
import type { PlannedClinic } from "./snapshot.ts";
import { codesArray, epoch, textArray, type Codes } from "./sql.ts";
import { clinicRow } from "./supply.repository.ts";

/** The earliest free slots of some practices, and from when on others of them may not have been read, by practice. */
export interface Earliest {
  readonly clinics: readonly PlannedClinic[];
  readonly restBeginsAt: ReadonlyMap<string, number>;
}

/**
 * The earliest free slots of each of these practices for these services, at most `most` a practice: what a practice has
 * beyond them costs no less (`enough.rules.ts`), so a diary that is ten times as full is read no further. One walk of the
 * index of free slots a practice, in the order of their starts, which stops at the limit.
 */
export const readEarliest = async (
  q: Queryable,
  wanted: {
    readonly hosts: Codes;
    readonly services: readonly string[];
    readonly from: Date;
    readonly until: Date;
    readonly most: number;
  },
  now: Date,
): Promise<Earliest> => {
  const found = await rows(
    q,
    clinicRow,
    sql`
      select c.id, c.organisation_code as "organisationCode", c.services, c.channel, c.provides, c.slot_minutes as "slotMinutes",
             c.pledge, c.confirmed_on::text as "confirmedOn", s."slotIds", s.starts
      from (
        select early.clinic_id, jsonb_agg(early.id order by early.starts_at) as "slotIds",
               jsonb_agg(${epoch(sql`early.starts_at`)} order by early.starts_at) as starts
        from unnest(${codesArray(wanted.hosts)}) as host(code)
        cross join lateral (
          select s.id, s.clinic_id, s.starts_at from slots s join clinics c on c.id = s.clinic_id
          where s.organisation_code = host.code and s.state = 'free'
            and s.starts_at >= ${wanted.from} and s.starts_at < ${wanted.until}
            and c.withdrawn_at is null and c.services && ${textArray(wanted.services)}
          order by s.starts_at limit ${wanted.most}
        ) early
        group by early.clinic_id
      ) s
      join clinics c on c.id = s.clinic_id
      order by c.id`,
  );
  const startsOf = new Map<string, number[]>();
  for (const { organisationCode, starts } of found)
    startsOf.set(organisationCode, [...(startsOf.get(organisationCode) ?? []), ...starts]);
  return {
    clinics: found.map(({ slotIds, starts, pledge, confirmedOn, ...row }) => ({
      ...row,
      isFirm: isFirmToday({ pledge, confirmedOn }, now),
      slots: slotIds.map((id, at) => ({ id, start: starts[at] ?? 0 })),
    })),
    restBeginsAt: new Map(
      [...startsOf]
        .filter(([, starts]) => starts.length >= wanted.most)
        .map(([code, starts]) => [code, Math.max(...starts)]),
    ),
  };
};
