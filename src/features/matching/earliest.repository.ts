import { sql, type SQL } from "drizzle-orm";
import type { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { isFirmToday } from "../capacity/index.ts";
import type { PlannedClinic } from "./snapshot.ts";
import { codesArray, epoch, type Codes } from "./sql.ts";
import { clinicRow } from "./supply.repository.ts";

/** The earliest free slots of some practices, and from when on others of them may not have been read, by practice. */
export interface Earliest {
  readonly clinics: readonly PlannedClinic[];
  readonly restBeginsAt: ReadonlyMap<string, number>;
}

/** What is looked for, known or found by the statement itself. */
export interface WantedSupply {
  readonly hosts: Codes;
  readonly services: Codes;
  readonly from: Date | SQL;
  readonly until: Date | SQL;
  /** Of each practice. */
  readonly most: number | SQL;
}

/**
 * SQL: the earliest free slots of each of these practices for these services, at most `most` a practice: what a practice has
 * beyond them costs no less (`enough.rules.ts`), so a diary that is ten times as full is read no further. One walk of the
 * index of free slots a practice, in the order of their starts, which stops at the limit.
 */
export const earliestOf = (wanted: WantedSupply): SQL => sql`
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
            and c.withdrawn_at is null and c.services && ${codesArray(wanted.services)}
          order by s.starts_at limit ${wanted.most}
        ) early
        group by early.clinic_id
      ) s
      join clinics c on c.id = s.clinic_id
      order by c.id`;

/** What those slots come to, where `most` of each practice were asked for. */
export const toEarliest = (found: readonly z.output<typeof clinicRow>[], most: number, now: Date): Earliest => {
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
      [...startsOf].filter(([, starts]) => starts.length >= most).map(([code, starts]) => [code, Math.max(...starts)]),
    ),
  };
};

export const readEarliest = async (
  q: Queryable,
  wanted: WantedSupply & { readonly most: number },
  now: Date,
): Promise<Earliest> => toEarliest(await rows(q, clinicRow, earliestOf(wanted)), wanted.most, now);
