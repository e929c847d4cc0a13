import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { newId } from "../../platform/ids/ids.ts";
import { groupBy } from "../../platform/lists/lists.ts";
import type { MessageKind } from "./message-kinds.ts";
import type { Priority } from "../requests/index.ts";

const digest = z.object({ code: z.string(), at: z.coerce.date() });
const reachable = z.object({ isReachable: z.boolean() });

const recipient = z.object({
  channel: z.enum(["email", "push"]),
  /** `desk:A81001`, `user:ID`, `push:ID`. */
  recipient: z.string(),
  /** False: the mailbox is not confirmed, and the record says that nothing was sent. */
  isReachable: z.boolean(),
});
export type Recipient = z.output<typeof recipient>;

const recipientThere = recipient.extend({ code: z.string() });

/**
 * Who is told: of each organisation its mailbox, the users there who opted in and their browsers. Somebody who has left, or
 * has no role there any more, is nobody.
 */
export const recipientsAt = async (
  q: Queryable,
  organisationCodes: readonly string[],
): Promise<ReadonlyMap<string, Recipient[]>> => {
  const codes = sql`${sql.param([...organisationCodes])}::text[]`;
  const found = await rows(
    q,
    recipientThere,
    sql`
      select code, 'email' as channel, 'desk:' || code as recipient,
        exists (select 1 from reach_channels c where c.organisation_code = code and c.confirmed_at is not null) as "isReachable"
      from organisations where code = any(${codes})
      union all
      select p.organisation_code, 'email', 'user:' || p.user_id, true
      from reach_people p join users u on u.id = p.user_id and u.deactivated_at is null
      where p.organisation_code = any(${codes})
        and exists (select 1 from user_roles r where r.user_id = u.id and r.organisation_code = p.organisation_code)
      union all
      select s.organisation_code, 'push', 'push:' || s.id, true
      from push_subscriptions s join users u on u.id = s.user_id and u.deactivated_at is null
      where s.organisation_code = any(${codes})
        and exists (select 1 from user_roles r where r.user_id = u.id and r.organisation_code = s.organisation_code)`,
  );
  return groupBy(found, ({ code }) => code);
};

/** The user's own address and browsers. Somebody who has left is nobody. */
export const recipientsOfUser = async (q: Queryable, userId: string): Promise<Recipient[]> =>
  rows(
    q,
    recipient,
    sql`
      select 'email' as channel, 'user:' || u.id as recipient, true as "isReachable"
      from users u where u.id = ${userId}::uuid and u.deactivated_at is null
      union all
      select 'push', 'push:' || s.id, true
      from push_subscriptions s join users u on u.id = s.user_id and u.deactivated_at is null where s.user_id = ${userId}::uuid`,
  );

/** When each organisation's last bundle of routine messages went; those that had none are missing. */
export const lastDigestsOf = async (
  q: Queryable,
  organisationCodes: readonly string[],
): Promise<ReadonlyMap<string, Date>> => {
  const found = await rows(
    q,
    digest,
    sql`select organisation_code as code, last_digest_at as at from reach_channels
        where organisation_code = any(${sql.param([...organisationCodes])}::text[]) and last_digest_at is not null`,
  );
  return new Map(found.map(({ code, at }) => [code, at]));
};

export interface DeliveryDraft {
  readonly organisationCode: string | null;
  readonly recipients: readonly Recipient[];
  readonly cause: string;
  readonly kind: MessageKind;
  readonly priority: Priority;
  readonly offerId: string | null;
  readonly content: Readonly<Record<string, unknown>>;
  readonly dueAt: Date;
}

/** One row a recipient of each draft, unless there is one of the same cause. Returns how many are new and will be sent. */
export const insertDeliveries = async (tx: Tx, drafts: readonly DeliveryDraft[]): Promise<number> => {
  const each = drafts.map((draft) => ({
    ...draft,
    recipients: draft.recipients.map((one) => ({ ...one, id: newId() })),
  }));
  const made = await rows(
    tx.q,
    reachable,
    sql`
      insert into deliveries (id, cause, organisation_code, channel, recipient, kind, priority, offer_id, content, due_at,
                              dropped_at, drop_reason, is_digest, created_at)
      select t.id, d.cause, d."organisationCode", t.channel, t.recipient, d.kind, d.priority, d."offerId", d.content, d."dueAt",
             case when not t."isReachable" then app_now() end, case when not t."isReachable" then 'no-address' end,
             d.priority = 'routine' and t.channel = 'email', app_now()
      from jsonb_to_recordset(${JSON.stringify(each)}::jsonb) as d(
        cause text, "organisationCode" text, kind text, priority text, "offerId" uuid, content jsonb, "dueAt" timestamptz,
        recipients jsonb)
      cross join lateral jsonb_to_recordset(d.recipients) as t(id uuid, channel text, recipient text, "isReachable" boolean)
      on conflict (cause, recipient) do nothing
      returning dropped_at is null as "isReachable"`,
  );
  return made.filter(({ isReachable }) => isReachable).length;
};
