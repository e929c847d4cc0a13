import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";

const seconds = z.coerce.number();

const outbox = z.object({
  /** When a practice's mailbox last took a message; null: none ever has. */
  lastSentAt: z.coerce.date().nullable(),
  /** Composed messages that are still to go, and for how long the oldest has been. */
  mail: z.object({ waiting: z.number(), oldestSeconds: seconds }),
  push: z.object({ waiting: z.number(), oldestSeconds: seconds }),
});
export type Outbox = z.output<typeof outbox>;

/** How the sending of messages fares: over what is still to go (a partial index) and the mailboxes, never over history. */
export const readOutbox = async (q: Queryable): Promise<Outbox> => {
  const [found] = await rows(
    q,
    outbox,
    sql`
      with waiting as (select channel, created_at from envelopes where state = 'queued'),
      by_channel as (
        select c.channel, jsonb_build_object('waiting', count(w.channel), 'oldestSeconds',
                 coalesce(greatest(extract(epoch from app_now() - min(w.created_at)), 0), 0)) as figures
        from unnest(array['email', 'push']) as c(channel) left join waiting w using (channel) group by 1
      )
      select (select max(last_sent_at) from reach_channels) as "lastSentAt",
             (select figures from by_channel where channel = 'email') as mail,
             (select figures from by_channel where channel = 'push') as push`,
  );
  if (found === undefined) throw new Error("the outbox came without a row");
  return found;
};
