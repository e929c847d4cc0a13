import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import type { Author } from "../audit/index.ts";
import { liveAgreement, selectAgreements } from "./agreements.repository.ts";
import type { LastStep } from "./handover.rules.ts";
import type { ReleaseBy } from "./release.rules.ts";

const walking = liveAgreement.extend({
  serviceCode: z.string(),
  minutes: z.number(),
  channel: z.string(),
  requires: z.array(z.string()),
  siteId: z.string(),
  hasStarted: z.boolean(),
  releaseAt: z.coerce.date().nullable(),
  releaseWarnAt: z.coerce.date().nullable(),
  releaseExtendedAt: z.coerce.date().nullable(),
});
/** A live agreement with what its handover goes by. */
export type WalkingAgreement = z.output<typeof walking>;

const more = sql`, l.service_code as "serviceCode", l.minutes, l.channel,
  array(select distinct unnest(l.requires) order by 1) as requires,
  (select site_id from clinics c where c.id = a.clinic_id) as "siteId", a.starts_at <= app_now() as "hasStarted",
  a.release_at as "releaseAt", a.release_warn_at as "releaseWarnAt", a.release_extended_at as "releaseExtendedAt"`;

const ids = (of: readonly string[]): SQL => sql`${sql.param([...of])}::uuid[]`;

/** These agreements, live or ended, in the order of their references. Unknown ids are simply missing. */
export const walkingAgreements = async (q: Queryable, agreementIds: readonly string[]): Promise<WalkingAgreement[]> =>
  agreementIds.length === 0
    ? []
    : rows(
        q,
        walking,
        sql`${selectAgreements(more)} where a.id = any(${ids(agreementIds)}) order by r.reference, n.ref, a.id`,
      );

/** Moves agreements on to a step, or back to one, from now on. What is passed on is not released any more while it stays so. */
export const setStep = async (tx: Tx, agreementIds: readonly string[], step: string): Promise<void> => {
  if (agreementIds.length === 0) return;
  await tx.q.execute(sql`
    update agreements set step = ${step}, step_at = app_now(), late_for = null
    where id = any(${ids(agreementIds)}) and is_live`);
};

/** Ends agreements that were not carried out: their needs may be agreed again, their slots are the clinic's past. */
export const endUndone = async (tx: Tx, agreementIds: readonly string[]): Promise<void> => {
  if (agreementIds.length === 0) return;
  await tx.q.execute(sql`
    update agreements set step = 'not-done', is_live = false where id = any(${ids(agreementIds)}) and is_live`);
  await tx.q.execute(sql`update agreement_slots set is_live = false where agreement_id = any(${ids(agreementIds)})`);
};

const stepRow = z.object({
  agreementId: z.string(),
  step: z.string(),
  at: z.coerce.date(),
  organisationCode: z.string(),
  undoneAt: z.coerce.date().nullable(),
});
export type StepRow = z.output<typeof stepRow>;

/** Every step ever ticked of these agreements, oldest first; those taken back say when. */
export const stepsOf = async (q: Queryable, agreementIds: readonly string[]): Promise<StepRow[]> =>
  agreementIds.length === 0
    ? []
    : rows(
        q,
        stepRow,
        sql`select agreement_id as "agreementId", step, at, organisation_code as "organisationCode", undone_at as "undoneAt"
            from agreement_steps where agreement_id = any(${ids(agreementIds)}) order by at, id`,
      );

/** Of these rows, those of one agreement that still count. */
export const counting = (all: readonly StepRow[], agreementId: string): LastStep[] =>
  all.filter((row) => row.agreementId === agreementId && row.undoneAt === null);

/** Takes steps back: their rows stay, and say when and by whom. */
export const undoSteps = async (tx: Tx, agreementId: string, steps: readonly string[], by: Author): Promise<void> => {
  await tx.q.execute(sql`
    update agreement_steps set undone_at = app_now(), undone_by = ${by.userId}
    where agreement_id = ${agreementId} and step = any(${sql.param([...steps])}::text[]) and undone_at is null`);
};

/** Sets by when an agreement must be passed on; undefined: nothing takes it away. */
export const setRelease = async (
  tx: Tx,
  id: string,
  release: ReleaseBy | undefined,
  options: { readonly isExtension?: boolean } = {},
): Promise<void> => {
  await tx.q.execute(sql`
    update agreements set release_at = ${release?.releaseAt.toISOString() ?? null}::timestamptz,
      release_warn_at = ${release?.warnAt.toISOString() ?? null}::timestamptz,
      release_extended_at = ${options.isExtension === true ? sql`app_now()` : sql`release_extended_at`}
    where id = ${id}`);
};

const tallied = z.object({ used: z.number(), ahead: z.number(), givenBack: z.number(), notUsed: z.number() });
export type Tally = z.output<typeof tallied>;

/** What became of the times that one practice gave for one request (rule H4). */
export const tallyOf = async (q: Queryable, requestId: string, supportingCode: string): Promise<Tally> => {
  const [found] = await rows(
    q,
    tallied,
    sql`select count(*) filter (where step = 'attended')::int as used,
               count(*) filter (where step in ('agreed', 'blocked', 'passed', 'booked', 'told'))::int as ahead,
               count(*) filter (where step = 'cancelled' and cancelled_by_side <> 'supporting')::int as "givenBack",
               count(*) filter (where step in ('dna', 'not-done'))::int as "notUsed"
        from agreements where request_id = ${requestId} and supporting_code = ${supportingCode}`,
  );
  return found ?? { used: 0, ahead: 0, givenBack: 0, notUsed: 0 };
};
