import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { offerView, type OfferView } from "./offers.schema.ts";

const iso = (column: SQL) => sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

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

const needsOf = sql`
  coalesce((select jsonb_agg(jsonb_build_object('ref', n.ref, 'service', l.service_code, 'minutes', l.minutes,
     'channel', l.channel, 'requires', l.requires, 'earliest', ${iso(sql`l.earliest`)}, 'dueBy', ${iso(sql`l.due_by`)},
     'isLive', x.is_live) order by n.ref)
   from offer_needs x join needs n on n.id = x.need_id join need_lines l on l.id = n.line_id
   where x.offer_id = o.id), '[]')`;

const slotsOf = sql`
  coalesce((select jsonb_agg(jsonb_build_object('id', s.id, 'ref', n.ref, 'startsAt', ${iso(sql`s.starts_at`)},
     'endsAt', ${iso(sql`s.ends_at`)}, 'siteName', site.name, 'isLive', x.is_live) order by s.starts_at, s.id)
   from offer_slots x join slots s on s.id = x.slot_id join clinics c on c.id = s.clinic_id
   join sites site on site.id = c.site_id join needs n on n.id = x.need_id
   where x.offer_id = o.id), '[]')`;

/** Offers, newest first (ids are in order of creation); what waits comes most urgent first, then by answer-by. */
export const listOffers = async (q: Queryable, actor: Actor, filter: OfferFilter): Promise<OfferView[]> => {
  const wanted = [
    filter.isAwaitingMe === true ? awaitingMe(actor) : visibleTo(actor),
    ...(filter.id === undefined ? [] : [sql`o.id = ${filter.id}`]),
    ...(filter.requestId === undefined ? [] : [sql`o.request_id = ${filter.requestId}`]),
    ...(filter.state === undefined ? [] : [sql`o.state = ${filter.state}`]),
    ...(filter.after === undefined ? [] : [sql`o.id < ${filter.after}::uuid`]),
  ];
  return rows(
    q,
    offerView,
    sql`
      select o.id, r.reference, o.kind, o.awaiting, o.state, o.priority, o.home_code as "homeCode", home.name as "homeName",
             o.supporting_code as "supportingCode", supporting.name as "supportingName", o.km, o.ring, o.reasons,
             ${iso(sql`o.expires_at`)} as "expiresAt", ${iso(sql`o.extended_at`)} as "extendedAt",
             ${iso(sql`o.created_at`)} as "createdAt", ${iso(sql`o.answered_at`)} as "answeredAt",
             o.decline_code as "declineCode", o.version, ${needsOf} as needs, ${slotsOf} as slots
      from offers o
      join cover_requests r on r.id = o.request_id
      join organisations home on home.code = o.home_code
      join organisations supporting on supporting.code = o.supporting_code
      where ${sql.join(wanted, sql` and `)}
      order by o.id desc limit ${filter.limit}`,
  );
};

const cursor = z.uuid();

export const decodeOfferCursor = (text: string): string | undefined => cursor.safeParse(text).data;
