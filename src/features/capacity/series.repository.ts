import { and, asc, eq, gt, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { closures, clinicSeries } from "./series.table.ts";

export type StoredSeries = typeof clinicSeries.$inferSelect;
export type NewSeries = Omit<StoredSeries, "version" | "createdAt" | "endedAt" | "madeThrough">;

export const insertSeries = async (tx: Tx, fresh: NewSeries): Promise<StoredSeries> => {
  const [stored] = await tx.q
    .insert(clinicSeries)
    .values({ ...fresh, version: 1, createdAt: sql`app_now()` })
    .returning();
  if (stored === undefined) throw new Error("insertSeries: no row");
  return stored;
};

const live = (organisationCode: string) =>
  and(eq(clinicSeries.organisationCode, organisationCode), isNull(clinicSeries.endedAt));

/** A series of the organisation's own that was not ended (P3). */
export const findSeries = async (
  q: Queryable,
  organisationCode: string,
  id: string,
): Promise<StoredSeries | undefined> => {
  const [found] = await q
    .select()
    .from(clinicSeries)
    .where(and(live(organisationCode), eq(clinicSeries.id, id)));
  return found;
};

export const lockSeries = async (tx: Tx, organisationCode: string, id: string): Promise<StoredSeries | undefined> => {
  const [found] = await tx.q
    .select()
    .from(clinicSeries)
    .where(and(live(organisationCode), eq(clinicSeries.id, id)))
    .for("update");
  return found;
};

export const listSeries = async (
  q: Queryable,
  organisationCode: string,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<StoredSeries[]> =>
  q
    .select()
    .from(clinicSeries)
    .where(and(live(organisationCode), page.after === undefined ? undefined : gt(clinicSeries.id, page.after)))
    .orderBy(asc(clinicSeries.id))
    .limit(page.limit);

export const updateSeries = async (
  tx: Tx,
  id: string,
  changes: Partial<Omit<StoredSeries, "id" | "version" | "endedAt">>,
): Promise<StoredSeries> => {
  const [stored] = await tx.q
    .update(clinicSeries)
    .set({ ...changes, version: sql`${clinicSeries.version} + 1` })
    .where(eq(clinicSeries.id, id))
    .returning();
  if (stored === undefined) throw new Error("updateSeries: no such series");
  return stored;
};

export const endSeriesRow = async (tx: Tx, id: string): Promise<void> => {
  await tx.q
    .update(clinicSeries)
    .set({ endedAt: sql`app_now()`, version: sql`${clinicSeries.version} + 1` })
    .where(eq(clinicSeries.id, id));
};

/** Remembers how far the days are made. No change that a reader could miss, so the version stays. */
export const setMadeThrough = async (tx: Tx, id: string, madeThrough: string): Promise<void> => {
  await tx.q.update(clinicSeries).set({ madeThrough }).where(eq(clinicSeries.id, id));
};

/** Series whose days are not made up to `horizon`, locked; those that another sweep has locked are left to it. */
export const lockDueSeries = async (tx: Tx, horizon: string, limit: number): Promise<StoredSeries[]> =>
  tx.q
    .select()
    .from(clinicSeries)
    .where(
      and(
        isNull(clinicSeries.endedAt),
        sql`(${clinicSeries.madeThrough} is null or ${clinicSeries.madeThrough} < ${horizon})`,
      ),
    )
    .orderBy(asc(clinicSeries.id))
    .limit(limit)
    .for("update", { skipLocked: true });

/** Locks the organisation's series that were made beyond a day, to be looked at again. */
export const lockSeriesMadeBeyond = async (tx: Tx, organisationCode: string, date: string): Promise<StoredSeries[]> =>
  tx.q
    .select()
    .from(clinicSeries)
    .where(and(live(organisationCode), sql`${clinicSeries.madeThrough} >= ${date}`))
    .orderBy(asc(clinicSeries.id))
    .for("update");

const seriesClinic = z.object({
  clinicId: z.uuid(),
  date: z.string(),
  isChanged: z.boolean(),
  isWithdrawn: z.boolean(),
  isOver: z.boolean(),
});
export type SeriesClinic = z.output<typeof seriesClinic>;

/** The clinics that a series has made from a day on, by day; withdrawn ones too, since their day is not made again. */
export const clinicsOfSeries = async (q: Queryable, seriesId: string, from: string): Promise<SeriesClinic[]> =>
  rows(
    q,
    seriesClinic,
    sql`select id as "clinicId", series_date::text as date, is_changed as "isChanged",
               withdrawn_at is not null as "isWithdrawn", ends_at <= app_now() as "isOver"
        from clinics where series_id = ${seriesId} and series_date >= ${from} order by series_date`,
  );

/** Days from `from` to `through` on which the organisation is closed. */
export const closedDays = async (
  q: Queryable,
  organisationCode: string,
  from: string,
  through: string,
): Promise<Set<string>> => {
  const found = await q
    .select({ date: closures.date })
    .from(closures)
    .where(and(eq(closures.organisationCode, organisationCode), sql`${closures.date} between ${from} and ${through}`))
    .orderBy(asc(closures.date));
  return new Set(found.map((row) => row.date));
};

export const insertClosure = async (tx: Tx, organisationCode: string, date: string): Promise<void> => {
  await tx.q
    .insert(closures)
    .values({ organisationCode, date, createdAt: sql`app_now()` })
    .onConflictDoNothing();
};

/** True if there was one. */
export const deleteClosure = async (tx: Tx, organisationCode: string, date: string): Promise<boolean> => {
  const gone = await tx.q
    .delete(closures)
    .where(and(eq(closures.organisationCode, organisationCode), eq(closures.date, date)));
  return (gone.rowCount ?? 0) > 0;
};

/** The organisation's clinics that start within an instant window, are not withdrawn and not over. */
export const clinicsBetween = async (
  q: Queryable,
  organisationCode: string,
  window: { readonly from: Date; readonly until: Date },
): Promise<string[]> => {
  const found = await rows(
    q,
    z.object({ id: z.uuid() }),
    sql`select id from clinics where organisation_code = ${organisationCode} and starts_at >= ${window.from}
        and starts_at < ${window.until} and withdrawn_at is null and ends_at > app_now() order by id`,
  );
  return found.map((row) => row.id);
};
