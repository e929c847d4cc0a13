import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { londonToday } from "../../platform/db/london-today.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { offerView, type OfferView } from "./offers.schema.ts";

/** Offers the actor may see (P3): made to the own organisation, awaiting it as home, or the group's for a broker. */
const visibleTo = (actor: Actor): SQL =>
  isBroker(actor) && actor.groupCode !== null
    ? sql`o.group_code = ${actor.groupCode}`
    : sql`(o.supporting_code = ${actor.organisationCode} or (o.home_code = ${actor.organisationCode} and o.awaiting = 'home'))`;

const awaitingMe = (actor: Actor): SQL => sql`o.state = 'waiting' and
  ((o.awaiting = 'supporting' and o.supporting_code = ${actor.organisationCode})
   or (o.awaiting = 'home' and o.home_code = ${actor.organisationCode}))`;

export interface OfferFilter {
  readonly id?: string | undefined;
  /** Of one request, for its page and the broker. */
  readonly requestId?: string | undefined;
  readonly isAwaitingMe?: boolean | undefined;
  readonly state?: string | undefined;
  readonly after?: string | undefined;
  /** What must be answered first comes first, instead of what was made last; not with `after`. */
  readonly byUrgency?: boolean;
  /** The times of the first so many only, where the others are shown in short. */
  readonly timesOf?: number;
  readonly limit: number;
}

/** Most urgent first, then who must answer soonest. */
const byUrgency = sql`array_position(array['asap', 'urgent', 'routine'], o.priority), o.expires_at, o.id`;

const instant = z.string().transform((text) => new Date(text).toISOString());
const { needs: _needs, slots: _slots, ...plain } = offerView.shape;

/**
 * One row an offer; its times as tuples, which cost a third of objects to make, send and check; and its needs by line,
 * because those of one line differ in little but their references.
 */
const listed = z.object({
  ...plain,
  expiresAt: instant,
  extendedAt: instant.nullable(),
  nudgedAt: instant.nullable(),
  createdAt: instant,
  answeredAt: instant.nullable(),
  needs: z.array(
    z.tuple([
      z.string(),
      z.number(),
      z.string(),
      z.array(z.string()),
      z.string(),
      z.string(),
      z.array(z.string()),
      z.array(z.boolean()),
    ]),
  ),
  slots: z.array(z.tuple([z.string(), z.string(), z.string(), z.string(), z.string(), z.boolean()])),
});

type Line = z.output<typeof listed>["needs"][number];

/** The needs of an offer in the order of their references. */
const needsOf = (lines: readonly Line[], iso: (text: string) => string): OfferView["needs"] => {
  const needs = lines.flatMap(([service, minutes, channel, requires, earliest, dueBy, refs, live]) => {
    const shared = { service, minutes, channel, requires, earliest: iso(earliest), dueBy: iso(dueBy) };
    return refs.map((ref, at) => ({ ref, ...shared, isLive: live[at] === true }));
  });
  return lines.length === 1 ? needs : needs.sort((left, right) => (left.ref < right.ref ? -1 : 1));
};

/** The needs of one offer share a few instants, and so do the offers of one desk. */
const isoReader = (): ((text: string) => string) => {
  const known = new Map<string, string>();
  return (text) => {
    const found = known.get(text) ?? new Date(text).toISOString();
    known.set(text, found);
    return found;
  };
};

/**
 * Offers, newest first unless asked for otherwise (ids are in order of creation). The page is found first, and then what
 * belongs to all of it is read at once: asking for the needs and times of each offer by itself cost a desk of 200 offers
 * five times as much.
 */
export const listOffers = async (q: Queryable, actor: Actor, filter: OfferFilter): Promise<OfferView[]> => {
  const wanted = [
    filter.isAwaitingMe === true ? awaitingMe(actor) : visibleTo(actor),
    ...(filter.id === undefined ? [] : [sql`o.id = ${filter.id}`]),
    ...(filter.requestId === undefined ? [] : [sql`o.request_id = ${filter.requestId}`]),
    ...(filter.state === undefined ? [] : [sql`o.state = ${filter.state}`]),
    ...(filter.after === undefined ? [] : [sql`o.id < ${filter.after}::uuid`]),
  ];
  const order = filter.byUrgency === true ? byUrgency : sql`o.id desc`;
  const inFull = filter.timesOf === undefined ? sql`` : sql`where o.place <= ${filter.timesOf}`;
  const found = await rows(
    q,
    listed,
    sql`
      with page as materialized (
        select o.*, row_number() over (order by ${order}) as place from offers o where ${sql.join(wanted, sql` and `)}
        order by ${order} limit ${filter.limit}
      ), asked as (
        select x.offer_id, json_agg(json_build_array(l.service_code, l.minutes, l.channel, l.requires, l.earliest, l.due_by,
                 x.refs, x.live)) as needs
        from (
          select x.offer_id, n.line_id, json_agg(n.ref order by n.ref) as refs, json_agg(x.is_live order by n.ref) as live
          from page o join offer_needs x on x.offer_id = o.id join needs n on n.id = x.need_id group by 1, 2
        ) x join need_lines l on l.id = x.line_id group by x.offer_id
      ), held as (
        select x.offer_id, json_agg(json_build_array(s.id, n.ref, s.starts_at, s.ends_at, site.name, x.is_live)
                 order by s.starts_at, s.id) as slots
        from page o join offer_slots x on x.offer_id = o.id join slots s on s.id = x.slot_id
        join clinics c on c.id = s.clinic_id join sites site on site.id = c.site_id join needs n on n.id = x.need_id
        ${inFull} group by x.offer_id
      )
      select o.id, r.reference, o.kind, o.awaiting, o.state, o.priority, o.home_code as "homeCode", home.name as "homeName",
             o.supporting_code as "supportingCode", supporting.name as "supportingName", o.km, o.ring, o.reasons,
             o.expires_at as "expiresAt", o.extended_at as "extendedAt", o.nudged_at as "nudgedAt", o.created_at as "createdAt",
             o.answered_at as "answeredAt", o.decline_code as "declineCode", o.version,
             coalesce(asked.needs, '[]') as needs, coalesce(held.slots, '[]') as slots
      from page o
      join cover_requests r on r.id = o.request_id
      join organisations home on home.code = o.home_code
      join organisations supporting on supporting.code = o.supporting_code
      left join asked on asked.offer_id = o.id left join held on held.offer_id = o.id
      order by o.place`,
  );
  const iso = isoReader();
  return found.map((offer) => ({
    ...offer,
    needs: needsOf(offer.needs, iso),
    slots: offer.slots.map(([id, ref, startsAt, endsAt, siteName, isLive]) => ({
      id,
      ref,
      startsAt: iso(startsAt),
      endsAt: iso(endsAt),
      siteName,
      isLive,
    })),
  }));
};

/** References of the offers that were stood down today, the newest `limit`: a desk reads them as thanks, not as errors (O5). */
export const stoodDownToday = async (q: Queryable, actor: Actor, limit: number): Promise<string[]> => {
  const found = await rows(
    q,
    z.object({ reference: z.string() }),
    sql`select r.reference from offers o join cover_requests r on r.id = o.request_id
        where ${visibleTo(actor)} and o.state = 'stood-down' and o.answered_at >= ${londonToday}
        order by o.id desc limit ${limit}`,
  );
  return found.map(({ reference }) => reference);
};

const cursor = z.uuid();

export const decodeOfferCursor = (text: string): string | undefined => cursor.safeParse(text).data;
