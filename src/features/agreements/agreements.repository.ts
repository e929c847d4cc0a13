import { and, eq, inArray, sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { violates } from "../../platform/db/sql-errors.ts";
import { newId } from "../../platform/ids/ids.ts";
import { alreadyGiven } from "./agreements.errors.ts";
import type { ReleaseBy } from "./release.rules.ts";
import { agreements, agreementSlots } from "./agreements.table.ts";

/** One need given one block: adjacent slots of one clinic. */
export interface Block {
  readonly needId: string;
  readonly clinicId: string;
  readonly slotIds: readonly string[];
  readonly startsAt: Date;
  readonly endsAt: Date;
}

export interface Parties {
  readonly requestId: string;
  readonly groupCode: string;
  readonly homeCode: string;
  readonly supportingCode: string;
  /** The offer it comes from; null where firm slots were taken at once or a broker assigned by hand. */
  readonly offerId: string | null;
}

/** A block with those between whom it is agreed, and by when home must have passed the details on (rule H4). */
export interface NewAgreement extends Parties, Block {
  readonly release: ReleaseBy | undefined;
}

/**
 * Writes live agreements with their slots and first step: one statement each, however many and between whomever. The
 * unique indexes decide (rule O4): a need or slot that is agreed already throws `already-given`, and the caller's
 * transaction is over. Answers their ids in the order given.
 */
export const insertAgreements = async (
  tx: Tx,
  wanted: readonly NewAgreement[],
  by: { readonly userId: string | null; readonly organisationCode: string },
): Promise<string[]> => {
  const made = wanted.map((one) => ({ ...one, ...one.release, id: newId() }));
  const taken = made.flatMap(({ id, slotIds }) => slotIds.map((slotId) => ({ id, slotId })));
  const ids = made.map(({ id }) => id);
  try {
    // Sent together, carried out in this order.
    await Promise.all([insertRows(tx, made), insertTaken(tx, taken), insertSteps(tx, ids, "agreed", by)]);
  } catch (error) {
    if (violates(error, "agreements_one_live_a_need") || violates(error, "agreement_slots_one_live_a_slot"))
      throw alreadyGiven(error);
    throw error;
  }
  return ids;
};

const insertRows = async (tx: Tx, made: readonly (NewAgreement & { readonly id: string })[]): Promise<void> => {
  await tx.q.execute(sql`
    insert into agreements (id, need_id, request_id, offer_id, group_code, home_code, supporting_code, clinic_id, starts_at,
                            ends_at, step, is_live, release_at, release_warn_at, created_at)
    select id, "needId", "requestId", "offerId", "groupCode", "homeCode", "supportingCode", "clinicId", "startsAt",
           "endsAt", 'agreed', true, "releaseAt", "warnAt", app_now()
    from jsonb_to_recordset(${JSON.stringify(made)}::jsonb) as t(id uuid, "needId" uuid, "requestId" uuid, "offerId" uuid,
      "groupCode" text, "homeCode" text, "supportingCode" text, "clinicId" uuid, "startsAt" timestamptz, "endsAt" timestamptz,
      "releaseAt" timestamptz, "warnAt" timestamptz)`);
};

const insertTaken = async (
  tx: Tx,
  taken: readonly { readonly id: string; readonly slotId: string }[],
): Promise<void> => {
  await tx.q.execute(sql`
    insert into agreement_slots (agreement_id, slot_id, is_live)
    select id, "slotId", true from jsonb_to_recordset(${JSON.stringify(taken)}::jsonb) as t(id uuid, "slotId" uuid)`);
};

/** Writes who walked which step (rule H1). */
export const insertSteps = async (
  tx: Tx,
  agreementIds: readonly string[],
  step: string,
  by: { readonly userId: string | null; readonly organisationCode: string },
): Promise<void> => {
  const lines = agreementIds.map((agreementId) => ({ agreementId, id: newId() }));
  await tx.q.execute(sql`
    insert into agreement_steps (id, agreement_id, step, at, user_id, organisation_code)
    select id, "agreementId", ${step}, app_now(), ${by.userId}::uuid, ${by.organisationCode}
    from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as t(id uuid, "agreementId" uuid)`);
};

export const liveAgreement = z.object({
  id: z.string(),
  needId: z.string(),
  requestId: z.string(),
  groupCode: z.string(),
  homeCode: z.string(),
  supportingCode: z.string(),
  clinicId: z.string(),
  startsAt: z.coerce.date(),
  endsAt: z.coerce.date(),
  step: z.string(),
  isLive: z.boolean(),
  reference: z.string(),
  ref: z.string(),
  dueBy: z.coerce.date(),
  earliest: z.coerce.date(),
  slotIds: z.array(z.string()),
});
export type LiveAgreement = z.output<typeof liveAgreement>;

/** The columns of a live agreement, with more where a caller wants them: `a` agreement, `r` request, `n` need, `l` line. */
export const selectAgreements = (more: SQL = sql``): SQL => sql`
  select a.id, a.need_id as "needId", a.request_id as "requestId", a.group_code as "groupCode", a.home_code as "homeCode",
         a.supporting_code as "supportingCode", a.clinic_id as "clinicId", a.starts_at as "startsAt", a.ends_at as "endsAt",
         a.step, a.is_live as "isLive", r.reference, n.ref, l.due_by as "dueBy", l.earliest,
         array(select slot_id::text from agreement_slots s where s.agreement_id = a.id and s.is_live) as "slotIds"
         ${more}
  from agreements a
  join cover_requests r on r.id = a.request_id
  join needs n on n.id = a.need_id
  join need_lines l on l.id = n.line_id`;

/** One agreement with what its need asks for; undefined when there is none. */
export const findAgreement = async (q: Queryable, id: string): Promise<LiveAgreement | undefined> =>
  (await rows(q, liveAgreement, sql`${selectAgreements()} where a.id = ${id}`))[0];

/** The live agreements of these needs. */
export const liveAgreementsOfNeeds = async (q: Queryable, needIds: readonly string[]): Promise<LiveAgreement[]> =>
  rows(
    q,
    liveAgreement,
    sql`${selectAgreements()} where a.is_live and a.need_id = any(${sql.param([...needIds])}::uuid[]) order by a.id`,
  );

/** The live agreements that use any of these slots. */
export const liveAgreementsOnSlots = async (q: Queryable, slotIds: readonly string[]): Promise<LiveAgreement[]> =>
  rows(
    q,
    liveAgreement,
    sql`${selectAgreements()} where a.is_live and exists (select 1 from agreement_slots s where s.agreement_id = a.id and s.is_live
        and s.slot_id = any(${sql.param([...slotIds])}::uuid[])) order by a.id`,
  );

/** Ends a live agreement. False when it had ended already: the caller lost a race. */
export const endAgreement = async (
  tx: Tx,
  id: string,
  end: { readonly bySide: "home" | "supporting" | "broker"; readonly code: string },
): Promise<boolean> => {
  const ended = await tx.q
    .update(agreements)
    .set({ isLive: false, step: "cancelled", cancelledBySide: end.bySide, cancelCode: end.code })
    .where(and(eq(agreements.id, id), eq(agreements.isLive, true)));
  if (ended.rowCount !== 1) return false;
  await tx.q.update(agreementSlots).set({ isLive: false }).where(eq(agreementSlots.agreementId, id));
  return true;
};

/** Gives a live agreement another block of its clinic; the old slots are let go by the caller. */
export const moveAgreement = async (tx: Tx, id: string, block: Omit<Block, "needId" | "clinicId">): Promise<void> => {
  await tx.q.update(agreementSlots).set({ isLive: false }).where(eq(agreementSlots.agreementId, id));
  await tx.q
    .insert(agreementSlots)
    .values(block.slotIds.map((slotId) => ({ agreementId: id, slotId, isLive: true })))
    .onConflictDoUpdate({ target: [agreementSlots.agreementId, agreementSlots.slotId], set: { isLive: true } });
  await tx.q
    .update(agreements)
    .set({ startsAt: block.startsAt, endsAt: block.endsAt })
    .where(inArray(agreements.id, [id]));
};
