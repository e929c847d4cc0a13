import { z } from "zod";
import { appNow, type Database, type Queryable } from "../../platform/db/database.ts";
import { blank, type FormState } from "../../platform/web/fields.ts";
import { none, redirect, view, type View } from "../../platform/web/page.ts";
import { form, openForm, page, type Actor, type AppPage } from "../access/index.ts";
import { londonDate } from "../calendar/index.ts";
import { requirementNames, requirements, serviceCatalogue, serviceNames } from "../services/index.ts";
import { breakingOf, saidOfLoss } from "./breaking.view.ts";
import { atOwnDesk } from "./capacity.policy.ts";
import type { CapacityPorts } from "./capacity.ports.ts";
import { confirmBreakingBody, idParams } from "./capacity.schema.ts";
import { breakChoices, channelChoices, pledgeChoices } from "./clinic.form.ts";
import { stretchOf, wholeOf } from "./clinic-times.rules.ts";
import { speakDate } from "./closures.pages.ts";
import {
  readSeriesChange,
  readSeriesForm,
  seriesField,
  seriesMessage,
  weekdayChoices,
  weekdayNames,
} from "./series.form.ts";
import { timesOn } from "./series-days.service.ts";
import { listSeries, type StoredSeries } from "./series.repository.ts";
import { seriesBody, seriesChangeBody, type SeriesBody, type SeriesChange } from "./series.schema.ts";
import { changeSeries, createSeries, endSeries, readSeries } from "./series.service.ts";
import { layOutSlots } from "./slot-layout.rules.ts";

/** More weekly clinics than one practice has lanes and days. */
const AT_MOST = 200;

const LISTED = new Intl.ListFormat("en-GB");

const choicesOf = async (q: Queryable) => ({
  weekdayChoices,
  pledgeChoices,
  channelChoices,
  serviceChoices: (await serviceCatalogue(q)).map(({ code, name }) => ({ value: code, text: name })),
  requirementChoices: requirements.map((code) => ({ value: code, text: requirementNames[code] })),
});

type Rule = Pick<StoredSeries, "weekdays" | "opens" | "closes" | "services" | "lane" | "slotMinutes" | "pledge">;

const speakRule = (rule: Rule, nameOf: (code: string) => string) => ({
  days: LISTED.format(rule.weekdays.map((day) => weekdayNames[day - 1] ?? "")),
  times: `${rule.opens} to ${rule.closes}`,
  services: rule.services.map(nameOf).join(", "),
  lane: rule.lane,
  slotMinutes: rule.slotMinutes,
  isFirm: rule.pledge === "firm",
});

const showNew = async (database: Database, state: FormState, slotCount?: number): Promise<View> => {
  const { q } = database;
  const today = londonDate(await appNow(q));
  const data = { ...(await choicesOf(q)), breaks: breakChoices([]), today, slotCount };
  return view({ template: "capacity/weekly-new.njk", title: "Publish weekly clinic", form: state, data });
};

/** What a refused form asks before it goes on (C4). */
const asks = {
  change: { path: "change", go: "Change and tell them", keep: "Leave it as it is" },
  end: { path: "end", go: "End it and tell them", keep: "Keep the weekly clinic" },
} as const;

const showSeries = async (
  actor: Actor,
  { q }: Database,
  id: string,
  state: FormState,
  asked: keyof typeof asks = "change",
): Promise<View> => {
  const series = await readSeries(q, actor, id);
  return view({
    template: "capacity/weekly.njk",
    title: "Weekly clinic",
    form: state,
    data: {
      ...(await choicesOf(q)),
      ...breakingOf(state),
      asked: asks[asked],
      series,
      rule: speakRule(series, await serviceNames(q)),
      weekdays: series.weekdays.map(String),
      breaks: breakChoices(series.breaks),
      days: series.days.map((day) => ({ ...day, says: speakDate(day.date) })),
      skipped: series.skipped.map(({ date, says }) => ({ day: speakDate(date), says })),
    },
  });
};

/** How many slots each day has (C1). */
const slotsADay = (input: SeriesBody, date: string): number => {
  const times = timesOn(input, date);
  return layOutSlots(wholeOf(times), times.breaks.map(breakOf).map(stretchOf), input.slotMinutes).length;
};
const breakOf = ({ from, until }: { readonly from: Date; readonly until: Date }) => ({ from, until });

/** The form sends the whole rule; only what differs is a change. */
const differences = (
  series: Awaited<ReturnType<typeof readSeries>>,
  change: SeriesChange,
): SeriesChange | undefined => {
  const { confirmBreaking, ...wanted } = change;
  const before = new Map<string, unknown>(Object.entries({ ...series, services: series.services.toSorted() }));
  const parts = Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before.get(name))),
  );
  return Object.keys(parts).length === 0 ? undefined : seriesChangeBody.parse({ ...parts, confirmBreaking });
};

const publishing = {
  access: atOwnDesk,
  params: none,
  input: seriesBody,
  read: readSeriesForm,
  fieldOf: seriesField,
  say: seriesMessage,
  again: async (_visit: unknown, database: Database, state: FormState): Promise<View> => showNew(database, state),
};

const reading: readonly AppPage[] = [
  page(
    { path: "/clinics/weekly", summary: "Our weekly clinics", access: atOwnDesk, params: none, query: none },
    async ({ actor }, { q }) => {
      const nameOf = await serviceNames(q);
      const found = await listSeries(q, actor.organisationCode, { after: undefined, limit: AT_MOST });
      const items = found.map((series) => ({ id: series.id, ...speakRule(series, nameOf) }));
      return view({ template: "capacity/weekly-list.njk", title: "Weekly clinics", data: { items } });
    },
  ),
  page(
    {
      path: "/clinics/weekly/new",
      summary: "The form of a weekly clinic",
      access: atOwnDesk,
      params: none,
      query: none,
    },
    async (_visit, database) => showNew(database, blank({ slotMinutes: "20", channel: "in-person" })),
  ),
  page(
    { path: "/clinics/weekly/:id", summary: "One weekly clinic", access: atOwnDesk, params: idParams, query: none },
    async ({ actor, params }, database) => showSeries(actor, database, params.id, blank()),
  ),
];

/** Clinics that repeat weekly (C2), over the same services as the API. */
export const seriesPages = (ports: CapacityPorts): readonly AppPage[] => [
  ...reading,
  form(
    { ...publishing, path: "/clinics/weekly/new", summary: "Publish a weekly clinic" },
    async ({ actor, input }, tx) => {
      const id = await createSeries(tx, actor, input);
      const { days, skipped } = await readSeries(tx.q, actor, id);
      const made = days.length === 1 ? "One clinic" : `${days.length} clinics`;
      const text =
        skipped.length === 0 ? undefined : `Left out: ${skipped.map(({ date }) => speakDate(date)).join(", ")}.`;
      const title = `${made} of the next eight weeks published. Later weeks follow by themselves.`;
      return redirect(`/clinics/weekly/${id}`, { kind: "done", title, ...(text === undefined ? {} : { text }) });
    },
  ),
  openForm(
    { ...publishing, path: "/clinics/weekly/check", summary: "Count a weekly clinic's slots before it is saved" },
    async ({ input, fields }, database) =>
      showNew(database, blank(fields.all()), slotsADay(input, londonDate(await appNow(database.q)))),
  ),
  form(
    {
      path: "/clinics/weekly/:id/change",
      summary: "Change a weekly clinic",
      access: atOwnDesk,
      params: idParams,
      input: z.object({ version: z.int(), change: seriesChangeBody }),
      read: readSeriesChange,
      fieldOf: seriesField,
      say: seriesMessage,
      again: async ({ actor, params }, database, state) => showSeries(actor, database, params.id, state),
    },
    async ({ actor, params, input }, tx) => {
      const location = `/clinics/weekly/${params.id}`;
      const change = differences(await readSeries(tx.q, actor, params.id), input.change);
      if (change === undefined) return redirect(location, { kind: "note", title: "Nothing was different." });
      const loss = await changeSeries(tx, actor, ports, params.id, change, input.version);
      return redirect(location, { kind: "done", title: "The weekly clinic is changed.", ...saidOfLoss(loss) });
    },
  ),
  form(
    {
      path: "/clinics/weekly/:id/end",
      summary: "End a weekly clinic",
      access: atOwnDesk,
      params: idParams,
      input: confirmBreakingBody,
      read: (fields) => ({ confirmBreaking: fields.has("confirmBreaking") }),
      again: async ({ actor, params }, database, state) => showSeries(actor, database, params.id, state, "end"),
    },
    async ({ actor, params, input }, tx) => {
      const loss = await endSeries(tx, actor, ports, params.id, input);
      const title = "The weekly clinic has ended, and its days ahead are withdrawn.";
      return redirect("/clinics/weekly", { kind: "done", title, ...saidOfLoss(loss) });
    },
  ),
];
