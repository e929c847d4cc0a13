import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { isoText } from "../../platform/db/iso-text.ts";
import { newId } from "../../platform/ids/ids.ts";
import { deliveryView, webhookView, type DeliveryView, type WebhookView } from "./webhooks.schema.ts";
import { webhookEndpoints } from "./webhooks.table.ts";

const int = z.coerce.number();
const listed = webhookView.extend({ afterOffset: int, lastOffset: int });

const view = sql`
  w.id, w.url, w.types, w.state, w.end_reason as "endReason", w.after_offset as "afterOffset",
  coalesce(h.last_offset, 0) as "lastOffset", w.failures, ${isoText(sql`w.failing_since`)} as "failingSince",
  case when w.state = 'active' then ${isoText(sql`w.due_at`)} end as "nextTryAt",
  case when w.previous_until > app_now() then ${isoText(sql`w.previous_until`)} end as "rotatingUntil",
  ${isoText(sql`w.created_at`)} as "createdAt", w.version`;

/** The organisation's webhooks, the oldest first. */
export const listWebhooks = async (q: Queryable, organisationCode: string): Promise<WebhookView[]> =>
  rows(
    q,
    listed,
    sql`select ${view} from webhook_endpoints w left join event_heads h on h.stream = w.organisation_code
        where w.organisation_code = ${organisationCode} order by w.created_at, w.id`,
  );

/** Undefined where it is not the organisation's own (P3). */
export const findWebhook = async (
  q: Queryable,
  organisationCode: string,
  id: string,
): Promise<WebhookView | undefined> => {
  const [found] = await rows(
    q,
    listed,
    sql`select ${view} from webhook_endpoints w left join event_heads h on h.stream = w.organisation_code
        where w.organisation_code = ${organisationCode} and w.id = ${id}`,
  );
  return found;
};

const target = z.object({
  id: z.string(),
  organisationCode: z.string(),
  url: z.string(),
  secret: z.string(),
  previousSecret: z.string().nullable(),
  types: z.array(z.string()),
  afterOffset: int,
});
/** What sending needs of an endpoint. */
export type Target = z.output<typeof target>;

const targetColumns = sql`
  w.id, w.organisation_code as "organisationCode", w.url, w.secret, w.types, w.after_offset as "afterOffset",
  case when w.previous_until > app_now() then w.previous_secret end as "previousSecret"`;

/** For sending one message because somebody asked. */
export const readTarget = async (q: Queryable, organisationCode: string, id: string): Promise<Target | undefined> => {
  const [found] = await rows(
    q,
    target,
    sql`select ${targetColumns} from webhook_endpoints w where w.id = ${id} and w.organisation_code = ${organisationCode}`,
  );
  return found;
};

/**
 * Takes one endpoint that has something to send and that nobody is sending to: for `leaseMs`, so that the endpoint of a
 * process which dies is free again by itself.
 */
export const claimEndpoint = async (
  q: Queryable,
  leaseMs: number,
): Promise<(Target & { leaseId: string }) | undefined> => {
  const leaseId = newId();
  const [found] = await rows(
    q,
    target,
    sql`
      update webhook_endpoints w
      set lease_id = ${leaseId}, leased_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
      where w.id = (
        select e.id from webhook_endpoints e join event_heads h on h.stream = e.organisation_code
        where e.state = 'active' and h.last_offset > e.after_offset and (e.due_at is null or e.due_at <= app_now())
          and (e.leased_until is null or e.leased_until < clock_timestamp())
        -- Whichever: among more than are carried at once, a busy one must not always come first.
        order by random() limit 1 for update of e skip locked)
      returning ${targetColumns}`,
  );
  return found === undefined ? undefined : { ...found, leaseId };
};

/** How far an endpoint has come: only while the lease is still held, which is the answer. */
export const moveOn = async (
  q: Queryable,
  held: { readonly id: string; readonly leaseId: string },
  afterOffset: number,
  leaseMs: number,
): Promise<boolean> => {
  const { rowCount } = await q.execute(sql`
    update webhook_endpoints
    set after_offset = ${afterOffset}, failures = 0, failing_since = null, due_at = null,
        leased_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
    where id = ${held.id} and lease_id = ${held.leaseId}`);
  return rowCount === 1;
};

export const giveBack = async (
  q: Queryable,
  held: { readonly id: string; readonly leaseId: string },
): Promise<void> => {
  await q.execute(sql`
    update webhook_endpoints set lease_id = null, leased_until = null where id = ${held.id} and lease_id = ${held.leaseId}`);
};

const failing = z.object({ failures: z.number(), since: z.coerce.date(), now: z.coerce.date() });

/** Counts one more failure and locks the row; undefined where the lease was taken away. */
export const countFailure = async (
  tx: Tx,
  held: { readonly id: string; readonly leaseId: string },
): Promise<z.output<typeof failing> | undefined> => {
  const [found] = await rows(
    tx.q,
    failing,
    sql`update webhook_endpoints
        set failures = failures + 1, failing_since = coalesce(failing_since, app_now()), lease_id = null, leased_until = null
        where id = ${held.id} and lease_id = ${held.leaseId}
        returning failures, failing_since as since, app_now() as now`,
  );
  return found;
};

/** Whatever somebody changes takes effect at once: the lease of a turn under way ends with it. */
export const changeEndpoint = async (
  q: Queryable,
  id: string,
  values: Partial<Omit<typeof webhookEndpoints.$inferInsert, "id" | "version">>,
): Promise<void> => {
  await q
    .update(webhookEndpoints)
    .set({ ...values, leaseId: null, leasedUntil: null, version: sql`${webhookEndpoints.version} + 1` })
    .where(eq(webhookEndpoints.id, id));
};

export const deleteEndpoint = async (q: Queryable, organisationCode: string, id: string): Promise<boolean> => {
  const { rowCount } = await q
    .delete(webhookEndpoints)
    .where(and(eq(webhookEndpoints.id, id), eq(webhookEndpoints.organisationCode, organisationCode)));
  return rowCount === 1;
};

export interface Delivery {
  readonly endpointId: string;
  readonly kind: DeliveryView["kind"];
  readonly messageId: string;
  readonly offset: number | null;
  readonly type: string;
  readonly isDelivered: boolean;
  readonly status: number | null;
  readonly problem: string | null;
  readonly ms: number;
}

/** Writes down a try. Tries of one event in its turn share a row. */
export const noteDelivery = async (q: Queryable, delivery: Delivery): Promise<void> => {
  const { endpointId, kind, messageId, offset, type, isDelivered, status, problem, ms } = delivery;
  await q.execute(sql`
    insert into webhook_deliveries (id, endpoint_id, kind, message_id, "offset", type, state, tries, status, problem, ms, created_at, last_at)
    select ${newId()}, ${endpointId}, ${kind}, ${messageId}, ${offset}, ${type}, ${isDelivered ? "delivered" : "failed"}, 1,
           ${status}, ${problem}, ${ms}, app_now(), app_now()
    where exists (select 1 from webhook_endpoints where id = ${endpointId})
    on conflict (endpoint_id, "offset") where kind = 'event' do update
    set state = excluded.state, tries = webhook_deliveries.tries + 1, status = excluded.status, problem = excluded.problem,
        ms = excluded.ms, last_at = excluded.last_at, type = excluded.type, message_id = excluded.message_id`);
};

/** The latest tries first. */
export const listDeliveries = async (
  q: Queryable,
  endpointId: string,
  filter: { readonly state?: DeliveryView["state"] | undefined; readonly limit: number },
): Promise<DeliveryView[]> =>
  rows(
    q,
    deliveryView.extend({ offset: int.nullable() }),
    sql`select id, kind, message_id as "messageId", "offset", type, state, tries, status, problem, ms,
               ${isoText(sql`last_at`)} as "lastAt"
        from webhook_deliveries where endpoint_id = ${endpointId}
          and ${filter.state === undefined ? sql`true` : sql`state = ${filter.state}`}
        order by last_at desc, id desc limit ${filter.limit}`,
  );

const wanted = z.object({ lastOffset: int, prunedThrough: int, now: z.coerce.date() });
const logged = z.object({
  stream: z.string(),
  offset: int,
  id: z.string(),
  type: z.string(),
  at: z.coerce.date(),
  data: z.record(z.string(), z.unknown()),
});

/** The head of the log, and the next events of the wanted types after `after`, read in one statement's view of the log. */
export const readWanted = async (
  q: Queryable,
  organisationCode: string,
  after: number,
  types: readonly string[],
  limit: number,
): Promise<z.output<typeof wanted> & { readonly events: z.output<typeof logged>[] }> => {
  const found = await rows(
    q,
    wanted.extend({ event: logged.nullable() }),
    sql`
      select h.last_offset as "lastOffset", h.pruned_through as "prunedThrough", app_now() as now,
             case when e.id is null then null else json_build_object('stream', e.stream, 'offset', e."offset", 'id', e.id,
               'type', e.type, 'at', e.at, 'data', e.data) end as event
      from event_heads h left join lateral (
        select * from events where events.stream = h.stream and events."offset" > ${after}
          and (cardinality(${sql.param([...types])}::text[]) = 0 or type = any(${sql.param([...types])}::text[]))
        order by events."offset" limit ${limit}) e on true
      where h.stream = ${organisationCode} order by e."offset"`,
  );
  const [first] = found;
  if (first === undefined) return { lastOffset: 0, prunedThrough: 0, now: new Date(0), events: [] };
  const { lastOffset, prunedThrough, now } = first;
  return { lastOffset, prunedThrough, now, events: found.flatMap(({ event }) => (event === null ? [] : [event])) };
};
