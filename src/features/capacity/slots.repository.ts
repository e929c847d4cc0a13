import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { madeOnce } from "../../platform/db/made-once.ts";
import { newId } from "../../platform/ids/ids.ts";
import type { SlotState } from "./capacity.schema.ts";
import type { Stretch } from "./slot-layout.rules.ts";

export interface NewSlot {
  readonly id: string;
  readonly clinicId: string;
  readonly organisationCode: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly state: SlotState;
}

export const newSlots = (
  clinic: { readonly id: string; readonly organisationCode: string },
  stretches: readonly Stretch[],
  state: SlotState,
): NewSlot[] =>
  stretches.map(({ from, until }) => ({
    id: newId(),
    clinicId: clinic.id,
    organisationCode: clinic.organisationCode,
    startsAt: new Date(from),
    endsAt: new Date(until),
    state,
  }));

/** One statement however many. Arrays, not values: the statement's text does not grow with the slots. */
export const insertSlots = async (tx: Tx, slots: readonly NewSlot[]): Promise<void> => {
  if (slots.length === 0) return;
  await tx.q.execute(sql`
    insert into slots (id, clinic_id, organisation_code, starts_at, ends_at, state)
    select * from unnest(
      ${sql.param(slots.map((slot) => slot.id))}::uuid[],
      ${sql.param(slots.map((slot) => slot.clinicId))}::uuid[],
      ${sql.param(slots.map((slot) => slot.organisationCode))}::text[],
      ${sql.param(slots.map((slot) => slot.startsAt.toISOString()))}::timestamptz[],
      ${sql.param(slots.map((slot) => slot.endsAt.toISOString()))}::timestamptz[],
      ${sql.param(slots.map((slot) => slot.state))}::text[])`);
};

const changed = z.object({ id: z.uuid() });

/** SQL: locks those slots that are in one of these states, in the order of their ids. */
const lockedIn = (slotIds: SQL, from: readonly SlotState[]): SQL => sql`
  select id from slots
  where id = any(${slotIds}::uuid[]) and state = any(${sql.param([...from])}::text[]) and gone_at is null
  order by id for update`;

const heldAll = madeOnce(
  () => sql`
    with mine as materialized (${lockedIn(sql`${sql.placeholder("slotIds")}`, ["free"])}),
    held as (update slots set state = 'busy-tentative' from mine where slots.id = mine.id returning 1)
    select expect_as_read(count(*) = cardinality(${sql.placeholder("slotIds")}::uuid[])) from held`,
);

/** Holds free slots, and expects all of them to be so: where one is not, the unit runs again (see `expect_as_read`). */
export const holdSlots = (tx: Tx, slotIds: readonly string[]): void => {
  if (slotIds.length > 0) tx.write(heldAll({ slotIds }));
};

/**
 * Moves slots from one of the states `from` to `to`, in one statement, and answers the ids of those that moved: a slot
 * that somebody else moved first is not among them. Rows are locked in the order of their ids, so that two callers with
 * overlapping slots wait for each other and never in a circle. A slot that has gone never becomes anything else.
 */
export const setSlotStates = async (
  tx: Tx,
  slotIds: readonly string[],
  from: readonly SlotState[],
  to: SlotState,
): Promise<string[]> => {
  if (slotIds.length === 0) return [];
  const moved = await rows(
    tx.q,
    changed,
    sql`
      with mine as materialized (${lockedIn(sql`${sql.param([...slotIds])}`, from)})
      update slots set state = ${to} from mine where slots.id = mine.id returning slots.id`,
  );
  return moved.map((row) => row.id);
};

const clinicCounts = z.object({
  clinicId: z.uuid(),
  organisationCode: z.string(),
  startsAt: z.coerce.date(),
  free: z.coerce.number(),
  held: z.coerce.number(),
  busy: z.coerce.number(),
  isWithdrawn: z.boolean(),
});
export type ClinicCounts = z.output<typeof clinicCounts>;

/** How the slots of each clinic stand that have not started (C5: a free slot ends when its start passes). */
export const countSlots = async (q: Queryable, clinicIds: readonly string[]): Promise<ClinicCounts[]> =>
  clinicIds.length === 0
    ? []
    : rows(
        q,
        clinicCounts,
        sql`
          select c.id as "clinicId", c.organisation_code as "organisationCode", c.starts_at as "startsAt",
                 c.withdrawn_at is not null as "isWithdrawn",
                 count(*) filter (where s.state = 'free') as free,
                 count(*) filter (where s.state = 'busy-tentative') as held,
                 count(*) filter (where s.state = 'busy') as busy
          from clinics c left join slots s on s.clinic_id = c.id and s.starts_at > app_now()
          where c.id = any(${sql.param([...clinicIds])}::uuid[])
          group by c.id order by c.id`,
      );
