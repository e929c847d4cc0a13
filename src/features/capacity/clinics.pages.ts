import { z } from "zod";
import { appNow, type Database } from "../../platform/db/database.ts";
import { blank, type Fields, type FormState } from "../../platform/web/fields.ts";
import { none, redirect, refuse, view, type View } from "../../platform/web/page.ts";
import { form, openForm, page, type Actor, type AppPage } from "../access/index.ts";
import { londonTime, openDays, speakDay, speakInstant } from "../calendar/index.ts";
import { openingHoursOf, readOrganisation } from "../practices/index.ts";
import { requirementNames, requirements, serviceCatalogue, serviceNames } from "../services/index.ts";
import { breakingOf, saidOfLoss } from "./breaking.view.ts";
import { atOwnDesk } from "./capacity.policy.ts";
import type { CapacityPorts } from "./capacity.ports.ts";
import { confirmBreakingBody, idParams, publishBody, type ClinicView } from "./capacity.schema.ts";
import { clinicChangePages } from "./clinic-change.pages.ts";
import { closurePages } from "./closures.pages.ts";
import { daySheetPages } from "./day-sheet.pages.ts";
import { importPages } from "./import.pages.ts";
import { nextWeekPages } from "./next-week.pages.ts";
import { seriesPages } from "./series.pages.ts";
import { withdrawClinic } from "./change.service.ts";
import { breakChoices, channelChoices, clinicField, clinicMessage, pledgeChoices, readClinic } from "./clinic.form.ts";
import { confirmClinics } from "./confirm.service.ts";
import { markSlotGone } from "./gone.service.ts";
import { publishClinics } from "./publish.service.ts";
import { ownClinic, ownClinics } from "./read.service.ts";

type Names = (code: string) => string;

const SLOT_STATES = {
  free: "Free",
  "busy-tentative": "Held while a request waits",
  busy: "Given to a neighbour",
  "busy-unavailable": "Gone",
} as const;

const presentClinic = (clinic: ClinicView, nameOf: Names) => ({
  id: clinic.id,
  day: speakDay(new Date(clinic.startsAt)),
  from: londonTime(new Date(clinic.startsAt)),
  until: londonTime(new Date(clinic.endsAt)),
  services: clinic.services.map(nameOf).join(", "),
  lane: clinic.lane,
  slotMinutes: clinic.slotMinutes,
  isFirm: clinic.pledge === "firm",
  isFirmToday: clinic.isFirmToday,
  isWithdrawn: clinic.isWithdrawn,
  seriesId: clinic.seriesId,
  counts: clinic.counts,
});

const showNew = async (actor: Actor, { q }: Database, state: FormState, slotCount?: number): Promise<View> => {
  const hours = (await openingHoursOf(q, [actor.organisationCode])).get(actor.organisationCode) ?? [];
  const days = openDays(hours, await appNow(q), 60);
  return view({
    template: "capacity/new.njk",
    title: "Publish clinic",
    form: state,
    data: {
      slotCount,
      breaks: breakChoices([]),
      pledgeChoices,
      channelChoices,
      days: [{ value: "", text: "Choose a day" }, ...days.map(({ date, label }) => ({ value: date, text: label }))],
      serviceChoices: (await serviceCatalogue(q)).map(({ code, name }) => ({ value: code, text: name })),
      requirementChoices: requirements.map((code) => ({ value: code, text: requirementNames[code] })),
    },
  });
};

const showClinic = async (actor: Actor, { q }: Database, id: string, state: FormState): Promise<View> => {
  const clinic = await ownClinic(q, actor, id);
  const now = await appNow(q);
  return view({
    template: "capacity/clinic.njk",
    title: `Clinic ${speakInstant(new Date(clinic.startsAt))}`,
    data: {
      clinic: presentClinic(clinic, await serviceNames(q)),
      ...breakingOf(state),
      slots: clinic.slots.map((slot) => ({
        id: slot.id,
        time: londonTime(new Date(slot.startsAt)),
        state: slot.state,
        words: SLOT_STATES[slot.state],
        mayGo: slot.state !== "busy-unavailable" && new Date(slot.startsAt) > now,
      })),
    },
  });
};

/** Whether neighbours may ask, and until when (C3). */
const speakAsking = (us: { readonly isAccepting: boolean; readonly acceptingUntil: string | null }): string => {
  if (!us.isAccepting) return "Neighbours cannot ask you just now.";
  if (us.acceptingUntil === null) return "Neighbours may ask you.";
  return `Neighbours may ask you until ${speakInstant(new Date(us.acceptingUntil))}.`;
};

const publishing = {
  access: atOwnDesk,
  params: none,
  input: publishBody,
  read: readClinic,
  fieldOf: clinicField,
  say: clinicMessage,
  again: async ({ actor }: { actor: Actor }, database: Database, state: FormState): Promise<View> =>
    showNew(actor, database, state),
};

const ofClinic = {
  access: atOwnDesk,
  params: idParams,
  again: async (
    { actor, params }: { actor: Actor; params: { id: string } },
    database: Database,
    state: FormState,
  ): Promise<View> => showClinic(actor, database, params.id, state),
};

const reading: readonly AppPage[] = [
  page(
    {
      path: "/clinics",
      summary: "Our clinics",
      access: atOwnDesk,
      params: none,
      query: z.object({ after: z.string().max(200).optional() }),
    },
    async ({ actor, query }, { q }) => {
      const { items, next } = await ownClinics(q, actor, { after: query.after, limit: 50, withdrawn: false });
      const nameOf = await serviceNames(q);
      const clinics = items.map((clinic) => presentClinic(clinic, nameOf));
      const isUnconfirmed = clinics.some(({ isFirm, isFirmToday }) => isFirm && !isFirmToday);
      const us = await readOrganisation(q, actor.organisationCode);
      const asking = us === undefined ? undefined : speakAsking(us);
      return view({ template: "capacity/list.njk", title: "Clinics", data: { clinics, next, isUnconfirmed, asking } });
    },
  ),
  page(
    { path: "/clinics/new", summary: "The form Publish clinic", access: atOwnDesk, params: none, query: none },
    async ({ actor }, database) =>
      showNew(actor, database, blank({ slotMinutes: "20", clinicians: "1", channel: "in-person" })),
  ),
  page(
    { path: "/clinics/:id", summary: "One clinic with its slots", access: atOwnDesk, params: idParams, query: none },
    async ({ actor, params }, database) => showClinic(actor, database, params.id, blank()),
  ),
];

const withValues = (fields: Fields): FormState => blank(fields.all());

/** The HTML edge of clinics, over the same services and schemas as the API. */
export const clinicPages = (ports: CapacityPorts): readonly AppPage[] => [
  ...reading,
  ...clinicChangePages(ports),
  ...seriesPages(ports),
  ...closurePages(ports),
  ...importPages,
  ...daySheetPages,
  ...nextWeekPages(ports),
  form({ ...publishing, path: "/clinics/new", summary: "Publish a clinic" }, async ({ actor, input }, tx) => {
    const { slotCount } = await publishClinics(tx, actor, input, { isDryRun: false });
    const title = slotCount === 1 ? "1 slot is published." : `${slotCount} slots are published.`;
    return redirect("/clinics", { kind: "done", title, text: "Neighbours can be offered these times from now on." });
  }),
  openForm(
    { ...publishing, path: "/clinics/check", summary: "Count a clinic's slots before it is saved" },
    async ({ actor, input, fields }, database) => {
      const { slotCount } = await database.transact(async (tx) => publishClinics(tx, actor, input, { isDryRun: true }));
      return showNew(actor, database, withValues(fields), slotCount);
    },
  ),
  form(
    {
      path: "/clinics/confirm",
      summary: "Confirm that today's firm slots are still ours to give",
      access: atOwnDesk,
      params: none,
      input: none,
      read: () => ({}),
      again: async (_visit, _database, state) => refuse("/clinics", state),
    },
    async ({ actor }, tx) => {
      await confirmClinics(tx, actor, ports);
      return redirect("/clinics", { kind: "done", title: "Confirmed for today. Thank you." });
    },
  ),
  form(
    {
      ...ofClinic,
      path: "/clinics/:id/withdraw",
      summary: "Withdraw a clinic",
      input: confirmBreakingBody,
      read: (fields) => ({ confirmBreaking: fields.has("confirmBreaking") }),
    },
    async ({ actor, params, input }, tx) => {
      const loss = await withdrawClinic(tx, actor, ports, params.id, input);
      return redirect("/clinics", {
        kind: "done",
        title: "The clinic is withdrawn.",
        ...saidOfLoss(loss),
      });
    },
  ),
  form(
    {
      path: "/clinics/:id/slots/:slot/gone",
      summary: "This slot has gone",
      access: atOwnDesk,
      params: idParams.extend({ slot: z.uuid() }),
      input: none,
      read: () => ({}),
      again: ofClinic.again,
    },
    async ({ actor, params }, tx) => {
      const { moved, broken } = await markSlotGone(tx, actor, ports, params.slot);
      const title =
        moved > 0 ? "Noted. Another time of this clinic was given instead." : "Noted. Thank you for saying.";
      return redirect(`/clinics/${params.id}`, {
        kind: "done",
        title,
        ...(broken > 0 ? { text: "The other practice is told, and a place is looked for again." } : {}),
      });
    },
  ),
];
