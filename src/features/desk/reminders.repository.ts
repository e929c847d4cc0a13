import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";

const reminders = z.object({
  /** Asked whether next week has the same clinics, and nobody has answered. */
  isAskedNextWeek: z.boolean(),
  /** Webhooks that were disabled because nothing arrived. */
  stoppedWebhooks: z.number(),
  /** What is wrong with the mailbox: nobody but who looks here is told. Without one that is a choice, and no trouble. */
  mailboxTrouble: z.enum(["failing", "unconfirmed"]).nullable(),
});
export type Reminders = z.output<typeof reminders>;

/** What waits for somebody without hurry, also where no mail is sent: one statement, since a desk is read all day. */
export const readReminders = async (q: Queryable, organisationCode: string): Promise<Reminders> => {
  const [found] = await rows(
    q,
    reminders,
    sql`select exists (select 1 from next_week_asks where organisation_code = ${organisationCode} and answer is null
                         and week_of = date_trunc('week', app_now() at time zone 'Europe/London')::date) as "isAskedNextWeek",
               (select count(*)::int from webhook_endpoints
                where organisation_code = ${organisationCode} and state = 'disabled') as "stoppedWebhooks",
               (select case when failing_since is not null then 'failing' when confirmed_at is null then 'unconfirmed' end
                from reach_channels where organisation_code = ${organisationCode}) as "mailboxTrouble"`,
  );
  return found ?? { isAskedNextWeek: false, stoppedWebhooks: 0, mailboxTrouble: null };
};
