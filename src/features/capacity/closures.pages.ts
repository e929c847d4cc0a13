import { appNow, type Database } from "../../platform/db/database.ts";
import { blank, type FormState } from "../../platform/web/fields.ts";
import { none, redirect, refuse, view, type View } from "../../platform/web/page.ts";
import { form, page, type Actor, type AppPage } from "../access/index.ts";
import { holidaysAhead, londonDate, londonInstant, speakDay } from "../calendar/index.ts";
import { breakingOf, saidOfLoss } from "./breaking.view.ts";
import { atOwnDesk } from "./capacity.policy.ts";
import type { CapacityPorts } from "./capacity.ports.ts";
import { closeOn, reopenOn } from "./closures.service.ts";
import { closedDays } from "./series.repository.ts";
import { addDays } from "./series.rules.ts";
import { closureBody, closureParams } from "./series.schema.ts";

/** `Tue 22 Dec` for a London day. */
export const speakDate = (date: string): string => speakDay(londonInstant(date, "12:00"));

/** How far ahead bank holidays are named. */
const HOLIDAY_DAYS = 120;

const showClosures = async (actor: Actor, { q }: Database, state: FormState): Promise<View> => {
  const now = await appNow(q);
  const today = londonDate(now);
  const closed = await closedDays(q, actor.organisationCode, today, addDays(today, 3_660));
  return view({
    template: "capacity/closures.njk",
    title: "Closed days",
    form: state,
    data: {
      ...breakingOf(state),
      today,
      closed: [...closed].toSorted().map((date) => ({ date, says: speakDate(date) })),
      holidays: holidaysAhead(now, HOLIDAY_DAYS),
    },
  });
};

const days = (count: number): string => (count === 1 ? "One clinic" : `${count} clinics`);

/** Days on which there is no clinic (C2); what closing would break is shown first (C4). */
export const closurePages = (ports: CapacityPorts): readonly AppPage[] => [
  page(
    { path: "/clinics/closures", summary: "Closed days", access: atOwnDesk, params: none, query: none },
    async ({ actor }, database) => showClosures(actor, database, blank()),
  ),
  form(
    {
      path: "/clinics/closures",
      summary: "Say that we are closed on a day",
      access: atOwnDesk,
      params: none,
      input: closureBody,
      read: (fields) => ({ date: fields.text("date"), confirmBreaking: fields.has("confirmBreaking") }),
      say: (_field, message) => (message === "This day is in the past." ? message : "Choose a day"),
      again: async ({ actor }, database, state) => showClosures(actor, database, state),
    },
    async ({ actor, input }, tx) => {
      const { withdrawn, agreements } = await closeOn(tx, actor, ports, input.date, input);
      const title = `Closed on ${speakDate(input.date)}.${withdrawn === 0 ? "" : ` ${days(withdrawn)} of that day withdrawn.`}`;
      return redirect("/clinics/closures", { kind: "done", title, ...saidOfLoss(agreements) });
    },
  ),
  form(
    {
      path: "/clinics/closures/:date/reopen",
      summary: "Open on that day after all",
      access: atOwnDesk,
      params: closureParams,
      input: none,
      read: () => ({}),
      again: async (_visit, _database, state) => refuse("/clinics/closures", state),
    },
    async ({ actor, params }, tx) => {
      await reopenOn(tx, actor, params.date);
      const title = `Open on ${speakDate(params.date)}.`;
      const text = "Weekly clinics of that day are there again. What was published for that day alone stays withdrawn.";
      return redirect("/clinics/closures", { kind: "done", title, text });
    },
  ),
];
