import type { Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { newId } from "../../platform/ids/ids.ts";
import { unique } from "../../platform/lists/lists.ts";
import { clinicChanged } from "./capacity.events.ts";
import type { Channel, Pledge, SlotState } from "./capacity.schema.ts";
import { insertClinics, type NewClinic } from "./clinics.repository.ts";
import { layOutSlots, type Stretch } from "./slot-layout.rules.ts";
import { countSlots, insertSlots, newSlots, type NewSlot } from "./slots.repository.ts";

/** One clinic of one clinician, already checked: services and site are known, times are sensible. */
export interface ClinicToCreate {
  readonly organisationCode: string;
  readonly siteId: string;
  readonly services: readonly string[];
  readonly channel: Channel;
  readonly provides: readonly string[];
  readonly pledge: Pledge;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly breaks: readonly { readonly from: Date; readonly until: Date }[];
  readonly slotMinutes: number;
  readonly lane?: string;
  readonly source: "form" | "import" | "call";
  /** Today in Europe/London where a person publishes firm capacity just now (C5); absent: it waits for confirmation. */
  readonly confirmedOn?: string;
  readonly series?: { readonly id: string; readonly date: string };
  readonly externalKey?: string;
  /** Starts of the slots, where they are not simply every `slotMinutes`: the times of an answer to a call. */
  readonly slotStarts?: readonly Date[];
  /** How the slots begin; default free. */
  readonly slotState?: SlotState;
}

export interface CreatedClinic {
  readonly clinicId: string;
  readonly slots: readonly { readonly id: string; readonly startsAt: Date; readonly endsAt: Date }[];
}

const stretch = (from: Date, until: Date): Stretch => ({ from: from.getTime(), until: until.getTime() });

/** Where the slots of such a clinic lie (C1). */
export const slotsOf = (clinic: ClinicToCreate): Stretch[] => {
  const starts = clinic.slotStarts;
  if (starts === undefined) {
    const breaks = clinic.breaks.map((pause) => stretch(pause.from, pause.until));
    return layOutSlots(stretch(clinic.startsAt, clinic.endsAt), breaks, clinic.slotMinutes);
  }
  return starts.map((start) => ({ from: start.getTime(), until: start.getTime() + clinic.slotMinutes * 60_000 }));
};

const newClinic = (clinic: ClinicToCreate): NewClinic => ({
  id: newId(),
  organisationCode: clinic.organisationCode,
  siteId: clinic.siteId,
  services: [...clinic.services],
  channel: clinic.channel,
  provides: [...clinic.provides],
  pledge: clinic.pledge,
  startsAt: clinic.startsAt,
  endsAt: clinic.endsAt,
  breaks: clinic.breaks.map(({ from, until }) => ({ from: from.toISOString(), until: until.toISOString() })),
  slotMinutes: clinic.slotMinutes,
  lane: clinic.lane ?? null,
  seriesId: clinic.series?.id ?? null,
  seriesDate: clinic.series?.date ?? null,
  confirmedOn: clinic.confirmedOn ?? null,
  source: clinic.source,
  externalKey: clinic.externalKey ?? null,
});

/**
 * Creates clinics with their slots in two statements and tells their organisations. The primitive under every way of
 * publishing; it asks for no matching and writes no audit, because its callers know why it happened. Clinics of a series
 * that exist already are left alone and not answered.
 * @param options.isBulk the caller says `clinics.changed` once instead of one message a clinic.
 */
export const createClinics = async (
  tx: Tx,
  clinics: readonly ClinicToCreate[],
  options: { readonly isBulk: boolean } = { isBulk: false },
): Promise<CreatedClinic[]> => {
  const drafts = clinics.map((clinic) => ({ row: newClinic(clinic), clinic }));
  const inserted = new Set(
    await insertClinics(
      tx,
      drafts.map((draft) => draft.row),
    ),
  );
  const made = drafts
    .filter((draft) => inserted.has(draft.row.id))
    .map(({ row, clinic }) => ({ row, slots: newSlots(row, slotsOf(clinic), clinic.slotState ?? "free") }));
  await insertSlots(
    tx,
    made.flatMap((one) => one.slots),
  );
  if (!options.isBulk) for (const { row, slots } of made) tx.emit(changedEvent(row, slots));
  return made.map(({ row, slots }) => ({ clinicId: row.id, slots }));
};

const changedEvent = (row: NewClinic, slots: readonly NewSlot[]) => {
  const count = (state: SlotState): number => slots.filter((slot) => slot.state === state).length;
  return eventFor(clinicChanged, row.organisationCode, {
    clinicId: row.id,
    startsAt: row.startsAt.toISOString(),
    free: count("free"),
    held: count("busy-tentative"),
    busy: count("busy"),
    withdrawn: false,
  });
};

/** One clinic. `laneClash` where its lane is taken at that time. */
export const createClinic = async (tx: Tx, clinic: ClinicToCreate): Promise<CreatedClinic> => {
  const [created] = await createClinics(tx, [clinic]);
  if (created === undefined) throw new Error("createClinic: a day of a series that exists already");
  return created;
};

/** Tells the organisations of these clinics how their slots stand now. Call it once, after the last change of a transaction. */
export const announceClinics = async (tx: Tx, clinicIds: readonly string[]): Promise<void> => {
  for (const counts of await countSlots(tx.q, unique(clinicIds))) {
    const { clinicId, organisationCode, startsAt, free, held, busy, isWithdrawn } = counts;
    tx.emit(
      eventFor(clinicChanged, organisationCode, {
        clinicId,
        startsAt: startsAt.toISOString(),
        free,
        held,
        busy,
        withdrawn: isWithdrawn,
      }),
    );
  }
};
