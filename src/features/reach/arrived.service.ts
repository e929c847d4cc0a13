import { sql } from "drizzle-orm";
import type { Tx } from "../../platform/db/database.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { announceMailbox } from "./send.service.ts";

/**
 * Somebody signed in opened a page from a message that was queued at `queuedAt`: if the mailbox began to fail before that,
 * it works again. A mailbox that fails since then stays failing, and one that works is not touched.
 */
export const noteMessageArrived = async (tx: Tx, actor: Actor, queuedAt: Date): Promise<void> => {
  const { organisationCode } = actor;
  const { rowCount } = await tx.q.execute(sql`
    update reach_channels set failing_since = null, failure = null, failures = 0, version = version + 1
    where organisation_code = ${organisationCode} and failing_since < ${queuedAt.toISOString()}::timestamptz`);
  if (rowCount !== 1) return;
  await recordAudit(tx, actor, "mailbox.arrived", organisationCode);
  await announceMailbox(tx, organisationCode, "works");
};
