import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { isoText } from "../../platform/db/iso-text.ts";
import { channel, ownSlotView, pledge, slotView, type OwnSlotView, type SlotState } from "./capacity.schema.ts";
import type { Position } from "./page-cursor.rules.ts";

const clinicRow = z.object({
  id: z.uuid(),
  siteId: z.uuid(),
  services: z.array(z.string()),
  channel,
  provides: z.array(z.string()),
  pledge,
  confirmedOn: z.string().nullable(),
  startsAt: z.string(),
  endsAt: z.string(),
  breaks: z.array(z.object({ from: z.string(), until: z.string() })),
  slotMinutes: z.number(),
  lane: z.string().nullable(),
  seriesId: z.uuid().nullable(),
  source: z.enum(["form", "import", "call"]),
  isWithdrawn: z.boolean(),
  version: z.number(),
  counts: z.object({
    free: z.number(),
    held: z.number(),
    busy: z.number(),
    unavailable: z.number(),
    ended: z.number(),
  }),
});
export type ClinicRow = z.output<typeof clinicRow>;

/** A slot that a change of the clinic's times left behind is nobody's business; its row stays for what once stood on it. */
const isShown = sql`(s.state <> 'busy-unavailable' or s.gone_at is not null or c.withdrawn_at is not null)`;

const columns = sql`
  c.id, c.site_id as "siteId", c.services, c.channel, c.provides, c.pledge, c.confirmed_on::text as "confirmedOn",
  ${isoText(sql`c.starts_at`)} as "startsAt", ${isoText(sql`c.ends_at`)} as "endsAt", c.breaks, c.slot_minutes as "slotMinutes",
  c.lane, c.series_id as "seriesId", c.source, c.withdrawn_at is not null as "isWithdrawn", c.version,
  (select json_build_object(
     'free', count(*) filter (where s.state = 'free' and s.starts_at > app_now()),
     'held', count(*) filter (where s.state = 'busy-tentative'),
     'busy', count(*) filter (where s.state = 'busy'),
     'unavailable', count(*) filter (where s.state = 'busy-unavailable' and ${isShown}),
     'ended', count(*) filter (where s.state = 'free' and s.starts_at <= app_now()))
   from slots s where s.clinic_id = c.id) as counts`;

export interface ClinicFilter {
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
  readonly isWithdrawn: boolean;
  readonly after?: Position | undefined;
  readonly limit: number;
}

/** Clinics of one organisation by start. Without `from`: those that have not ended. */
export const listClinics = async (
  q: Queryable,
  organisationCode: string,
  filter: ClinicFilter,
): Promise<ClinicRow[]> => {
  const wanted = [
    sql`c.organisation_code = ${organisationCode}`,
    filter.from === undefined ? sql`c.ends_at > app_now()` : sql`c.starts_at >= ${filter.from}`,
    filter.isWithdrawn ? sql`c.withdrawn_at is not null` : sql`c.withdrawn_at is null`,
    ...(filter.until === undefined ? [] : [sql`c.starts_at < ${filter.until}`]),
    ...(filter.after === undefined
      ? []
      : [sql`(c.starts_at, c.id) > (${filter.after.startsAt}::timestamptz, ${filter.after.id}::uuid)`]),
  ];
  return rows(
    q,
    clinicRow,
    sql`select ${columns} from clinics c where ${sql.join(wanted, sql` and `)}
        order by c.starts_at, c.id limit ${filter.limit}`,
  );
};

/** One clinic with its slots; undefined where it is not the organisation's own (P3). */
export const findClinic = async (q: Queryable, organisationCode: string, id: string) => {
  const [found] = await rows(
    q,
    clinicRow.extend({ slots: z.array(slotView) }),
    sql`
      select ${columns},
        (select coalesce(json_agg(json_build_object(
           'id', s.id, 'startsAt', ${isoText(sql`s.starts_at`)}, 'endsAt', ${isoText(sql`s.ends_at`)}, 'state', s.state)
           order by s.starts_at), '[]') from slots s where s.clinic_id = c.id and ${isShown}) as slots
      from clinics c where c.id = ${id} and c.organisation_code = ${organisationCode}`,
  );
  return found;
};

export interface SlotFilter {
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
  readonly state?: SlotState | undefined;
  readonly clinicId?: string | undefined;
  readonly service?: string | undefined;
  readonly after?: Position | undefined;
  readonly limit: number;
}

/** Slots of one organisation by start. Without `from`: those that have not started. */
export const listSlots = async (q: Queryable, organisationCode: string, filter: SlotFilter): Promise<OwnSlotView[]> => {
  const wanted = [
    sql`c.organisation_code = ${organisationCode}`,
    isShown,
    sql`s.starts_at >= ${filter.from ?? sql`app_now()`}`,
    // No clinic, answers to calls included, lasts two days: slots are found through their clinics' index, not among all.
    // (Without the cast PostgreSQL takes the parameter for an interval.)
    sql`c.starts_at >= ${filter.from ?? sql`app_now()`}::timestamptz - interval '2 days'`,
    ...(filter.until === undefined ? [] : [sql`s.starts_at < ${filter.until} and c.starts_at < ${filter.until}`]),
    ...(filter.state === undefined ? [] : [sql`s.state = ${filter.state}`]),
    ...(filter.clinicId === undefined ? [] : [sql`c.id = ${filter.clinicId}`]),
    ...(filter.service === undefined ? [] : [sql`${filter.service} = any(c.services)`]),
    ...(filter.after === undefined
      ? []
      : [
          sql`(s.starts_at, s.id) > (${filter.after.startsAt}::timestamptz, ${filter.after.id}::uuid)
              and c.ends_at >= ${filter.after.startsAt}::timestamptz`,
        ]),
  ];
  return rows(
    q,
    ownSlotView,
    sql`
      select s.id, s.clinic_id as "clinicId", c.services, ${isoText(sql`s.starts_at`)} as "startsAt",
             ${isoText(sql`s.ends_at`)} as "endsAt", s.state
      from clinics c join slots s on s.clinic_id = c.id
      where ${sql.join(wanted, sql` and `)} order by s.starts_at, s.id limit ${filter.limit}`,
  );
};

const publishingFacts = z.object({
  now: z.coerce.date(),
  siteId: z.uuid().nullable(),
  unknownServices: z.array(z.string()),
});

/** What publishing must know, in one statement: the present, the site if it is the organisation's own, services nobody knows. */
export const readPublishingFacts = async (
  q: Queryable,
  organisationCode: string,
  siteId: string | undefined,
  services: readonly string[],
): Promise<z.output<typeof publishingFacts>> => {
  const [facts] = await rows(
    q,
    publishingFacts,
    sql`
      select app_now() as now,
        (select id from sites where organisation_code = ${organisationCode}
           and ${siteId === undefined ? sql`is_main` : sql`id = ${siteId}`} limit 1) as "siteId",
        (select coalesce(array_agg(code), '{}') from unnest(${sql.param([...services])}::text[]) as named(code)
           where not exists (select from services where services.code = named.code and is_active)) as "unknownServices"`,
  );
  if (facts === undefined) throw new Error("readPublishingFacts: no row");
  return facts;
};

/** A clinic that somebody wants to publish, as far as its lane goes. */
export interface LaneUse {
  readonly organisationCode: string;
  readonly lane: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** The importer's key of the clinic itself, which is not in its own way. */
  readonly externalKey?: string | undefined;
}

/** Which of these (by position) lie in the way of a clinic that is there, so that it can be said before the constraint says it. */
export const lanesTaken = async (q: Queryable, uses: readonly LaneUse[]): Promise<Set<number>> => {
  if (uses.length === 0) return new Set();
  const found = await rows(
    q,
    z.object({ at: z.number() }),
    sql`
      select t.at from jsonb_to_recordset(${JSON.stringify(uses.map((use, at) => ({ ...use, at })))}::jsonb)
        as t(at int, "organisationCode" text, lane text, "startsAt" timestamptz, "endsAt" timestamptz, "externalKey" text)
      where exists (
        select from clinics c where c.organisation_code = t."organisationCode" and c.lane = t.lane and c.withdrawn_at is null
          and tstzrange(c.starts_at, c.ends_at) && tstzrange(t."startsAt", t."endsAt")
          and (t."externalKey" is null or c.external_key is distinct from t."externalKey"))`,
  );
  return new Set(found.map((row) => row.at));
};
