import { and, eq, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { londonInstant } from "../calendar/index.ts";
import { channel, pledge } from "./capacity.schema.ts";
import { nextWeekAsks } from "./next-week.table.ts";
import { addDays } from "./series.rules.ts";

const coded = z.object({ code: z.string() });

const clinicOfWeek = z.object({
  id: z.string(),
  siteId: z.string(),
  siteName: z.string(),
  services: z.array(z.string()),
  channel,
  provides: z.array(z.string()),
  pledge,
  startsAt: z.coerce.date(),
  endsAt: z.coerce.date(),
  breaks: z.array(z.object({ from: z.coerce.date(), until: z.coerce.date() })),
  slotMinutes: z.number(),
  lane: z.string().nullable(),
  seriesId: z.string().nullable(),
});
export type ClinicOfWeek = z.output<typeof clinicOfWeek>;

const weekFrom = (monday: string) => ({
  from: londonInstant(monday, "00:00").toISOString(),
  until: londonInstant(addDays(monday, 7), "00:00").toISOString(),
});

/** Clinics that the organisation published for a week; those that answers to calls made were for once. */
export const clinicsOfWeek = async (
  q: Queryable,
  organisationCode: string,
  monday: string,
): Promise<ClinicOfWeek[]> => {
  const { from, until } = weekFrom(monday);
  return rows(
    q,
    clinicOfWeek,
    sql`select c.id, c.site_id as "siteId", s.name as "siteName", c.services, c.channel, c.provides, c.pledge,
               c.starts_at as "startsAt", c.ends_at as "endsAt", c.breaks, c.slot_minutes as "slotMinutes", c.lane,
               c.series_id as "seriesId"
        from clinics c join sites s on s.id = c.site_id
        where c.organisation_code = ${organisationCode} and c.starts_at >= ${from} and c.starts_at < ${until}
          and c.withdrawn_at is null and c.source <> 'call'
        order by c.starts_at, c.lane, c.id`,
  );
};

/** Organisations with clinics in the week that have not been asked yet. */
export const organisationsToAsk = async (q: Queryable, monday: string, limit: number): Promise<string[]> => {
  const { from, until } = weekFrom(monday);
  const found = await rows(
    q,
    coded,
    sql`select o.code from organisations o
        where o.status = 'ACTIVE' and o.kind <> 'federation'
          and exists (select 1 from clinics c where c.organisation_code = o.code and c.starts_at >= ${from}
                        and c.starts_at < ${until} and c.withdrawn_at is null and c.source <> 'call')
          and not exists (select 1 from next_week_asks n where n.organisation_code = o.code and n.week_of = ${monday})
        order by o.code limit ${limit}`,
  );
  return found.map(({ code }) => code);
};

/** False where another matcher has just asked. */
export const insertAsk = async (tx: Tx, organisationCode: string, monday: string): Promise<boolean> => {
  const { rowCount } = await tx.q
    .insert(nextWeekAsks)
    .values({ organisationCode, weekOf: monday, askedAt: sql`app_now()` })
    .onConflictDoNothing();
  return rowCount === 1;
};

export type Ask = typeof nextWeekAsks.$inferSelect;

const ofWeek = (organisationCode: string, monday: string) =>
  and(eq(nextWeekAsks.organisationCode, organisationCode), eq(nextWeekAsks.weekOf, monday));

export const findAsk = async (q: Queryable, organisationCode: string, monday: string): Promise<Ask | undefined> => {
  const [found] = await q.select().from(nextWeekAsks).where(ofWeek(organisationCode, monday));
  return found;
};

/** Two people who answer at once do so one after the other. Makes the row where nobody had asked. */
export const lockAsk = async (tx: Tx, organisationCode: string, monday: string): Promise<void> => {
  await insertAsk(tx, organisationCode, monday);
  await tx.q.select().from(nextWeekAsks).where(ofWeek(organisationCode, monday)).for("update");
};

/** The first time that somebody opened the page from the message. */
export const markSeen = async (q: Queryable, organisationCode: string, monday: string): Promise<void> => {
  await q
    .update(nextWeekAsks)
    .set({ seenAt: sql`app_now()` })
    .where(and(ofWeek(organisationCode, monday), isNull(nextWeekAsks.seenAt)));
};

export const answerAsk = async (
  tx: Tx,
  organisationCode: string,
  monday: string,
  answer: { readonly answer: "yes" | "change"; readonly userId: string; readonly published: number },
): Promise<void> => {
  await tx.q
    .update(nextWeekAsks)
    .set({
      answer: answer.answer,
      answeredBy: answer.userId,
      answeredAt: sql`app_now()`,
      published: sql`${nextWeekAsks.published} + ${answer.published}`,
    })
    .where(ofWeek(organisationCode, monday));
};
