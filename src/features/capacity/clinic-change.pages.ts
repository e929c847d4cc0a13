import { z } from "zod";
import { appNow, type Database, type Queryable } from "../../platform/db/database.ts";
import { blank, type FormState } from "../../platform/web/fields.ts";
import { none, redirect, view, type View } from "../../platform/web/page.ts";
import { form, page, type Actor, type AppPage } from "../access/index.ts";
import { londonDate, londonTime, openDays, speakDay } from "../calendar/index.ts";
import { openingHoursOf } from "../practices/index.ts";
import { requirementNames, requirements, serviceCatalogue } from "../services/index.ts";
import { breakingOf, saidOfLoss } from "./breaking.view.ts";
import { atOwnDesk } from "./capacity.policy.ts";
import type { CapacityPorts } from "./capacity.ports.ts";
import { changeBody, idParams, type ChangeBody, type ClinicView } from "./capacity.schema.ts";
import { changeClinic } from "./change.service.ts";
import { breakChoices, clinicField, clinicMessage, pledgeChoices, readClinicChange } from "./clinic.form.ts";
import { ownClinic } from "./read.service.ts";

/** Days to which a clinic may be moved: its own first among the next open ones. One that has begun stays where it is. */
const daysFor = async (q: Queryable, actor: Actor, startsAt: Date): Promise<{ value: string; text: string }[]> => {
  const now = await appNow(q);
  const own = { value: londonDate(startsAt), text: speakDay(startsAt) };
  if (startsAt <= now) return [own];
  const hours = (await openingHoursOf(q, [actor.organisationCode])).get(actor.organisationCode) ?? [];
  const open = openDays(hours, now, 60).map(({ date, label }) => ({ value: date, text: label }));
  return [own, ...open.filter(({ value }) => value !== own.value)].toSorted((left, right) =>
    left.value < right.value ? -1 : 1,
  );
};

const showChange = async (actor: Actor, { q }: Database, id: string, state: FormState): Promise<View> => {
  const clinic = await ownClinic(q, actor, id);
  const startsAt = new Date(clinic.startsAt);
  const timeOf = (instant: string): string => londonTime(new Date(instant));
  return view({
    template: "capacity/change.njk",
    title: "Change clinic",
    form: state,
    data: {
      ...breakingOf(state),
      clinic: { ...clinic, day: speakDay(startsAt), date: londonDate(startsAt) },
      days: await daysFor(q, actor, startsAt),
      from: timeOf(clinic.startsAt),
      until: timeOf(clinic.endsAt),
      breaks: breakChoices(clinic.breaks.map((one) => ({ from: timeOf(one.from), until: timeOf(one.until) }))),
      pledgeChoices,
      serviceChoices: (await serviceCatalogue(q)).map(({ code, name }) => ({ value: code, text: name })),
      requirementChoices: requirements.map((code) => ({ value: code, text: requirementNames[code] })),
    },
  });
};

const isSame = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** The form sends everything; only what differs is a change. A clinic that has begun may then still change its end. */
const differences = (clinic: ClinicView, change: ChangeBody): ChangeBody | undefined => {
  const { startsAt, endsAt, breaks, services, provides, pledge, confirmBreaking } = change;
  const isAt = (shown: string, at: Date): boolean => new Date(shown).getTime() === at.getTime();
  const parts = {
    ...(startsAt === undefined || isAt(clinic.startsAt, startsAt) ? {} : { startsAt }),
    ...(endsAt === undefined || isAt(clinic.endsAt, endsAt) ? {} : { endsAt }),
    ...(breaks === undefined || isSame(inMs(clinic.breaks), inMs(breaks)) ? {} : { breaks }),
    ...(services === undefined || isSame([...clinic.services].sort(), services) ? {} : { services }),
    ...(provides === undefined || isSame(clinic.provides, provides) ? {} : { provides }),
    ...(pledge === undefined || pledge === clinic.pledge ? {} : { pledge }),
  };
  return Object.keys(parts).length === 0 ? undefined : { ...parts, confirmBreaking };
};

const inMs = (breaks: readonly { readonly from: Date | string; readonly until: Date | string }[]): number[] =>
  breaks.flatMap(({ from, until }) => [new Date(from).getTime(), new Date(until).getTime()]);

/** Changing a clinic, on one day or of a weekly series; what it would break is shown first (C4). */
export const clinicChangePages = (ports: CapacityPorts): readonly AppPage[] => [
  page(
    {
      path: "/clinics/:id/change",
      summary: "The form to change a clinic",
      access: atOwnDesk,
      params: idParams,
      query: none,
    },
    async ({ actor, params }, database) => showChange(actor, database, params.id, blank()),
  ),
  form(
    {
      path: "/clinics/:id/change",
      summary: "Change a clinic",
      access: atOwnDesk,
      params: idParams,
      input: z.object({ version: z.int(), change: changeBody }),
      read: readClinicChange,
      fieldOf: clinicField,
      say: clinicMessage,
      again: async ({ actor, params }, database, state) => showChange(actor, database, params.id, state),
    },
    async ({ actor, params, input }, tx) => {
      const change = differences(await ownClinic(tx.q, actor, params.id), input.change);
      const location = `/clinics/${params.id}`;
      if (change === undefined) return redirect(location, { kind: "note", title: "Nothing was different." });
      const loss = await changeClinic(tx, actor, ports, params.id, change, input.version);
      return redirect(location, { kind: "done", title: "The clinic is changed.", ...saidOfLoss(loss) });
    },
  ),
];
