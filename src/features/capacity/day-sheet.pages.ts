import { z } from "zod";
import { appNow, type Queryable } from "../../platform/db/database.ts";
import { none, view } from "../../platform/web/page.ts";
import { page, type Actor, type AppPage } from "../access/index.ts";
import { dateSchema, londonDate, londonInstant, londonTime } from "../calendar/index.ts";
import { requirementNames, requirementSchema, serviceNames } from "../services/index.ts";
import { atOwnDesk } from "./capacity.policy.ts";
import { channelChoices } from "./clinic.form.ts";
import { speakDate } from "./closures.pages.ts";
import { appointmentsOn, clinicsOn, type SheetAppointment } from "./day-sheet.repository.ts";
import { addDays } from "./series.rules.ts";

/** What is still to come, where that is not ours to tick; nothing where the patient knows. */
const STEPS: Readonly<Record<string, string>> = {
  agreed: "Block it in our book",
  blocked: "Details to come",
  passed: "To be booked",
  booked: "Patient not told yet",
  told: "",
  attended: "",
  dna: "Did not come",
  "not-done": "Not done",
};

/** Boxes to tick on paper, those that are done ticked already (H1). */
const boxesOf = ({ step, isBlocked }: SheetAppointment) => [
  { text: "Blocked", isDone: isBlocked },
  { text: "Booked", isDone: !["agreed", "blocked", "passed"].includes(step) },
  { text: "Seen", isDone: step === "attended" },
];

const requirementName = (code: string): string => {
  const known = requirementSchema.safeParse(code);
  return known.success ? requirementNames[known.data] : code;
};

/** What the clinician must know and a diary would lose: what is needed, how the patient is seen, who belongs together. */
const flagsOf = (one: SheetAppointment): string[] => [
  ...one.requires.map(requirementName),
  ...(one.channel === "in-person"
    ? []
    : [channelChoices.find(({ value }) => value === one.channel)?.text ?? one.channel]),
  ...(one.course === null ? [] : [`Same person: ${one.course}`]),
];

const minutesOf = ({ startsAt, endsAt }: SheetAppointment): number => (endsAt.getTime() - startsAt.getTime()) / 60_000;

const readSheet = async (q: Queryable, actor: Actor, date: string) => {
  const window = { from: londonInstant(date, "00:00"), until: londonInstant(addDays(date, 1), "00:00") };
  const nameOf = await serviceNames(q);
  const given = await appointmentsOn(q, actor.organisationCode, window);
  const clinics = await clinicsOn(q, actor.organisationCode, window);
  const prepare = new Map(given.map(({ service, checklist }) => [nameOf(service), checklist]));
  return {
    total: given.length,
    prepare: [...prepare].filter(([, items]) => items.length > 0).map(([service, items]) => ({ service, items })),
    clinics: clinics.map((clinic) => ({
      title: `${londonTime(clinic.startsAt)} to ${londonTime(clinic.endsAt)}`,
      lane: clinic.lane,
      site: clinic.site,
      free: clinic.free.map(londonTime),
      held: clinic.held.map(londonTime),
      appointments: given
        .filter(({ clinicId }) => clinicId === clinic.id)
        .map((one) => ({
          time: londonTime(one.startsAt),
          minutes: minutesOf(one),
          ref: `${one.reference} ${one.needRef}`,
          service: nameOf(one.service),
          from: one.homeName,
          flags: flagsOf(one),
          boxes: boxesOf(one),
          state: STEPS[one.step] ?? one.step,
        })),
    })),
  };
};

/** What today's clinics hold, for the wall and the nurse: prints on one page with its flags, with no identity (P1). */
export const daySheetPages: readonly AppPage[] = [
  page(
    {
      path: "/clinics/day-sheet",
      summary: "A day's clinics, to print",
      access: atOwnDesk,
      params: none,
      query: z.object({ date: dateSchema.optional() }),
    },
    async ({ actor, query }, { q }) => {
      const today = londonDate(await appNow(q));
      const date = query.date ?? today;
      return view({
        template: "capacity/day-sheet.njk",
        title: `Day sheet ${speakDate(date)}`,
        data: {
          date,
          day: speakDate(date),
          isToday: date === today,
          before: addDays(date, -1),
          after: addDays(date, 1),
          practice: actor.organisationCode,
          ...(await readSheet(q, actor, date)),
        },
      });
    },
  ),
];
