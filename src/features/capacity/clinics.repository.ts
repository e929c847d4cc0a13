import { sql } from "drizzle-orm";
import type { Tx } from "../../platform/db/database.ts";
import { violates } from "../../platform/db/sql-errors.ts";
import { laneClash } from "./capacity.errors.ts";
import { clinics } from "./capacity.table.ts";

export type NewClinic = Omit<typeof clinics.$inferSelect, "isChanged" | "withdrawnAt" | "version" | "createdAt">;

/** Inserts in one statement; answers the ids that are new. A day that its series already made is left alone. */
export const insertClinics = async (tx: Tx, fresh: readonly NewClinic[]): Promise<string[]> => {
  if (fresh.length === 0) return [];
  try {
    const inserted = await tx.q
      .insert(clinics)
      .values(fresh.map((clinic) => ({ ...clinic, version: 1, createdAt: sql`app_now()` })))
      .onConflictDoNothing({ target: [clinics.seriesId, clinics.seriesDate] })
      .returning({ id: clinics.id });
    return inserted.map((row) => row.id);
  } catch (error) {
    throw violates(error, "clinics_lane_overlap") ? laneClash() : error;
  }
};
