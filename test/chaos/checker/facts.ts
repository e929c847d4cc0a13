import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Database, type Queryable } from "../../../src/platform/db/database.ts";
import { LONG_LOG } from "../model/world.ts";
import { servableButOpen } from "./servable.ts";

/*
 * What the database holds, as rows and nothing more: the checker makes its own sense of them, with none of the product's
 * code but the parsing of rows.
 */

const text = z.string();
const instant = z.coerce.date();
const data = z.record(text, z.unknown());

const event = z.object({ stream: text, offset: z.coerce.number(), id: text, type: text, data });
const head = z.object({ stream: text, last: z.coerce.number() });
const federation = z.object({ group: text, code: text });
const request = z.object({ id: text, reference: text, home: text, group: text, user: text, paused: z.boolean() });
const need = z.object({
  id: text,
  requestId: text,
  ref: text,
  state: text,
  ring: z.number(),
  service: text,
  minutes: z.number(),
  maxKm: z.number(),
  earliest: instant,
  dueBy: instant,
});
const offer = z.object({
  id: text,
  requestId: text,
  reference: text,
  group: text,
  home: text,
  supporting: text,
  kind: text,
  awaiting: text,
  state: text,
});
const offerNeed = z.object({ offerId: text, needId: text, isLive: z.boolean() });
const offerSlot = z.object({ offerId: text, slotId: text, isLive: z.boolean() });
const agreement = z.object({
  id: text,
  needId: text,
  reference: text,
  ref: text,
  offerId: text.nullable(),
  group: text,
  home: text,
  supporting: text,
  isLive: z.boolean(),
  step: text,
});
const agreementSlot = z.object({ agreementId: text, slotId: text, isLive: z.boolean() });
const slot = z.object({ id: text, clinicId: text, organisation: text, state: text });
const clinic = z.object({ id: text, organisation: text, source: text });
const audit = z.object({ user: text.nullable(), organisation: text, action: text, subject: text, data });
const organisation = z.object({ code: text, kind: text, group: text.nullable(), listSize: z.number().nullable() });
const delivery = z.object({
  cause: text,
  channel: text,
  recipient: text,
  envelopeId: text.nullable(),
  dropReason: text.nullable(),
});
const envelope = z.object({ id: text, address: text, channel: text, state: text });
const webhook = z.object({ id: text, organisation: text, after: z.coerce.number() });
const key = z.object({ scope: text, key: text, fingerprint: text, status: z.number(), body: z.unknown() });

export type EventRow = z.output<typeof event>;
export type OfferRow = z.output<typeof offer>;
export type AgreementRow = z.output<typeof agreement>;
export type AuditRow = z.output<typeof audit>;
export type KeyRow = z.output<typeof key>;
export type NeedRow = z.output<typeof need>;

/** Everything as of one moment. */
export const readFacts = async (database: Database): Promise<Facts> => database.readOnly(readAll);

const readAll = async (q: Queryable) => ({
  events: await rows(
    q,
    event,
    sql`select stream, "offset", id, type, data from events where stream <> ${LONG_LOG.code} order by stream, "offset"`,
  ),
  heads: await rows(
    q,
    head,
    sql`select stream, last_offset as last from event_heads where stream <> ${LONG_LOG.code} order by stream`,
  ),
  federations: await rows(
    q,
    federation,
    sql`select m.group_code as "group", o.code from organisations o
        join sharing_memberships m on m.organisation_code = o.code where o.kind = 'federation'`,
  ),
  requests: await rows(
    q,
    request,
    sql`select id, reference, home_code as home, group_code as "group", posted_by as "user",
               paused_at is not null as paused from cover_requests`,
  ),
  needs: await rows(
    q,
    need,
    sql`select n.id, n.request_id as "requestId", n.ref, n.state, n.ring, l.service_code as service, l.minutes,
               l.max_km as "maxKm", l.earliest, l.due_by as "dueBy" from needs n join need_lines l on l.id = n.line_id`,
  ),
  offers: await rows(
    q,
    offer,
    sql`select o.id, o.request_id as "requestId", r.reference, o.group_code as "group", o.home_code as home,
               o.supporting_code as supporting, o.kind, o.awaiting, o.state
        from offers o join cover_requests r on r.id = o.request_id`,
  ),
  offerNeeds: await rows(
    q,
    offerNeed,
    sql`select offer_id as "offerId", need_id as "needId", is_live as "isLive" from offer_needs`,
  ),
  offerSlots: await rows(
    q,
    offerSlot,
    sql`select offer_id as "offerId", slot_id as "slotId", is_live as "isLive" from offer_slots`,
  ),
  agreements: await rows(
    q,
    agreement,
    sql`select a.id, a.need_id as "needId", r.reference, n.ref, a.offer_id as "offerId", a.group_code as "group",
               a.home_code as home, a.supporting_code as supporting, a.is_live as "isLive", a.step
        from agreements a join needs n on n.id = a.need_id join cover_requests r on r.id = a.request_id`,
  ),
  agreementSlots: await rows(
    q,
    agreementSlot,
    sql`select agreement_id as "agreementId", slot_id as "slotId", is_live as "isLive" from agreement_slots`,
  ),
  slots: await rows(
    q,
    slot,
    sql`select id, clinic_id as "clinicId", organisation_code as organisation, state from slots`,
  ),
  clinics: await rows(q, clinic, sql`select id, organisation_code as organisation, source from clinics`),
  audit: await rows(
    q,
    audit,
    sql`select user_id as "user", organisation_code as organisation, action, subject, data from audit_entries`,
  ),
  keys: await rows(q, key, sql`select scope, key, fingerprint, status, body from idempotency_keys`),
  organisations: await rows(
    q,
    organisation,
    sql`select o.code, o.kind, m.group_code as "group", o.list_size as "listSize" from organisations o
        left join sharing_memberships m on m.organisation_code = o.code`,
  ),
  deliveries: await rows(
    q,
    delivery,
    sql`select cause, channel, recipient, envelope_id as "envelopeId", drop_reason as "dropReason" from deliveries`,
  ),
  envelopes: await rows(q, envelope, sql`select id, address, channel, state from envelopes`),
  webhooks: await rows(
    q,
    webhook,
    sql`select id, organisation_code as organisation, after_offset as "after" from webhook_endpoints`,
  ),
  servable: await servableButOpen(q),
});

export type Facts = Awaited<ReturnType<typeof readAll>>;
