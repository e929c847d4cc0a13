import { and, asc, eq, sql } from "drizzle-orm";
import type { Queryable } from "../../platform/db/database.ts";
import type { OpeningHours } from "../calendar/index.ts";
import { buddies, organisations, sites } from "./practices.table.ts";

/** The columns of `organisations` that settings write. */
export interface SettingsColumns {
  readonly isAccepting?: boolean;
  readonly acceptingUntil?: Date | null;
  readonly dailyCap?: number | null;
  readonly provides?: string[];
  readonly acceptRoles?: string[];
  readonly bypassPhone?: string | null;
}

/** Writes the columns and moves the version on, if it still is `version`; says whether it was. */
export const updateSettings = async (
  q: Queryable,
  code: string,
  version: number,
  columns: SettingsColumns,
): Promise<boolean> => {
  const updated = await q
    .update(organisations)
    .set({ ...columns, version: version + 1, updatedAt: sql`app_now()` })
    .where(and(eq(organisations.code, code), eq(organisations.version, version)));
  return updated.rowCount === 1;
};

/** Practices that are asked first (ring 1), by code. */
export const buddiesOf = async (q: Queryable, code: string): Promise<string[]> => {
  const found = await q
    .select({ code: buddies.buddyCode })
    .from(buddies)
    .where(eq(buddies.organisationCode, code))
    .orderBy(asc(buddies.buddyCode));
  return found.map(({ code: buddy }) => buddy);
};

export const replaceBuddies = async (q: Queryable, code: string, buddyCodes: readonly string[]): Promise<void> => {
  await q.delete(buddies).where(eq(buddies.organisationCode, code));
  if (buddyCodes.length === 0) return;
  await q.insert(buddies).values(buddyCodes.map((buddyCode) => ({ organisationCode: code, buddyCode })));
};

export const updateOpeningHours = async (q: Queryable, siteId: string, hours: OpeningHours[]): Promise<void> => {
  await q.update(sites).set({ openingHours: hours }).where(eq(sites.id, siteId));
};
