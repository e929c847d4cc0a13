import { and, eq, inArray, sql } from "drizzle-orm";
import { z } from "zod";
import { identified, rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { offerStates, type OfferState } from "./offers.schema.ts";
import { offerNeeds, offers, offerSlots } from "./offers.table.ts";

const ofRequest = z.object({ id: z.string(), requestId: z.string() });
const ofRequestTo = ofRequest.extend({ takesFirm: z.boolean() });
const silent = z.object({ id: z.string(), desk: z.string(), expiresAt: z.coerce.date() });

const heldSlot = z.object({
  slotId: z.string(),
  clinicId: z.string(),
  needId: z.string(),
  startsAt: z.coerce.date(),
  endsAt: z.coerce.date(),
});

const askedNeed = z.object({
  needId: z.string(),
  ref: z.string(),
  serviceCode: z.string(),
  channel: z.enum(["in-person", "telephone", "video", "home-visit"]),
  requires: z.array(z.string()),
  minutes: z.number(),
  excludedTimes: z.array(z.object({ from: z.coerce.date(), until: z.coerce.date() })),
  earliest: z.coerce.date(),
  dueBy: z.coerce.date(),
});

const openedOffer = z.object({
  id: z.string(),
  requestId: z.string(),
  reference: z.string(),
  groupCode: z.string(),
  homeCode: z.string(),
  supportingCode: z.string(),
  kind: z.enum(["slots", "call"]),
  awaiting: z.enum(["supporting", "home"]),
  state: z.enum(offerStates),
  priority: z.enum(["routine", "urgent", "asap"]),
  ring: z.number(),
  km: z.number(),
  reasons: z.array(z.string()),
  createdAt: z.coerce.date(),
  expiresAt: z.coerce.date(),
  extendedAt: z.coerce.date().nullable(),
  isPast: z.boolean(),
  /** The roles that may answer at the organisation it waits for. */
  answerRoles: z.array(z.string()),
  /** The live needs and the live held slots. */
  needs: z.array(askedNeed),
  slots: z.array(heldSlot),
});
export type OpenedOffer = z.output<typeof openedOffer>;

/** One offer with its live needs and slots; undefined when there is none. */
export const openOffer = async (q: Queryable, id: string): Promise<OpenedOffer | undefined> => {
  const [offer] = await rows(
    q,
    openedOffer,
    sql`
      select o.id, o.request_id as "requestId", r.reference, o.group_code as "groupCode", o.home_code as "homeCode",
             o.supporting_code as "supportingCode", o.kind, o.awaiting, o.state, o.priority, o.ring, o.km, o.reasons,
             o.created_at as "createdAt", o.expires_at as "expiresAt", o.extended_at as "extendedAt",
             o.expires_at <= app_now() as "isPast",
             (select a.accept_roles from organisations a
              where a.code = case o.awaiting when 'home' then o.home_code else o.supporting_code end) as "answerRoles",
             coalesce((select jsonb_agg(jsonb_build_object('needId', n.id, 'ref', n.ref, 'minutes', l.minutes,
                'serviceCode', l.service_code, 'channel', l.channel, 'requires', l.requires,
                'earliest', l.earliest, 'dueBy', l.due_by,
                'excludedTimes', coalesce(n.excluded_times, '[]')) order by n.id)
              from offer_needs x join needs n on n.id = x.need_id join need_lines l on l.id = n.line_id
              where x.offer_id = o.id and x.is_live), '[]') as needs,
             coalesce((select jsonb_agg(jsonb_build_object('slotId', s.id, 'clinicId', s.clinic_id, 'needId', x.need_id,
                'startsAt', s.starts_at, 'endsAt', s.ends_at) order by s.starts_at, s.id)
              from offer_slots x join slots s on s.id = x.slot_id
              where x.offer_id = o.id and x.is_live), '[]') as slots
      from offers o join cover_requests r on r.id = o.request_id where o.id = ${id}`,
  );
  return offer;
};

/** Ends, extends or answers an offer; `answeredBy` only for answers of people. */
export const setOffer = async (
  tx: Tx,
  id: string,
  change: {
    readonly state?: OfferState;
    readonly expiresAt?: Date;
    readonly isExtended?: boolean;
    readonly answeredBy?: string;
    readonly declineCode?: string;
  },
): Promise<void> => {
  const { isExtended, ...plain } = change;
  await tx.q
    .update(offers)
    .set({
      ...plain,
      ...(isExtended === true ? { extendedAt: sql`app_now()` } : {}),
      ...(change.state === undefined ? {} : { answeredAt: sql`app_now()` }),
      version: sql`${offers.version} + 1`,
    })
    .where(eq(offers.id, id));
};

/** Takes needs (all of them if left out) out of an offer, with the slots held for them. Returns the ids of those slots. */
export const releaseNeedsOfOffer = async (tx: Tx, offerId: string, needIds?: readonly string[]): Promise<string[]> => {
  const which = needIds === undefined ? undefined : [...needIds];
  await tx.q
    .update(offerNeeds)
    .set({ isLive: false })
    .where(
      and(eq(offerNeeds.offerId, offerId), eq(offerNeeds.isLive, true), which && inArray(offerNeeds.needId, which)),
    );
  const released = await tx.q
    .update(offerSlots)
    .set({ isLive: false })
    .where(
      and(eq(offerSlots.offerId, offerId), eq(offerSlots.isLive, true), which && inArray(offerSlots.needId, which)),
    )
    .returning({ slotId: offerSlots.slotId });
  return released.map((row) => row.slotId);
};

/** The waiting offers that still ask for any of these needs, by id. */
export const waitingOffersFor = async (q: Queryable, needIds: readonly string[]): Promise<string[]> => {
  const found = await q
    .selectDistinct({ id: offers.id })
    .from(offers)
    .innerJoin(offerNeeds, eq(offerNeeds.offerId, offers.id))
    .where(and(eq(offers.state, "waiting"), eq(offerNeeds.isLive, true), inArray(offerNeeds.needId, [...needIds])))
    .orderBy(offers.id);
  return found.map((row) => row.id);
};

/** The waiting offers that hold any of these slots, with their request. */
export const waitingOffersOnSlots = async (
  q: Queryable,
  slotIds: readonly string[],
): Promise<{ id: string; requestId: string }[]> =>
  q
    .selectDistinct({ id: offers.id, requestId: offers.requestId })
    .from(offers)
    .innerJoin(offerSlots, eq(offerSlots.offerId, offers.id))
    .where(and(eq(offers.state, "waiting"), eq(offerSlots.isLive, true), inArray(offerSlots.slotId, [...slotIds])))
    .orderBy(offers.id);

/** The offers of slots that wait for the answer of this supporting desk, and whether their requests take firm time unasked. */
export const waitingOffersTo = async (
  q: Queryable,
  organisationCode: string,
): Promise<z.output<typeof ofRequestTo>[]> =>
  rows(
    q,
    ofRequestTo,
    sql`select o.id, o.request_id as "requestId", r.takes_firm as "takesFirm"
        from offers o join cover_requests r on r.id = o.request_id
        where o.state = 'waiting' and o.kind = 'slots' and o.awaiting = 'supporting' and o.supporting_code = ${organisationCode}
        order by o.id`,
  );

/** Which of these needs no waiting offer asks for any more. */
export const needsWithoutOffer = async (q: Queryable, needIds: readonly string[]): Promise<string[]> => {
  if (needIds.length === 0) return [];
  const found = await rows(
    q,
    identified,
    sql`select id from unnest(${sql.param([...needIds])}::uuid[]) as t(id) where not exists
        (select 1 from offer_needs x join offers o on o.id = x.offer_id
         where x.need_id = t.id and x.is_live and o.state = 'waiting')`,
  );
  return found.map((row) => row.id);
};

/** Offers whose time has passed, oldest first. */
export const offersPastExpiry = async (q: Queryable, limit: number): Promise<{ id: string; requestId: string }[]> =>
  rows(
    q,
    ofRequest,
    sql`select id, request_id as "requestId" from offers where state = 'waiting' and expires_at <= app_now()
        order by expires_at, id limit ${limit}`,
  );

/** How a closed offer stands, for whoever came too late. */
export const whatIsPossible = async (q: Queryable, offerId: string, organisationCode: string) => {
  const [found] = await rows(
    q,
    z.object({
      state: z.enum(offerStates),
      answeredBy: z.string().nullable(),
      stillWanted: z.number(),
      isTakenBack: z.boolean(),
      otherOffers: z.array(z.string()),
    }),
    sql`
      select o.state,
             (select u.name from users u where u.id = o.answered_by
                and exists (select 1 from user_roles ur where ur.user_id = u.id and ur.organisation_code = ${organisationCode})) as "answeredBy",
             (select count(*)::int from needs n where n.request_id = o.request_id and n.state in ('open', 'offered')) as "stillWanted",
             not exists (select 1 from offer_needs x join needs n on n.id = x.need_id
                         where x.offer_id = o.id and n.state not in ('withdrawn', 'sorted')) as "isTakenBack",
             array(select w.id::text from offers w where w.request_id = o.request_id and w.state = 'waiting' and w.id <> o.id
                   and case w.awaiting when 'home' then w.home_code else w.supporting_code end = ${organisationCode}
                   order by w.id) as "otherOffers"
      from offers o where o.id = ${offerId}`,
  );
  return found;
};

/** Notes that the desks of a request's waiting offers were asked to look again, and says which. */
export const markNudged = async (tx: Tx, requestId: string): Promise<{ id: string; desk: string; expiresAt: Date }[]> =>
  rows(
    tx.q,
    silent,
    sql`update offers set nudged_at = app_now(), version = version + 1
        where request_id = ${requestId} and state = 'waiting' and expires_at > app_now()
        returning id, case awaiting when 'home' then home_code else supporting_code end as desk, expires_at as "expiresAt"`,
  );
