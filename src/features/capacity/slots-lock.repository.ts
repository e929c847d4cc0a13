import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { slotState } from "./capacity.schema.ts";

const lockedSlot = z.object({
  id: z.uuid(),
  clinicId: z.uuid(),
  startsAt: z.coerce.date(),
  endsAt: z.coerce.date(),
  state: slotState,
  isGone: z.boolean(),
  isStarted: z.boolean(),
});
export type LockedSlot = z.output<typeof lockedSlot>;

const columns = sql`id, clinic_id as "clinicId", starts_at as "startsAt", ends_at as "endsAt", state,
                    gone_at is not null as "isGone", starts_at <= app_now() as "isStarted"`;

/** Locks every slot of a clinic, in the order of ids that all callers keep; answers them as they are once locked. */
export const lockSlotsOfClinic = async (tx: Tx, clinicId: string): Promise<LockedSlot[]> =>
  rows(tx.q, lockedSlot, sql`select ${columns} from slots where clinic_id = ${clinicId} order by id for update`);

/** Locks one slot of the organisation's own (P3). */
export const lockSlot = async (tx: Tx, organisationCode: string, id: string): Promise<LockedSlot | undefined> => {
  const [found] = await rows(
    tx.q,
    lockedSlot,
    sql`select ${columns} from slots where id = ${id} and organisation_code = ${organisationCode} for update`,
  );
  return found;
};

/**
 * Which slots of the organisation's own, of these clinics or by these ids, are held or busy and have not started. Locks
 * nothing: it says what others must lock first.
 */
export const takenSlotsOf = async (
  q: Queryable,
  organisationCode: string,
  of: { readonly clinicIds: readonly string[] } | { readonly slotIds: readonly string[] },
): Promise<string[]> => {
  const which =
    "clinicIds" in of
      ? sql`clinic_id = any(${sql.param([...of.clinicIds])}::uuid[])`
      : sql`id = any(${sql.param([...of.slotIds])}::uuid[])`;
  const found = await rows(
    q,
    z.object({ id: z.uuid() }),
    sql`select id from slots where ${which} and organisation_code = ${organisationCode}
        and state in ('busy-tentative', 'busy') and starts_at > app_now() order by id`,
  );
  return found.map((row) => row.id);
};

/** Takes locked slots out of use, whatever their state. `asGone` for good (C4). */
export const retireSlots = async (
  tx: Tx,
  slotIds: readonly string[],
  options: { readonly asGone: boolean },
): Promise<void> => {
  if (slotIds.length === 0) return;
  await tx.q.execute(sql`
    update slots set state = 'busy-unavailable'${options.asGone ? sql`, gone_at = app_now()` : sql``}
    where id = any(${sql.param([...slotIds])}::uuid[])`);
};

/** Brings locked slots back into use. Slots that have gone stay so. */
export const reviveSlots = async (tx: Tx, slotIds: readonly string[]): Promise<void> => {
  if (slotIds.length === 0) return;
  await tx.q.execute(sql`
    update slots set state = 'free'
    where id = any(${sql.param([...slotIds])}::uuid[]) and state = 'busy-unavailable' and gone_at is null`);
};

/**
 * Which of these slots stand for a need that could no longer be met when a clinic stops offering some services or
 * providing some requirements. What the organisation itself provides it still provides.
 */
export const slotsThatNeed = async (
  q: Queryable,
  slotIds: readonly string[],
  dropped: { readonly services: readonly string[]; readonly provides: readonly string[] },
): Promise<string[]> => {
  if (slotIds.length === 0 || dropped.services.length + dropped.provides.length === 0) return [];
  const found = await rows(
    q,
    z.object({ id: z.uuid() }),
    sql`
      with standing as (
        select slot_id, need_id from offer_slots where is_live and slot_id = any(${sql.param([...slotIds])}::uuid[])
        union
        select s.slot_id, a.need_id from agreement_slots s join agreements a on a.id = s.agreement_id
        where s.is_live and s.slot_id = any(${sql.param([...slotIds])}::uuid[])
      )
      select distinct slots.id from standing
      join slots on slots.id = standing.slot_id
      join organisations o on o.code = slots.organisation_code
      join needs on needs.id = standing.need_id
      join need_lines l on l.id = needs.line_id
      join services v on v.code = l.service_code
      where coalesce(v.matched_as, v.code) = any(${sql.param([...dropped.services])}::text[])
         or exists (select from unnest(l.requires || v.requires) as needed(code)
                    where needed.code = any(${sql.param([...dropped.provides])}::text[]) and needed.code <> all(o.provides))`,
  );
  return found.map((row) => row.id);
};
