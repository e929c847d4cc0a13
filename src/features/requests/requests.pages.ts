import { z } from "zod";
import { appNow, type Database, type Queryable } from "../../platform/db/database.ts";
import { blank, type FormState } from "../../platform/web/fields.ts";
import { none, redirect, view, type Redirect, type View } from "../../platform/web/page.ts";
import { atDesk, form, isBroker, openForm, page, type Actor, type AppPage } from "../access/index.ts";
import { holidaysAhead, openDays, speakInstant, type OpenDay } from "../calendar/index.ts";
import { openingHoursOf } from "../practices/index.ts";
import { requirementNames, requirements, serviceCatalogue, serviceNames } from "../services/index.ts";
import { amendRequest } from "./amending.service.ts";
import { gridColumns, gridMessage, gridRows } from "./diary-grid.form.ts";
import { acknowledgeReturn, sortNeed, withdrawNeeds } from "./ending.service.ts";
import { readLastUsed } from "./last-used.repository.ts";
import {
  channelChoices,
  defaultChoices,
  distanceChoices,
  dueChoices,
  formRows,
  newRequestField,
  newRequestMessages,
  priorityChoices,
  readNewRequest,
  reasonChoices,
  serviceChoices,
  withPriorities,
} from "./new-request.form.ts";
import { postRequest } from "./posting.service.ts";
import { readRequest, readRequests } from "./reading.service.ts";
import { plainText, presentRequest, sortedChoices, speakPriority } from "./request.presenter.ts";
import type { HandoverPorts, OutlookPorts, RequestPorts } from "./requests.ports.ts";
import {
  amendRequestBody,
  needRef,
  postRequestBody,
  requestParams,
  sortedCodes,
  withdrawBody,
} from "./requests.schema.ts";

const DAYS_TO_CHOOSE = 30;

const daysOf = async (q: Queryable, organisationCode: string): Promise<OpenDay[]> => {
  const hours = (await openingHoursOf(q, [organisationCode])).get(organisationCode) ?? [];
  return openDays(hours, await appNow(q), DAYS_TO_CHOOSE);
};

const showNew = async (
  actor: Actor,
  { q }: Database,
  given?: FormState,
  outlook?: readonly string[],
): Promise<View> => {
  const days = await daysOf(q, actor.organisationCode);
  const services = await serviceCatalogue(q);
  const last = await readLastUsed(q, actor.organisationCode);
  const state = given ?? blank(defaultChoices(last.choices));
  return view({
    template: "requests/new.njk",
    title: "Ask for cover",
    form: state,
    data: {
      outlook,
      rows: formRows,
      services: [{ value: "", text: "Choose" }, ...serviceChoices(services, last.services)],
      gridRows,
      gridColumns: gridColumns(days),
      days: [{ value: "", text: "Choose a day" }, ...dueChoices(days)],
      holidays: holidaysAhead(await appNow(q), 21),
      startDays: [
        { value: "", text: "Now" },
        ...days.slice(1).map(({ date, label }) => ({ value: `${date}T00:00:00Z`, text: label })),
      ],
      reasonChoices,
      distanceChoices,
      channelChoices,
      priorityChoices,
      requirementChoices: requirements.map((code) => ({ value: code, text: requirementNames[code] })),
      isBroker: isBroker(actor),
    },
  });
};

const showOne = async (
  actor: Actor,
  { q }: Database,
  shown: { reference: string; template: string; title: string },
  more: Readonly<Record<string, unknown>> = {},
): Promise<View> => {
  const request = presentRequest(await readRequest(q, actor, shown.reference), await serviceNames(q));
  return view({
    template: shown.template,
    title: `${shown.title} ${request.reference}`,
    data: {
      request,
      sortedChoices,
      plain: plainText(request),
      isHome: request.homeCode === actor.organisationCode,
      isNurse: actor.roles.includes("nurse"),
      distanceChoices,
      days: dueChoices(await daysOf(q, actor.organisationCode)),
      ...more,
    },
  });
};

type Overview = (actor: Actor, database: Database, reference: string) => Promise<View>;

const overviewWith =
  (ports: HandoverPorts): Overview =>
  async (actor, database, reference) =>
    showOne(
      actor,
      database,
      { reference, template: "requests/show.njk", title: "Request" },
      await ports.handoverOf(database.q, actor, reference),
    );

const reading = (overview: Overview): readonly AppPage[] => [
  page(
    { path: "/requests/new", summary: "The form Ask for cover", access: atDesk, params: none, query: none },
    async ({ actor }, database) => showNew(actor, database),
  ),
  page(
    {
      path: "/requests",
      summary: "Our requests",
      access: atDesk,
      params: none,
      query: z.object({ after: z.string().max(200).optional() }),
    },
    async ({ actor, query }, { q }) => {
      const { items, next } = await readRequests(q, actor, { ...query, state: undefined, limit: 25 });
      const nameOf = await serviceNames(q);
      const requests = items.map((item) => ({
        ...item,
        services: item.services.map(nameOf).join(", "),
        priority: speakPriority(item.priority),
        by: item.nextDueBy === null ? undefined : speakInstant(new Date(item.nextDueBy)),
      }));
      const title = isBroker(actor) ? "Requests of the group" : "Our requests";
      return view({ template: "requests/list.njk", title, data: { requests, next, isBroker: isBroker(actor) } });
    },
  ),
  page(
    { path: "/requests/:reference", summary: "One cover request", access: atDesk, params: requestParams, query: none },
    async ({ actor, params }, database) => overview(actor, database, params.reference),
  ),
  ...(["worksheet", "change"] as const).map((part) =>
    page(
      {
        path: `/requests/:reference/${part}`,
        summary: part === "change" ? "The form that changes a request" : "A worksheet of a request, for paper",
        access: atDesk,
        params: requestParams,
        query: none,
      },
      async ({ actor, params }, database) =>
        showOne(actor, database, {
          reference: params.reference,
          template: `requests/${part}.njk`,
          title: part === "change" ? "Change request" : "Worksheet",
        }),
    ),
  ),
];

/** The form *Ask for cover*, whether it is posted or only asked who has room. */
const asking = {
  access: atDesk,
  params: none,
  input: postRequestBody,
  read: readNewRequest,
  fieldOf: newRequestField,
  messages: newRequestMessages,
  say: (field: string, message: string): string => gridMessage(field) ?? message,
  again: async ({ actor }: { actor: Actor }, database: Database, state: FormState): Promise<View> =>
    showNew(actor, database, state),
};

const to = (reference: string, title: string, text?: string): Redirect =>
  redirect(`/requests/${reference}`, { kind: "done", title, ...(text === undefined ? {} : { text }) });

const sortInput = z.object({ needs: z.array(needRef).min(1).max(60), as: z.enum(sortedCodes) });
const version = z.object({ version: z.int(), change: amendRequestBody });

/** How needs end by hand, from the page of their request (R7). */
const ending = (ports: RequestPorts, overview: Overview): readonly AppPage[] => [
  form(
    {
      path: "/requests/:reference/withdraw",
      summary: "Withdraw needs that are not needed after all",
      access: atDesk,
      params: requestParams,
      input: withdrawBody,
      read: (fields) => (fields.has("all") ? {} : { needs: fields.list("needs") }),
      messages: { needs: "Tick at least one appointment" },
      again: async ({ actor, params }, database) => overview(actor, database, params.reference),
    },
    async ({ actor, params, input }, tx) => {
      await withdrawNeeds(tx, ports, actor, { ...params, needs: input.needs });
      return to(params.reference, "Withdrawn. Whoever was asked has been told, with thanks.");
    },
  ),
  form(
    {
      path: "/requests/:reference/sorted",
      summary: "Say that needs were met in another way",
      access: atDesk,
      params: requestParams,
      input: sortInput,
      read: (fields) => ({ needs: fields.list("needs"), as: fields.text("as") }),
      messages: { needs: "Tick at least one appointment", as: "Choose how it was sorted" },
      again: async ({ actor, params }, database) => overview(actor, database, params.reference),
    },
    async ({ actor, params, input }, tx) => {
      for (const ref of input.needs) await sortNeed(tx, ports, actor, { ...params, ref, as: input.as });
      return to(params.reference, "Noted as sorted another way.");
    },
  ),
  form(
    {
      path: "/requests/:reference/acknowledge",
      summary: "Acknowledge needs that came back uncovered",
      access: atDesk,
      params: requestParams,
      input: z.object({ needs: z.array(needRef).min(1).max(60) }),
      read: (fields) => ({ needs: fields.list("needs") }),
      again: async ({ actor, params }, database) => overview(actor, database, params.reference),
    },
    async ({ actor, params, input }, tx) => {
      for (const ref of input.needs) await acknowledgeReturn(tx, actor, { ...params, ref });
      return to(params.reference, "Thank you. It is noted that you have seen this.");
    },
  ),
];

/** The HTML edge of cover requests, over the same services and schemas as the API. */
export const requestPages = (ports: RequestPorts & OutlookPorts & HandoverPorts): readonly AppPage[] => [
  ...reading(overviewWith(ports)),
  ...ending(ports, overviewWith(ports)),
  openForm(
    { ...asking, path: "/requests/check", summary: "Who has room for a request, before it is posted" },
    async ({ actor, input, fields }, database) => {
      const wish = withPriorities(input, fields.text("priority"), await appNow(database.q));
      const { words } = await ports.outlookFor(database, actor, wish);
      return showNew(actor, database, blank(fields.all()), words);
    },
  ),
  form({ ...asking, path: "/requests/new", summary: "Post a cover request" }, async ({ actor, input, fields }, tx) => {
    const request = withPriorities(input, fields.text("priority"), await appNow(tx.q));
    const { reference, warnings } = await postRequest(tx, actor, request);
    const alike = warnings.map((warning) => warning.reference).join(", ");
    return to(
      reference,
      `${reference} is posted. Neighbours are being asked now.`,
      alike === "" ? undefined : `It looks like ${alike}, which is still open. If you posted twice, withdraw one.`,
    );
  }),
  form(
    {
      path: "/requests/:reference/change",
      summary: "Change counts, days and distance of a request",
      access: atDesk,
      params: requestParams,
      input: version,
      read: (fields) => ({
        version: fields.number("version"),
        change: {
          lines: fields.list("line").map((line) => ({
            line: Number(line),
            service: fields.text(`service-${line}`),
            count: fields.number(`count-${line}`),
            dueBy: fields.text(`by-${line}`),
            maxKm: fields.number(`maxKm-${line}`),
          })),
        },
      }),
      fieldOf: (pointer, fields) => {
        const [, , at = "", property = ""] = pointer.split("/").filter((step) => step !== "change");
        const name = property === "dueBy" ? "by" : property;
        return `${name}-${fields.list("line")[Number(at)] ?? "1"}`;
      },
      again: async ({ actor, params }, database) =>
        showOne(actor, database, {
          reference: params.reference,
          template: "requests/change.njk",
          title: "Change request",
        }),
    },
    async ({ actor, params, input }, tx) => {
      await amendRequest(tx, ports, actor, { ...params, ...input.change, version: input.version });
      return to(params.reference, "Changed. Neighbours are being asked again where that helps.");
    },
  ),
];
