import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { madeOnce } from "../../platform/db/made-once.ts";
import { newSpeakable } from "../../platform/ids/ids.ts";
import { organisationOf } from "../identity/index.ts";
import { isSignedSql } from "../practices/index.ts";
import type { Scope } from "./requests.policy.ts";
import { channels, needStates, priorities, shortfallReasons } from "./requests.schema.ts";
import type { coverRequests, needLines, needs } from "./requests.table.ts";

const posting = z.object({
  /** Whose context this is; null where a credential is nobody's. */
  homeCode: z.string().nullable(),
  now: z.coerce.date(),
  /** The first of the codes drawn that no request bears (R4); null where there is none. */
  reference: z.string().nullable(),
  /** The sharing group of home and whether it is signed (P6); null where it has none. */
  groupCode: z.string().nullable(),
  isSigned: z.boolean().nullable(),
  /** The logs of that group's federations. */
  brokers: z.array(z.string()),
  homeName: z.string().nullable(),
  services: z.array(z.object({ code: z.string(), defaultMinutes: z.number() })),
  openLines: z.array(
    z.object({
      reference: z.string(),
      service: z.string(),
      channel: z.string(),
      earliest: z.coerce.date(),
      dueBy: z.coerce.date(),
    }),
  ),
});
export type PostingContext = z.output<typeof posting>;

const DRAWN_OF_A_LENGTH = 3;

/**
 * Codes to choose a request's reference from (R4). They grow longer if several in a row are taken, as they will be once
 * hundreds of thousands are in use.
 */
const drawReferences = (): string[] =>
  [4, 5, 6].flatMap((length) => Array.from({ length: DRAWN_OF_A_LENGTH }, () => `CR-${newSpeakable(length)}`));

/** The index that decides whether a reference is free. */
const REFERENCE_IS_TAKEN = "cover_requests_reference";

const homeCode = sql`home.code`;
const wanted = sql`${sql.placeholder("services")}::text[]`;

const postingOf = (home: SQL): SQL => sql`
    select home.code as "homeCode", app_now() as now,
      (select code from unnest(${sql.placeholder("references")}::text[]) with ordinality as drawn(code, place)
       where not exists (select 1 from cover_requests where reference = code) order by place limit 1) as reference,
      m.group_code as "groupCode", ${isSignedSql("m")} as "isSigned",
      array(select o.code from sharing_memberships x join organisations o on o.code = x.organisation_code
            where x.group_code = m.group_code and o.kind = 'federation' order by o.code) as brokers,
      (select name from organisations where code = ${homeCode}) as "homeName",
      (select coalesce(jsonb_agg(jsonb_build_object('code', code, 'defaultMinutes', default_minutes)), '[]')
       from services where is_active and code = any(${wanted})) as services,
      (select coalesce(jsonb_agg(jsonb_build_object('reference', r.reference, 'service', l.service_code,
         'channel', l.channel, 'earliest', l.earliest, 'dueBy', l.due_by)), '[]')
       from cover_requests r join need_lines l on l.request_id = r.id
       where r.home_code = ${homeCode} and l.service_code = any(${wanted}) and l.due_by > app_now()
         and exists (select 1 from needs n where n.line_id = l.id and n.state in ('open', 'offered', 'agreed'))
      ) as "openLines"
    from (select ${home} as code offset 0) as home left join sharing_memberships m on m.organisation_code = home.code`;

const givenHome = sql`${sql.placeholder("home")}::text`;
const postingAt = madeOnce(() => postingOf(givenHome));
const postingWith = madeOnce(() => postingOf(organisationOf(givenHome)));

/**
 * All that posting has to know, in one round trip: it is part of the time that a practice waits. Home is known by its code,
 * or only by a credential's hash.
 */
export const readPostingContext = async (
  q: Queryable,
  home: { readonly code: string } | { readonly credential: string },
  services: readonly string[],
): Promise<PostingContext> => {
  const values = { services: [...services], references: drawReferences() };
  const statement =
    "code" in home ? postingAt({ ...values, home: home.code }) : postingWith({ ...values, home: home.credential });
  const [context] = await rows(q, posting, statement);
  if (context === undefined) throw new Error("the posting context has one row");
  return context;
};

/** What a post says of a request, a line and a need; nothing else of them is stored at first. */
export type NewRequest = Omit<typeof coverRequests.$inferInsert, "pausedAt">;
export type NewLine = Omit<typeof needLines.$inferInsert, "explainDueAt">;
export type NewNeed = Pick<
  typeof needs.$inferInsert,
  "id" | "requestId" | "lineId" | "groupCode" | "ref" | "course" | "state" | "priority" | "ring" | "extraAsks"
>;

/** Stores a request. Should somebody have taken its reference since it was seen to be free, the post draws another. */
export const insertRequest = (tx: Tx, request: NewRequest): void => {
  tx.writeDrawn(
    sql`
      insert into cover_requests (id, reference, home_code, group_code, priority, reason, takes_firm, posted_by,
                                  posted_by_code, version, created_at)
      select id, reference, "homeCode", "groupCode", priority, reason, "takesFirm", "postedBy", "postedByCode", version,
             "createdAt"
      from jsonb_to_record(${JSON.stringify(request)}::jsonb) as t(
        id uuid, reference text, "homeCode" text, "groupCode" text, priority text, reason text, "takesFirm" boolean,
        "postedBy" uuid, "postedByCode" text, version int, "createdAt" timestamptz)`,
    REFERENCE_IS_TAKEN,
  );
};

/** One statement however many, as for needs; its text does not grow with them. */
export const insertLines = (tx: Tx, lines: readonly NewLine[]): void => {
  tx.write(sql`
    insert into need_lines (id, request_id, position, service_code, channel, minutes, earliest, due_by, requires, max_km,
                            priority, not_asked)
    select id, "requestId", position, "serviceCode", channel, minutes, earliest, "dueBy", requires, "maxKm", priority,
           "notAsked"
    from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as t(
      id uuid, "requestId" uuid, position int, "serviceCode" text, channel text, minutes int, earliest timestamptz,
      "dueBy" timestamptz, requires text[], "maxKm" int, priority text, "notAsked" jsonb)`);
};

export const insertNeeds = (tx: Tx, added: readonly NewNeed[]): void => {
  if (added.length === 0) return;
  tx.write(sql`
    insert into needs (id, request_id, line_id, group_code, ref, course, state, priority, ring, extra_asks)
    select id, "requestId", "lineId", "groupCode", ref, course, state, priority, ring, "extraAsks"
    from jsonb_to_recordset(${JSON.stringify(added)}::jsonb) as t(
      id uuid, "requestId" uuid, "lineId" uuid, "groupCode" text, ref text, course text, state text, priority text,
      ring int, "extraAsks" int)`);
};

const request = z.object({
  id: z.string(),
  reference: z.string(),
  homeCode: z.string(),
  homeName: z.string(),
  groupCode: z.string(),
  priority: z.enum(priorities),
  reason: z.enum(shortfallReasons),
  takesFirm: z.boolean(),
  postedByName: z.string(),
  postedByCode: z.string(),
  pausedAt: z.coerce.date().nullable(),
  version: z.number(),
  createdAt: z.coerce.date(),
});

const line = z.object({
  id: z.string(),
  position: z.number(),
  serviceCode: z.string(),
  channel: z.enum(channels),
  minutes: z.number(),
  earliest: z.coerce.date(),
  dueBy: z.coerce.date(),
  requires: z.array(z.string()),
  maxKm: z.number(),
  priority: z.enum(priorities),
  notAsked: z.record(z.string(), z.string()),
});

const need = z.object({
  id: z.string(),
  lineId: z.string(),
  ref: z.string(),
  course: z.string().nullable(),
  state: z.enum(needStates),
  priority: z.enum(priorities),
  ring: z.number(),
  endedAs: z.string().nullable(),
  endedAt: z.coerce.date().nullable(),
  acknowledgedAt: z.coerce.date().nullable(),
  agreement: z
    .object({
      id: z.string(),
      supportingCode: z.string(),
      supportingName: z.string(),
      startsAt: z.coerce.date(),
      endsAt: z.coerce.date(),
      step: z.string(),
    })
    .nullable(),
});

const asked = z.object({
  code: z.string(),
  name: z.string(),
  state: z.enum(["waiting", "accepted", "part-accepted", "declined", "lapsed", "stood-down"]),
  offers: z.coerce.number(),
});

/** What of `cover_requests r` lies within the scope (P3). */
export const inScope = ({ homeCode, groupCode }: Scope): SQL =>
  groupCode === null ? sql`r.home_code = ${homeCode}` : sql`(r.home_code = ${homeCode} or r.group_code = ${groupCode})`;

/** One request in scope, locked for the rest of the transaction when a command is about to change it. */
export const findRequest = async (
  q: Queryable,
  scope: Scope,
  reference: string,
  lock: boolean,
): Promise<z.output<typeof request> | undefined> => {
  const [found] = await rows(
    q,
    request,
    sql`
      select r.id, r.reference, r.home_code as "homeCode", o.name as "homeName", r.group_code as "groupCode", r.priority,
        r.reason, r.takes_firm as "takesFirm", u.name as "postedByName", r.posted_by_code as "postedByCode",
        r.paused_at as "pausedAt", r.version, r.created_at as "createdAt"
      from cover_requests r join organisations o on o.code = r.home_code join users u on u.id = r.posted_by
      where r.reference = ${reference} and ${inScope(scope)}
      ${lock ? sql`for no key update of r` : sql``}`,
  );
  return found;
};

export const readLines = async (q: Queryable, requestId: string): Promise<z.output<typeof line>[]> =>
  rows(
    q,
    line,
    sql`
      select id, position, service_code as "serviceCode", channel, minutes, earliest, due_by as "dueBy", requires,
        max_km as "maxKm", priority, not_asked as "notAsked"
      from need_lines where request_id = ${requestId} order by position`,
  );

export const readNeeds = async (q: Queryable, requestId: string): Promise<z.output<typeof need>[]> =>
  rows(
    q,
    need,
    sql`
      select n.id, n.line_id as "lineId", n.ref, n.course, n.state, n.priority, n.ring, n.ended_as as "endedAs",
        n.ended_at as "endedAt", n.acknowledged_at as "acknowledgedAt",
        case when a.id is null then null else jsonb_build_object('id', a.id, 'supportingCode', a.supporting_code,
          'supportingName', o.name, 'startsAt', a.starts_at, 'endsAt', a.ends_at, 'step', a.step) end as agreement
      from needs n
      left join agreements a on a.need_id = n.id and a.is_live
      left join organisations o on o.code = a.supporting_code
      where n.request_id = ${requestId} order by length(n.ref), n.ref`,
  );

export const readAsked = async (q: Queryable, requestId: string): Promise<z.output<typeof asked>[]> =>
  rows(
    q,
    asked,
    sql`
      select f.supporting_code as code, o.name, f.state, count(*) as offers
      from offers f join organisations o on o.code = f.supporting_code
      where f.request_id = ${requestId} group by 1, 2, 3 order by 1, 3`,
  );
