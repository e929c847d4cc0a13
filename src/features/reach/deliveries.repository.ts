import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { newId } from "../../platform/ids/ids.ts";
import type { MessageKind } from "./message-kinds.ts";
import type { Priority } from "../requests/index.ts";

const instant = z.object({ at: z.coerce.date() });
const reachable = z.object({ isReachable: z.boolean() });

const recipient = z.object({
  channel: z.enum(["email", "push"]),
  /** `desk:A81001`, `user:ID`, `push:ID`. */
  recipient: z.string(),
  /** False: the mailbox is not confirmed, and the record says that nothing was sent. */
  isReachable: z.boolean(),
});
export type Recipient = z.output<typeof recipient>;

/**
 * Who is told: of an organisation its mailbox, the users there who opted in and their browsers; of a user the own address
 * and browsers. Somebody who has left, or has no role there any more, is nobody.
 */
export const recipientsOf = async (
  q: Queryable,
  of: { readonly organisationCode?: string | undefined; readonly userId?: string | undefined },
): Promise<Recipient[]> =>
  rows(
    q,
    recipient,
    sql`
      select 'email' as channel, 'desk:' || code as recipient,
        exists (select 1 from reach_channels c where c.organisation_code = code and c.confirmed_at is not null) as "isReachable"
      from organisations where code = ${of.organisationCode ?? null}
      union all
      select 'email', 'user:' || p.user_id, true
      from reach_people p join users u on u.id = p.user_id and u.deactivated_at is null
      where p.organisation_code = ${of.organisationCode ?? null}
        and exists (select 1 from user_roles r where r.user_id = u.id and r.organisation_code = p.organisation_code)
      union all
      select 'email', 'user:' || u.id, true from users u where u.id = ${of.userId ?? null}::uuid and u.deactivated_at is null
      union all
      select 'push', 'push:' || s.id, true
      from push_subscriptions s join users u on u.id = s.user_id and u.deactivated_at is null
      where (s.organisation_code = ${of.organisationCode ?? null}
             and exists (select 1 from user_roles r where r.user_id = u.id and r.organisation_code = s.organisation_code))
         or s.user_id = ${of.userId ?? null}::uuid`,
  );

/** When the organisation's last bundle of routine messages went. */
export const lastDigestOf = async (q: Queryable, organisationCode: string): Promise<Date | undefined> => {
  const [found] = await rows(
    q,
    instant,
    sql`select last_digest_at as at from reach_channels
        where organisation_code = ${organisationCode} and last_digest_at is not null`,
  );
  return found?.at;
};

export interface DeliveryDraft {
  readonly cause: string;
  readonly kind: MessageKind;
  readonly priority: Priority;
  readonly offerId: string | null;
  readonly content: Readonly<Record<string, unknown>>;
  readonly dueAt: Date;
}

/** One row a recipient, unless there is one of the same cause. Returns how many are new and will be sent. */
export const insertDeliveries = async (
  tx: Tx,
  organisationCode: string | null,
  recipients: readonly Recipient[],
  draft: DeliveryDraft,
): Promise<number> => {
  const each = recipients.map((one) => ({ ...one, id: newId() }));
  const made = await rows(
    tx.q,
    reachable,
    sql`
      insert into deliveries (id, cause, organisation_code, channel, recipient, kind, priority, offer_id, content, due_at,
                              dropped_at, drop_reason, is_digest, created_at)
      select t.id, ${draft.cause}, ${organisationCode}, t.channel, t.recipient, ${draft.kind}, ${draft.priority},
             ${draft.offerId}::uuid, ${JSON.stringify(draft.content)}::jsonb, ${draft.dueAt.toISOString()}::timestamptz,
             case when not t."isReachable" then app_now() end, case when not t."isReachable" then 'no-address' end,
             ${draft.priority === "routine"} and t.channel = 'email', app_now()
      from jsonb_to_recordset(${JSON.stringify(each)}::jsonb) as t(id uuid, channel text, recipient text, "isReachable" boolean)
      on conflict (cause, recipient) do nothing
      returning dropped_at is null as "isReachable"`,
  );
  return made.filter(({ isReachable }) => isReachable).length;
};
