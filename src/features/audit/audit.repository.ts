import { sql } from "drizzle-orm";
import type { Tx } from "../../platform/db/database.ts";
import { newId } from "../../platform/ids/ids.ts";
import type { Actor } from "../access/index.ts";
import { auditEntries } from "./audit.table.ts";

/** Who acts when nobody does: an expiry, a plan, a purge. */
export const system = { userId: null, organisationCode: "SYSTEM" } as const;

export type Author = Pick<Actor, "userId" | "organisationCode"> | typeof system;

/**
 * Writes one line of the audit trail in the transaction of the act.
 * @param action `offer.accept`, `request.post`…: feature, dot, verb.
 * @param subject the reference or id of what was acted on.
 * @param data codes, counts and ids; never text that people typed.
 */
export const recordAudit = async (
  tx: Tx,
  author: Author,
  action: string,
  subject: string,
  data: Readonly<Record<string, unknown>> = {},
): Promise<void> => {
  await tx.q.insert(auditEntries).values({
    id: newId(),
    at: sql`app_now()`,
    userId: author.userId,
    organisationCode: author.organisationCode,
    action,
    subject,
    data,
  });
};
