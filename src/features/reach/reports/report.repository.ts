import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Tx } from "../../../platform/db/database.ts";

const reported = z.object({
  recipient: z.string(),
  address: z.string(),
  state: z.enum(["queued", "sent", "delivered", "bounced", "failed", "dropped"]),
  createdAt: z.coerce.date(),
  /** Somebody at the desk has said since then that mail arrives: what the report says of the mailbox is over. */
  isOvertaken: z.boolean(),
});

/** The message that a report is about, locked; undefined: there is none such (any more). */
export const takeEnvelope = async (tx: Tx, id: string): Promise<z.output<typeof reported> | undefined> => {
  const [found] = await rows(
    tx.q,
    reported,
    sql`
      select recipient, address, state, created_at as "createdAt",
        exists (select 1 from reach_channels c where 'desk:' || c.organisation_code = e.recipient
          and c.mailbox = e.address and c.confirmed_at > e.created_at) as "isOvertaken"
      from envelopes e where id = ${id}::uuid and channel = 'email' for update`,
  );
  return found;
};

/**
 * What a report says becomes of the message. False: it was known, or is less than what is known: a message that came back
 * stays so, for it went to one address.
 */
export const markReported = async (
  tx: Tx,
  id: string,
  state: "delivered" | "bounced",
  failure: string | null,
): Promise<boolean> => {
  const result = await tx.q.execute(sql`
    update envelopes set state = ${state}, failure = ${failure}, lease_until = null, ended_at = app_now(),
      sent_at = coalesce(sent_at, app_now())
    where id = ${id}::uuid and state in ('sent', 'queued', 'delivered') and state <> ${state}`);
  return result.rowCount === 1;
};

/** A message lies in the mailbox that was written after it began to fail: it works again. True: it failed until now. */
export const noteMailboxDelivers = async (
  tx: Tx,
  organisationCode: string,
  mailbox: string,
  writtenAt: Date,
): Promise<boolean> => {
  const result = await tx.q.execute(sql`
    update reach_channels set failing_since = null, failure = null, failures = 0
    where organisation_code = ${organisationCode} and mailbox = ${mailbox}
      and failing_since < ${writtenAt.toISOString()}::timestamptz`);
  return result.rowCount === 1;
};
