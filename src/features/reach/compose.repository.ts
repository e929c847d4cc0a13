import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { newId } from "../../platform/ids/ids.ts";
import { unique } from "../../platform/lists/lists.ts";
import { priorities } from "../requests/index.ts";
import type { Composed } from "./compose.rules.ts";
import type { OfferFacts } from "./offer-words.rules.ts";

const addressed = z.object({ recipient: z.string() });

/** Recipients for whom something is due, longest first. */
export const recipientsWithDue = async (q: Queryable, limit: number): Promise<string[]> =>
  (
    await rows(
      q,
      addressed,
      sql`select recipient, min(due_at) as due from deliveries
          where envelope_id is null and dropped_at is null and due_at <= app_now()
          group by recipient order by 2, 1 limit ${limit}`,
    )
  ).map(({ recipient }) => recipient);

const dueDelivery = z.object({
  id: z.string(),
  organisationCode: z.string().nullable(),
  channel: z.enum(["email", "push"]),
  kind: z.string(),
  isDigest: z.boolean(),
  offerId: z.string().nullable(),
  content: z.record(z.string(), z.unknown()),
  /** Older than two days: nobody wants to hear it any more. */
  isStale: z.boolean(),
});
export type DueDelivery = z.output<typeof dueDelivery>;

/** Takes what is due for one recipient; what another process has taken is not seen. */
export const takeDue = async (tx: Tx, recipient: string, limit: number): Promise<DueDelivery[]> =>
  rows(
    tx.q,
    dueDelivery,
    sql`select id, organisation_code as "organisationCode", channel, kind, is_digest as "isDigest", offer_id as "offerId",
               content, due_at < app_now() - interval '2 days' as "isStale"
        from deliveries
        where recipient = ${recipient} and envelope_id is null and dropped_at is null and due_at <= app_now()
        order by created_at, id limit ${limit} for update skip locked`,
  );

const place = z.object({ address: z.string().nullable(), forName: z.string() });

/** Where a recipient is reached just now, and for whom: a mailbox that is not confirmed only by its own test message. */
export const placeOf = async (
  q: Queryable,
  recipient: string,
  organisationCode: string | null,
): Promise<{ readonly address: string | null; readonly unconfirmed: string | null; readonly forName: string }> => {
  const [kind = "", id = ""] = recipient.split(/:(.*)/);
  const [found] = await rows(
    q,
    place.extend({ unconfirmed: z.string().nullable() }),
    kind === "desk"
      ? sql`select case when c.confirmed_at is not null then c.mailbox end as address, c.mailbox as unconfirmed, o.name as "forName"
            from organisations o left join reach_channels c on c.organisation_code = o.code where o.code = ${id}`
      : kind === "push"
        ? sql`select s.id::text as address, s.id::text as unconfirmed, o.name as "forName" from push_subscriptions s
              join organisations o on o.code = s.organisation_code where s.id = ${id}::uuid`
        : sql`select u.email as address, u.email as unconfirmed, coalesce(o.name, u.name) as "forName" from users u
              left join organisations o on o.code = ${organisationCode}
              where u.id = ${id}::uuid and u.deactivated_at is null`,
  );
  return found ?? { address: null, unconfirmed: null, forName: "" };
};

const offerFacts = z.object({
  id: z.string(),
  desk: z.string(),
  reference: z.string(),
  state: z.string(),
  kind: z.enum(["slots", "call"]),
  awaiting: z.enum(["supporting", "home"]),
  priority: z.enum(priorities),
  homeName: z.string(),
  supportingName: z.string(),
  km: z.number(),
  expiresAt: z.coerce.date(),
  wanted: z.array(z.object({ service: z.string(), minutes: z.number(), count: z.number(), dueBy: z.coerce.date() })),
  requires: z.array(z.string()),
  times: z.array(z.coerce.date()),
});

/** Offers as they stand now, with what they still ask for. */
export const readOfferFacts = async (q: Queryable, ids: readonly string[]): Promise<OfferFacts[]> =>
  ids.length === 0
    ? []
    : rows(
        q,
        offerFacts,
        sql`
          select o.id, case o.awaiting when 'home' then o.home_code else o.supporting_code end as desk, r.reference,
            case when o.state = 'waiting' and o.expires_at <= app_now() then 'lapsed' else o.state end as state,
            o.kind, o.awaiting, o.priority, home.name as "homeName", supporting.name as "supportingName", o.km,
            o.expires_at as "expiresAt",
            coalesce((select jsonb_agg(jsonb_build_object('service', t.service_code, 'minutes', t.minutes, 'count', t.n, 'dueBy', t.due_by)
                        order by t.due_by, t.service_code)
              from (select l.service_code, l.minutes, l.due_by, count(*)::int as n
                    from offer_needs x join needs n on n.id = x.need_id join need_lines l on l.id = n.line_id
                    where x.offer_id = o.id and x.is_live group by 1, 2, 3) t), '[]') as wanted,
            array(select distinct unnest(l.requires) from offer_needs x join needs n on n.id = x.need_id
                  join need_lines l on l.id = n.line_id where x.offer_id = o.id and x.is_live order by 1) as requires,
            coalesce((select jsonb_agg(s.starts_at order by s.starts_at) from offer_slots x join slots s on s.id = x.slot_id
              where x.offer_id = o.id and x.is_live), '[]') as times
          from offers o join cover_requests r on r.id = o.request_id
          join organisations home on home.code = o.home_code
          join organisations supporting on supporting.code = o.supporting_code
          where o.id = any(${sql.param([...ids])}::uuid[])`,
      );

const earlier = z.object({ offerId: z.string(), fate: z.enum(["told", "on-its-way", "never"]) });

/** What became of the message that asked this recipient: a stand-down follows only where one arrived (or may have). */
export const fateOfAsking = async (
  q: Queryable,
  recipient: string,
  offerIds: readonly string[],
): Promise<ReadonlyMap<string, z.output<typeof earlier>["fate"]>> => {
  if (offerIds.length === 0) return new Map();
  const found = await rows(
    q,
    earlier,
    sql`select d.offer_id as "offerId",
          case when e.state in ('sent', 'delivered') then 'told'
               when e.state = 'queued' and e.lease_until > clock_timestamp() then 'on-its-way' else 'never' end as fate
        from deliveries d left join envelopes e on e.id = d.envelope_id
        where d.recipient = ${recipient} and d.kind = 'offer' and d.offer_id = any(${sql.param([...offerIds])}::uuid[])`,
  );
  return new Map(found.map(({ offerId, fate }) => [offerId, fate]));
};

/** Names and numbers of desks that may be rung. */
export const readPhones = async (
  q: Queryable,
  codes: readonly string[],
): Promise<ReadonlyMap<string, { readonly name: string; readonly phone: string }>> => {
  if (codes.length === 0) return new Map();
  const found = await rows(
    q,
    z.object({ code: z.string(), name: z.string(), phone: z.string() }),
    sql`select code, name, bypass_phone as phone from organisations
        where code = any(${sql.param(unique(codes))}::text[]) and bypass_phone is not null`,
  );
  return new Map(found.map(({ code, name, phone }) => [code, { name, phone }]));
};

export const dropDeliveries = async (tx: Tx, ids: readonly string[], reason: string): Promise<void> => {
  if (ids.length === 0) return;
  await tx.q.execute(sql`update deliveries set dropped_at = app_now(), drop_reason = ${reason}
                         where id = any(${sql.param([...ids])}::uuid[])`);
};

/** A little later: what decides it is being sent just now. */
export const postponeDeliveries = async (tx: Tx, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return;
  await tx.q.execute(sql`update deliveries set due_at = app_now() + interval '1 minute'
                         where id = any(${sql.param([...ids])}::uuid[])`);
};

/** Puts one composed message into the box of what is to be sent, and notes which deliveries went into it. */
export const insertEnvelope = async (
  tx: Tx,
  to: {
    readonly organisationCode: string | null;
    readonly channel: "email" | "push";
    readonly recipient: string;
    readonly address: string;
  },
  { deliveryIds, letter }: Composed,
): Promise<string> => {
  const id = newId();
  await tx.q.execute(sql`
    with made as (
      insert into envelopes (id, organisation_code, channel, recipient, address, content, state, attempts, next_at, created_at)
      values (${id}, ${to.organisationCode}, ${to.channel}, ${to.recipient}, ${to.address}, ${JSON.stringify(letter)}::jsonb,
              'queued', 0, app_now(), app_now())
    )
    update deliveries set envelope_id = ${id} where id = any(${sql.param([...deliveryIds])}::uuid[])`);
  return id;
};

export const markDigest = async (tx: Tx, organisationCode: string): Promise<void> => {
  await tx.q.execute(
    sql`update reach_channels set last_digest_at = app_now() where organisation_code = ${organisationCode}`,
  );
};
