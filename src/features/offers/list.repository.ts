import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
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
  readonly limit: number;
}

const instant = z.string().transform((text) => new Date(text).toISOString());
const { needs: _needs, slots: _slots, ...plain } = offerView.shape;

/** One row an offer; its needs and times as tuples, which cost a third of objects to make, send and check. */
const listed = z.object({
  ...plain,
  expiresAt: instant,
  extendedAt: instant.nullable(),
  nudgedAt: instant.nullable(),
  createdAt: instant,
  answeredAt: instant.nullable(),
  needs: z.array(
    z.tuple([z.string(), z.string(), z.number(), z.string(), z.array(z.string()), z.string(), z.string(), z.boolean()]),
  ),
  slots: z.array(z.tuple([z.string(), z.string(), z.string(), z.string(), z.string(), z.boolean()])),
});

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
 * Offers, newest first (ids are in order of creation). The page is found first, and then what belongs to all of it is read
 * at once: asking for the needs and times of each offer by itself cost a desk of 200 offers five times as much.
 */
export const listOffers = async (q: Queryable, actor: Actor, filter: OfferFilter): Promise<OfferView[]> => {
  const wanted = [
    filter.isAwaitingMe === true ? awaitingMe(actor) : visibleTo(actor),
    ...(filter.id === undefined ? [] : [sql`o.id = ${filter.id}`]),
    ...(filter.requestId === undefined ? [] : [sql`o.request_id = ${filter.requestId}`]),
    ...(filter.state === undefined ? [] : [sql`o.state = ${filter.state}`]),
    ...(filter.after === undefined ? [] : [sql`o.id < ${filter.after}::uuid`]),
  ];
  const found = await rows(
    q,
    listed,
    sql`
      with page as materialized (
        select o.* from offers o where ${sql.join(wanted, sql` and `)} order by o.id desc limit ${filter.limit}
      ), asked as (
        select x.offer_id, json_agg(json_build_array(n.ref, l.service_code, l.minutes, l.channel, l.requires, l.earliest,
                 l.due_by, x.is_live) order by n.ref) as needs
        from page o join offer_needs x on x.offer_id = o.id join needs n on n.id = x.need_id
        join need_lines l on l.id = n.line_id group by x.offer_id
      ), held as (
        select x.offer_id, json_agg(json_build_array(s.id, n.ref, s.starts_at, s.ends_at, site.name, x.is_live)
                 order by s.starts_at, s.id) as slots
        from page o join offer_slots x on x.offer_id = o.id join slots s on s.id = x.slot_id
        join clinics c on c.id = s.clinic_id join sites site on site.id = c.site_id join needs n on n.id = x.need_id
        group by x.offer_id
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
      order by o.id desc`,
  );
  const iso = isoReader();
  return found.map(({ needs, slots, ...offer }) => ({
    ...offer,
    needs: needs.map(([ref, service, minutes, channel, requires, earliest, dueBy, isLive]) => ({
      ref,
      service,
      minutes,
      channel,
      requires,
      earliest: iso(earliest),
      dueBy: iso(dueBy),
      isLive,
    })),
    slots: slots.map(([id, ref, startsAt, endsAt, siteName, isLive]) => ({
      id,
      ref,
      startsAt: iso(startsAt),
      endsAt: iso(endsAt),
      siteName,
      isLive,
    })),
  }));
};

const cursor = z.uuid();

export const decodeOfferCursor = (text: string): string | undefined => cursor.safeParse(text).data;
