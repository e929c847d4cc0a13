import { sql } from "drizzle-orm";
import { boolean, index, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { classify, instant, keepTwoYears } from "../../platform/db/columns.ts";
import { clinics, slots } from "../capacity/capacity.table.ts";
import { users } from "../identity/identity.table.ts";
import { organisations } from "../practices/practices.table.ts";
import { coverRequests, needs } from "../requests/requests.table.ts";

/** One need given one block of slots, agreed by both sides. It then walks the handover steps (H1). */
export const agreements = pgTable(
  "agreements",
  {
    id: uuid().primaryKey(),
    needId: uuid()
      .notNull()
      .references(() => needs.id),
    requestId: uuid()
      .notNull()
      .references(() => coverRequests.id),
    /** The offer it came from; null where firm slots were taken at once or a broker assigned by hand. */
    offerId: uuid(),
    groupCode: text().notNull(),
    homeCode: text()
      .notNull()
      .references(() => organisations.code),
    supportingCode: text()
      .notNull()
      .references(() => organisations.code),
    clinicId: uuid()
      .notNull()
      .references(() => clinics.id),
    startsAt: instant().notNull(),
    endsAt: instant().notNull(),
    step: text({
      enum: ["agreed", "blocked", "passed", "booked", "told", "attended", "dna", "not-done", "cancelled"],
    }).notNull(),
    /** False once cancelled: the need and the slots may then be agreed again. */
    isLive: boolean().notNull(),
    /** Not passed by then, the slot goes back (H4). Null: too near the appointment for that. */
    releaseAt: instant(),
    /** When home is warned of it; null once it was. */
    releaseWarnAt: instant(),
    /** Home asked for more time: once (H4). */
    releaseExtendedAt: instant(),
    /** Since when it stands at its step; null: since it was made. */
    stepAt: instant(),
    /**
     * For which step `late_at` was worked out. Where it is not the present one, the sweep works it out anew: whatever moves
     * an agreement need not know of opening hours.
     */
    lateFor: text(),
    /** When the next step is late and its owner is chased (H1); null: nothing is, or release-by chases instead (H4). */
    lateAt: instant(),
    /** When that was done: once for each lateness. */
    chasedAt: instant(),
    cancelledBySide: text({ enum: ["home", "supporting", "broker"] }),
    cancelCode: text(),
    createdAt: instant().notNull(),
  },
  (table) => [
    // For the purge: a need that goes is looked for here.
    index("agreements_need").on(table.needId),
    uniqueIndex("agreements_one_live_a_need")
      .on(table.needId)
      .where(sql`${table.isLive}`),
    index("agreements_home").on(table.homeCode, table.startsAt),
    index("agreements_supporting").on(table.supportingCode, table.startsAt),
    index("agreements_request").on(table.requestId),
    index("agreements_clinic").on(table.clinicId),
    // What the sweep of release-by looks for (H4): agreements that home has not passed on.
    index("agreements_release")
      .on(table.releaseAt)
      .where(sql`${table.isLive} and ${table.step} in ('agreed', 'blocked')`),
    index("agreements_release_warn")
      .on(table.releaseWarnAt)
      .where(sql`${table.isLive} and ${table.step} in ('agreed', 'blocked')`),
    // What the sweep of late steps looks for (H1): those whose lateness is not worked out yet, and those that are late.
    index("agreements_late_unknown")
      .on(table.id)
      .where(
        sql`${table.isLive} and ${table.step} in ('agreed', 'blocked', 'passed', 'booked', 'told') and ${table.lateFor} is distinct from ${table.step}`,
      ),
    index("agreements_late")
      .on(table.lateAt)
      .where(
        sql`${table.isLive} and ${table.step} in ('agreed', 'blocked', 'passed', 'booked', 'told') and ${table.chasedAt} is null`,
      ),
  ],
);
classify(
  agreements,
  keepTwoYears,
  {
    id: "none",
    needId: "pseudonymous",
    requestId: "none",
    offerId: "none",
    groupCode: "none",
    homeCode: "none",
    supportingCode: "none",
    clinicId: "none",
    startsAt: "pseudonymous",
    endsAt: "pseudonymous",
    step: "none",
    isLive: "none",
    releaseAt: "none",
    releaseWarnAt: "none",
    releaseExtendedAt: "none",
    stepAt: "none",
    lateFor: "none",
    lateAt: "none",
    chasedAt: "none",
    cancelledBySide: "none",
    cancelCode: "none",
    createdAt: "none",
  },
  { with: coverRequests },
);

export const agreementSlots = pgTable(
  "agreement_slots",
  {
    agreementId: uuid()
      .notNull()
      .references(() => agreements.id),
    slotId: uuid()
      .notNull()
      .references(() => slots.id),
    isLive: boolean().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.agreementId, table.slotId] }),
    // For the purge: a slot that goes is looked for here.
    index("agreement_slots_slot").on(table.slotId),
    uniqueIndex("agreement_slots_one_live_a_slot")
      .on(table.slotId)
      .where(sql`${table.isLive}`),
  ],
);
classify(agreementSlots, keepTwoYears, { agreementId: "none", slotId: "none", isLive: "none" }, { with: agreements });

/** Who walked which step, and when (H1). A step may be undone and walked again: every row stays. */
export const agreementSteps = pgTable(
  "agreement_steps",
  {
    id: uuid().primaryKey(),
    agreementId: uuid()
      .notNull()
      .references(() => agreements.id),
    step: text().notNull(),
    at: instant().notNull(),
    userId: uuid().references(() => users.id),
    organisationCode: text().notNull(),
    /** Ticked by mistake, or overtaken by a swap: the row stays and no longer counts. */
    undoneAt: instant(),
    undoneBy: uuid().references(() => users.id),
  },
  (table) => [index("agreement_steps_agreement").on(table.agreementId)],
);
classify(
  agreementSteps,
  keepTwoYears,
  {
    id: "none",
    agreementId: "none",
    step: "none",
    at: "none",
    userId: "staff",
    organisationCode: "none",
    undoneAt: "none",
    undoneBy: "staff",
  },
  { with: agreements },
);

/**
 * What a person of the home practice must do about a patient, and has not said that they know (rules C4, H1): ring her,
 * since the time that she was told no longer stands; decide what is next after she did not attend, or was not seen.
 */
export const patientTasks = pgTable(
  "patient_tasks",
  {
    id: uuid().primaryKey(),
    kind: text({ enum: ["ring-patient", "dna", "not-done"] }).notNull(),
    why: text({ enum: ["moved", "swapped", "cancelled", "dna", "not-done"] }).notNull(),
    groupCode: text().notNull(),
    homeCode: text()
      .notNull()
      .references(() => organisations.code),
    requestId: uuid()
      .notNull()
      .references(() => coverRequests.id),
    agreementId: uuid()
      .notNull()
      .references(() => agreements.id),
    /** The time that the patient was told. */
    before: instant().notNull(),
    /** The time that took its place; null: none did. */
    after: instant(),
    madeAt: instant().notNull(),
    acknowledgedAt: instant(),
    acknowledgedBy: uuid().references(() => users.id),
    /** What was done, coded. */
    acknowledgedAs: text(),
    /** What it was about was taken back as a slip of the hand: nothing is owed. */
    withdrawnAt: instant(),
  },
  (table) => [
    index("patient_tasks_home")
      .on(table.homeCode)
      .where(sql`${table.acknowledgedAt} is null and ${table.withdrawnAt} is null`),
    index("patient_tasks_group")
      .on(table.groupCode)
      .where(sql`${table.acknowledgedAt} is null and ${table.withdrawnAt} is null`),
    uniqueIndex("patient_tasks_one_open")
      .on(table.agreementId, table.kind)
      .where(sql`${table.acknowledgedAt} is null and ${table.withdrawnAt} is null`),
    index("patient_tasks_agreement").on(table.agreementId),
    index("patient_tasks_request").on(table.requestId),
  ],
);
classify(
  patientTasks,
  keepTwoYears,
  {
    id: "none",
    kind: "none",
    why: "none",
    groupCode: "none",
    homeCode: "none",
    requestId: "none",
    agreementId: "none",
    before: "pseudonymous",
    after: "pseudonymous",
    madeAt: "none",
    acknowledgedAt: "none",
    acknowledgedBy: "staff",
    acknowledgedAs: "none",
    withdrawnAt: "none",
  },
  { with: agreements },
);
