import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Database, type Queryable, type Tx } from "../../platform/db/database.ts";
import { letter } from "./letter.schema.ts";

const stored = z.object({ isNew: z.boolean() });

const claimed = z.object({
  id: z.string(),
  organisationCode: z.string().nullable(),
  channel: z.enum(["email", "push"]),
  recipient: z.string(),
  address: z.string(),
  content: letter,
  attempts: z.number(),
  createdAt: z.coerce.date(),
  /** Everything it was about has ended meanwhile. */
  isOver: z.boolean(),
  /** Tried for two days. */
  isStale: z.boolean(),
});
export type ClaimedEnvelope = z.output<typeof claimed>;

/** Longer than any courier may take; a process that dies in between leaves its envelope to another after this. */
export const LEASE_SECONDS = 90;

/** Takes one envelope that is due, alone, for the time of the lease. */
export const claimEnvelope = async (q: Queryable): Promise<ClaimedEnvelope | undefined> => {
  const [found] = await rows(
    q,
    claimed,
    sql`
      update envelopes e set lease_until = clock_timestamp() + ${LEASE_SECONDS} * interval '1 second', attempts = attempts + 1
      where id = (select id from envelopes where state = 'queued' and next_at <= app_now()
                    and (lease_until is null or lease_until < clock_timestamp())
                  order by next_at, id limit 1 for update skip locked)
      returning id, organisation_code as "organisationCode", channel, recipient, address, content, attempts,
        created_at as "createdAt", created_at < app_now() - interval '2 days' as "isStale",
        not exists (select 1 from deliveries d left join offers o on o.id = d.offer_id where d.envelope_id = e.id
          and not (d.kind in ('offer', 'nudge') and (o.state <> 'waiting' or o.expires_at <= app_now()))) as "isOver"`,
  );
  return found;
};

export type Ending = "sent" | "bounced" | "failed" | "dropped";

/** Ends what was claimed. False: somebody else has ended it. */
export const endEnvelope = async (
  q: Queryable,
  id: string,
  ending: Ending,
  failure: string | null,
): Promise<boolean> => {
  const result = await q.execute(sql`
    update envelopes set state = ${ending}, failure = ${failure}, lease_until = null,
      sent_at = case when ${ending} = 'sent' then app_now() end, ended_at = app_now()
    where id = ${id} and state = 'queued'`);
  return result.rowCount === 1;
};

/** Gives it back, to be tried again after so many seconds. */
export const postponeEnvelope = async (q: Queryable, id: string, seconds: number, failure: string): Promise<void> => {
  await q.execute(sql`
    update envelopes set lease_until = null, failure = ${failure}, next_at = app_now() + ${seconds} * interval '1 second'
    where id = ${id} and state = 'queued'`);
};

/** A mailbox took a message: whatever was wrong with it is over, unless a report of non-delivery said so. */
export const noteMailboxWorks = async (q: Queryable, organisationCode: string, mailbox: string): Promise<void> => {
  await q.execute(sql`
    update reach_channels set last_sent_at = app_now(), failures = 0,
      failing_since = case when failure like 'report %' then failing_since end,
      failure = case when failure like 'report %' then failure end
    where organisation_code = ${organisationCode} and mailbox = ${mailbox}`);
};

/** A message to a mailbox could not be delivered. True: it is dead from now on, and was not before. */
export const noteMailboxFailed = async (
  tx: Tx,
  organisationCode: string,
  mailbox: string,
  failure: string,
  isFinal: boolean,
): Promise<boolean> => {
  const [found] = await rows(
    tx.q,
    stored,
    sql`
      update reach_channels c set failures = c.failures + 1, failure = ${failure},
        failing_since = case when c.failing_since is not null then c.failing_since
                             when ${isFinal} or c.failures + 1 >= 3 then app_now() end
      from (select organisation_code, failing_since as before from reach_channels
            where organisation_code = ${organisationCode} for update) old
      where c.organisation_code = old.organisation_code and c.mailbox = ${mailbox}
      returning (old.before is null and c.failing_since is not null) as "isNew"`,
  );
  return found?.isNew ?? false;
};

export const organisationOf = (recipient: string): string | undefined =>
  recipient.startsWith("desk:") ? recipient.slice(5) : undefined;

/** A browser that took its permission back, or was reinstalled. */
export const forgetSubscription = async (q: Database["q"], id: string): Promise<void> => {
  await q.execute(sql`delete from push_subscriptions where id = ${id}::uuid`);
};
