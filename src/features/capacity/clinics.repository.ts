import { and, eq, gt, isNull, sql } from "drizzle-orm";
import type { Tx } from "../../platform/db/database.ts";
import { violates } from "../../platform/db/sql-errors.ts";
import { laneClash } from "./capacity.errors.ts";
import { clinics } from "./capacity.table.ts";

export type NewClinic = Omit<typeof clinics.$inferSelect, "isChanged" | "withdrawnAt" | "version" | "createdAt">;

/** Parameters of one statement are counted in 16 bits. */
const CLINICS_A_STATEMENT = 1_000;

/** Inserts in one statement a thousand; answers the ids that are new. A day that its series already made is left alone. */
export const insertClinics = async (tx: Tx, fresh: readonly NewClinic[]): Promise<string[]> => {
  const ids: string[] = [];
  try {
    for (let from = 0; from < fresh.length; from += CLINICS_A_STATEMENT) {
      const some = fresh.slice(from, from + CLINICS_A_STATEMENT);
      const inserted = await tx.q
        .insert(clinics)
        .values(some.map((clinic) => ({ ...clinic, version: 1, createdAt: sql`app_now()` })))
        .onConflictDoNothing({ target: [clinics.seriesId, clinics.seriesDate] })
        .returning({ id: clinics.id });
      ids.push(...inserted.map((row) => row.id));
    }
    return ids;
  } catch (error) {
    throw violates(error, "clinics_lane_overlap") ? laneClash() : error;
  }
};

export type StoredClinic = typeof clinics.$inferSelect;

/** Locks an organisation's own clinic; undefined for anybody else's (P3). */
export const lockClinic = async (tx: Tx, organisationCode: string, id: string): Promise<StoredClinic | undefined> => {
  const [found] = await tx.q
    .select()
    .from(clinics)
    .where(and(eq(clinics.id, id), eq(clinics.organisationCode, organisationCode)))
    .for("update");
  return found;
};

/** Writes what changed of a locked clinic and counts its version up. */
export const updateClinic = async (
  tx: Tx,
  id: string,
  changes: Partial<Omit<StoredClinic, "id" | "version" | "withdrawnAt">>,
): Promise<void> => {
  try {
    await tx.q
      .update(clinics)
      .set({ ...changes, version: sql`${clinics.version} + 1` })
      .where(eq(clinics.id, id));
  } catch (error) {
    throw violates(error, "clinics_lane_overlap") ? laneClash() : error;
  }
};

export const markWithdrawn = async (
  tx: Tx,
  id: string,
  options: { readonly freesSeriesDay: boolean },
): Promise<void> => {
  await tx.q
    .update(clinics)
    .set({
      withdrawnAt: sql`app_now()`,
      version: sql`${clinics.version} + 1`,
      ...(options.freesSeriesDay ? { seriesDate: null } : {}),
    })
    .where(eq(clinics.id, id));
};

/**
 * Confirms firm clinics that have not ended: one, or all of the organisation's. Answers the ids that were not confirmed
 * for that day yet.
 */
export const confirmFirm = async (
  tx: Tx,
  organisationCode: string,
  day: string,
  id: string | undefined,
): Promise<string[]> => {
  const confirmed = await tx.q
    .update(clinics)
    .set({ confirmedOn: day })
    .where(
      and(
        eq(clinics.organisationCode, organisationCode),
        eq(clinics.pledge, "firm"),
        isNull(clinics.withdrawnAt),
        gt(clinics.endsAt, sql`app_now()`),
        sql`${clinics.confirmedOn} is distinct from ${day}`,
        ...(id === undefined ? [] : [eq(clinics.id, id)]),
      ),
    )
    .returning({ id: clinics.id });
  return confirmed.map((row) => row.id);
};

/** The organisation's clinics with these keys of its importer, locked. */
export const lockImported = async (
  tx: Tx,
  organisationCode: string,
  keys: readonly string[],
): Promise<Map<string, StoredClinic>> => {
  if (keys.length === 0) return new Map();
  const found = await tx.q
    .select()
    .from(clinics)
    .where(
      and(
        eq(clinics.organisationCode, organisationCode),
        sql`${clinics.externalKey} = any(${sql.param([...keys])}::text[])`,
      ),
    )
    .orderBy(clinics.id)
    .for("update");
  return new Map(found.flatMap((clinic) => (clinic.externalKey === null ? [] : [[clinic.externalKey, clinic]])));
};
