import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { deliveryView, mailboxStates, type DeliveryView, type Unreachable } from "./channels.schema.ts";

const instant = z.coerce.date().nullable();

const channel = z.object({
  mailbox: z.string().nullable(),
  confirmedAt: instant,
  testSentAt: instant,
  failingSince: instant,
  failure: z.string().nullable(),
  lastSentAt: instant,
  bypassPhone: z.string().nullable(),
  ownAddress: z.string(),
  isOptedIn: z.boolean(),
  people: z.number(),
  browsers: z.number(),
  isTestFresh: z.boolean(),
});
export type Channel = z.output<typeof channel>;

/** How the actor's organisation is reached, and whether the actor is told too. */
export const readChannel = async (q: Queryable, actor: Actor): Promise<Channel | undefined> => {
  const [found] = await rows(
    q,
    channel,
    sql`
      select c.mailbox, c.confirmed_at as "confirmedAt", c.test_sent_at as "testSentAt", c.failing_since as "failingSince",
        c.failure, c.last_sent_at as "lastSentAt", o.bypass_phone as "bypassPhone", u.email as "ownAddress",
        exists (select 1 from reach_people p where p.user_id = u.id and p.organisation_code = o.code) as "isOptedIn",
        (select count(*)::int from reach_people p where p.organisation_code = o.code) as people,
        (select count(*)::int from push_subscriptions s where s.organisation_code = o.code and s.user_id = u.id) as browsers,
        coalesce(c.test_sent_at > app_now() - interval '1 minute', false) as "isTestFresh"
      from organisations o join users u on u.id = ${actor.userId}
      left join reach_channels c on c.organisation_code = o.code
      where o.code = ${actor.organisationCode}`,
  );
  return found;
};

/** Sets the address of the desk's mailbox. True: it is another than before, and has to be confirmed. */
export const putMailbox = async (tx: Tx, organisationCode: string, mailbox: string): Promise<boolean> => {
  const changed = await rows(
    tx.q,
    z.object({ mailbox: z.string() }),
    sql`
      insert into reach_channels as c (organisation_code, mailbox, failures, version) values (${organisationCode}, ${mailbox}, 0, 1)
      on conflict (organisation_code) do update set mailbox = excluded.mailbox, confirmed_at = null, confirmed_by = null,
        test_hash = null, test_sent_at = null, failing_since = null, failure = null, failures = 0, last_sent_at = null,
        version = c.version + 1
      where c.mailbox <> excluded.mailbox
      returning mailbox`,
  );
  return changed.length === 1;
};

export const removeMailbox = async (tx: Tx, organisationCode: string): Promise<void> => {
  await tx.q.execute(sql`delete from reach_channels where organisation_code = ${organisationCode}`);
};

export const noteTest = async (tx: Tx, organisationCode: string, hash: string): Promise<void> => {
  await tx.q.execute(sql`
    update reach_channels set test_hash = ${hash}, test_sent_at = app_now(), version = version + 1
    where organisation_code = ${organisationCode}`);
};

/** Whether the secret is that of the organisation's last test message, of the last seven days. */
export const isTestSecret = async (q: Queryable, organisationCode: string, hash: string): Promise<boolean> => {
  const found = await rows(
    q,
    z.object({ one: z.number() }),
    sql`select 1 as one from reach_channels where organisation_code = ${organisationCode} and test_hash = ${hash}
        and test_sent_at > app_now() - interval '7 days'`,
  );
  return found.length === 1;
};

/** The message arrived: the mailbox works, whatever was wrong before. */
export const confirmTest = async (tx: Tx, actor: Actor): Promise<void> => {
  await tx.q.execute(sql`
    update reach_channels set confirmed_at = app_now(), confirmed_by = ${actor.userId}, failing_since = null, failure = null,
      failures = 0, version = version + 1
    where organisation_code = ${actor.organisationCode}`);
};

export const optIn = async (tx: Tx, actor: Actor): Promise<void> => {
  await tx.q.execute(sql`
    insert into reach_people (user_id, organisation_code, created_at)
    values (${actor.userId}, ${actor.organisationCode}, app_now()) on conflict do nothing`);
};

export const optOut = async (tx: Tx, actor: Actor): Promise<void> => {
  await tx.q.execute(sql`
    delete from reach_people where user_id = ${actor.userId} and organisation_code = ${actor.organisationCode}`);
};

const iso = z.coerce.date().transform((at) => at.toISOString());
const listed = z.object({
  ...deliveryView.shape,
  createdAt: iso,
  sentAt: iso.nullable(),
  seenAt: iso.nullable(),
  actedAt: iso.nullable(),
});

/** Own deliveries; for a broker those of the group's organisations (P3). */
const visibleTo = (actor: Actor): SQL =>
  isBroker(actor) && actor.groupCode !== null
    ? sql`d.organisation_code in (select organisation_code from sharing_memberships where group_code = ${actor.groupCode})`
    : sql`d.organisation_code = ${actor.organisationCode}`;

/** The delivery record, newest first: what was told to whom, how it fared, and whether anybody looked or answered. */
export const listDeliveries = async (
  q: Queryable,
  actor: Actor,
  filter: { readonly offerId?: string | undefined; readonly after?: string | undefined; readonly limit: number },
): Promise<DeliveryView[]> =>
  rows(
    q,
    listed,
    sql`
      select d.id, d.organisation_code as "organisationCode", d.kind, d.channel,
        case when d.recipient like 'desk:%' then 'desk' else 'person' end as "to", d.offer_id as "offerId", r.reference,
        case when d.dropped_at is not null or e.state = 'dropped' then 'not-sent' else coalesce(e.state, 'queued') end as state,
        coalesce(d.drop_reason, e.failure) as why, coalesce(e.attempts, 0) as attempts, d.created_at as "createdAt",
        e.sent_at as "sentAt", o.seen_at as "seenAt",
        case when o.state in ('accepted', 'part-accepted', 'declined') then o.answered_at end as "actedAt"
      from deliveries d left join envelopes e on e.id = d.envelope_id
      left join offers o on o.id = d.offer_id left join cover_requests r on r.id = o.request_id
      where ${visibleTo(actor)}
        and ${filter.offerId === undefined ? sql`true` : sql`d.offer_id = ${filter.offerId}::uuid`}
        and ${filter.after === undefined ? sql`true` : sql`d.id < ${filter.after}::uuid`}
      order by d.id desc limit ${filter.limit}`,
  );

const unreachable = z.object({
  organisationCode: z.string(),
  name: z.string(),
  phone: z.string().nullable(),
  state: z.enum(mailboxStates),
  since: iso.nullable(),
  waiting: z.number(),
});

/** Practices of a sharing group whose mailbox does not work, most urgent first: those where something waits. */
export const listUnreachable = async (q: Queryable, groupCode: string, limit: number): Promise<Unreachable[]> =>
  rows(
    q,
    unreachable,
    sql`
      select o.code as "organisationCode", o.name, o.bypass_phone as phone,
        case when c.organisation_code is null then 'none' when c.failing_since is not null then 'failing' else 'unconfirmed' end as state,
        coalesce(c.failing_since, c.test_sent_at) as since, waiting.n as waiting
      from sharing_memberships m join organisations o on o.code = m.organisation_code and o.status = 'ACTIVE' and o.kind <> 'federation'
      left join reach_channels c on c.organisation_code = o.code
      cross join lateral (select count(*)::int as n from offers f where f.state = 'waiting'
        and case f.awaiting when 'home' then f.home_code else f.supporting_code end = o.code) waiting
      where m.group_code = ${groupCode} and (c.organisation_code is null or c.failing_since is not null or c.confirmed_at is null)
      order by waiting.n desc, case when c.failing_since is not null then 0 when c.organisation_code is null then 1 else 2 end, o.name
      limit ${limit}`,
  );
