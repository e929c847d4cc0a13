import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../../platform/db/database.ts";
import { newId } from "../../../platform/ids/ids.ts";
import type { Actor } from "../../access/index.ts";

const subscription = z.object({ endpoint: z.string(), p256dh: z.string(), auth: z.string() });
export type Subscription = z.output<typeof subscription>;

export const findSubscription = async (q: Queryable, id: string): Promise<Subscription | undefined> => {
  const [found] = await rows(
    q,
    subscription,
    sql`select endpoint, p256dh, auth from push_subscriptions where id = ${id}::uuid`,
  );
  return found;
};

/** A browser belongs to whoever subscribed last with it, for the organisation acted for: desks share computers. */
export const putSubscription = async (tx: Tx, actor: Actor, given: Subscription): Promise<void> => {
  await tx.q.execute(sql`
    insert into push_subscriptions (id, user_id, organisation_code, endpoint, p256dh, auth, created_at)
    values (${newId()}, ${actor.userId}, ${actor.organisationCode}, ${given.endpoint}, ${given.p256dh}, ${given.auth}, app_now())
    on conflict (endpoint) do update set user_id = excluded.user_id, organisation_code = excluded.organisation_code,
      p256dh = excluded.p256dh, auth = excluded.auth, created_at = excluded.created_at`);
};

export const removeSubscription = async (tx: Tx, actor: Actor, endpoint: string): Promise<void> => {
  await tx.q.execute(sql`delete from push_subscriptions where endpoint = ${endpoint} and user_id = ${actor.userId}`);
};

const browser = z.object({
  id: z.string(),
  /** SHA-256 of its endpoint: a browser that knows its own finds itself in the list. */
  mark: z.string(),
  createdAt: z.coerce.date(),
});
export type Browser = z.output<typeof browser>;

/** The actor's browsers that are told of what concerns the organisation acted for, newest first. */
export const listBrowsers = async (q: Queryable, actor: Actor): Promise<Browser[]> =>
  rows(
    q,
    browser,
    sql`select id, encode(sha256(convert_to(endpoint, 'UTF8')), 'hex') as mark, created_at as "createdAt"
        from push_subscriptions where user_id = ${actor.userId} and organisation_code = ${actor.organisationCode}
        order by id desc limit 50`,
  );

/** False: it is not the actor's, or was gone already. */
export const removeListed = async (tx: Tx, actor: Actor, id: string): Promise<boolean> => {
  const { rowCount } = await tx.q.execute(sql`
    delete from push_subscriptions where id = ${id}::uuid and user_id = ${actor.userId}
      and organisation_code = ${actor.organisationCode}`);
  return rowCount === 1;
};
