import { eq, sql } from "drizzle-orm";
import type { Tx } from "../../platform/db/database.ts";
import type { Terms } from "./amending.rules.ts";
import type { Priority } from "./requests.schema.ts";
import { coverRequests, needLines } from "./requests.table.ts";

export const updateLine = async (tx: Tx, lineId: string, terms: Terms): Promise<void> => {
  const { serviceCode, minutes, earliest, dueBy, requires, maxKm, priority } = terms;
  await tx.q
    .update(needLines)
    .set({ serviceCode, minutes, earliest, dueBy, requires: [...requires], maxKm, priority })
    .where(eq(needLines.id, lineId));
};

/** Changes a request and counts its version on: whoever read it before is then refused (R6). */
export const updateRequest = async (
  tx: Tx,
  requestId: string,
  changes: { priority?: Priority; takesFirm?: boolean; pausedAt?: Date | null } = {},
): Promise<void> => {
  await tx.q
    .update(coverRequests)
    .set({ ...changes, version: sql`${coverRequests.version} + 1` })
    .where(eq(coverRequests.id, requestId));
};
