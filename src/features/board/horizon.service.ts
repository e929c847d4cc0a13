import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { defaultOpeningHours, type OpeningHours } from "../calendar/index.ts";
import { openingHoursOf } from "../practices/index.ts";
import type { Horizons } from "./board.schema.ts";

const coded = z.object({ code: z.string() });

/** Up to when a group's desks are looked at: each by its own opening hours (T1), by core hours where none are known. */
export const horizonsOf = async (
  q: Queryable,
  groupCode: string,
  horizonBy: (hours: readonly OpeningHours[]) => Date,
): Promise<Horizons> => {
  const common = horizonBy(defaultOpeningHours);
  const members = await rows(
    q,
    coded,
    sql`select organisation_code as code from sharing_memberships where group_code = ${groupCode}`,
  );
  const hoursOf = await openingHoursOf(
    q,
    members.map(({ code }) => code),
  );
  // Most desks of a group keep the same hours.
  const known = new Map<string, Date>();
  const own = new Map<string, Date>();
  for (const [code, hours] of hoursOf) {
    if (hours.length === 0) continue;
    const key = JSON.stringify(hours);
    const until = known.get(key) ?? horizonBy(hours);
    known.set(key, until);
    if (until.getTime() !== common.getTime()) own.set(code, until);
  }
  return { common, own };
};
