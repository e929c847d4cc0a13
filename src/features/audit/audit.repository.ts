import { sql } from "drizzle-orm";
import type { Tx } from "../../platform/db/database.ts";
import { madeOnce } from "../../platform/db/made-once.ts";
import { newId } from "../../platform/ids/ids.ts";
import type { Actor } from "../access/index.ts";

/** Who acts when nobody does: an expiry, a plan, a purge. */
export const system = { userId: null, organisationCode: "SYSTEM" } as const;

export type Author = Pick<Actor, "userId" | "organisationCode"> | typeof system;

/** One act: what was acted on, and codes, counts and ids about it; never text that people typed. */
export interface Act {
  /** The reference or id of what was acted on. */
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const linesWritten = madeOnce(
  () => sql`
    insert into audit_entries (id, at, user_id, organisation_code, action, subject, data)
    select id, app_now(), ${sql.placeholder("userId")}::uuid, ${sql.placeholder("organisationCode")}, ${sql.placeholder("action")},
           subject, data
    from jsonb_to_recordset(${sql.placeholder("lines")}::jsonb) as t(id uuid, subject text, data jsonb)`,
);

/**
 * Writes a line of the audit trail for each of these acts, in their transaction and in one statement.
 * @param action `offer.accept`, `request.post`…: feature, dot, verb.
 */
export const recordAudits = async (tx: Tx, author: Author, action: string, acts: readonly Act[]): Promise<void> => {
  if (acts.length === 0) return;
  const lines = JSON.stringify(acts.map((act) => ({ ...act, id: newId() })));
  tx.write(linesWritten({ ...author, action, lines }));
};

/** The same for one act. */
export const recordAudit = async (
  tx: Tx,
  author: Author,
  action: string,
  subject: string,
  data: Act["data"] = {},
): Promise<void> => {
  await recordAudits(tx, author, action, [{ subject, data }]);
};
