import { z } from "zod";
import { appNow, type Database } from "../../platform/db/database.ts";
import type { Fields } from "../../platform/web/fields.ts";
import { none, redirect, view, type View } from "../../platform/web/page.ts";
import { form, isBroker, managersOnly, page, signedIn, type Actor, type AppPage } from "../access/index.ts";
import { dateSchema, londonDate, londonInstant, londonTime, speakInstant, typedTime } from "../calendar/index.ts";
import { requirementNames, requirements, serviceCatalogue } from "../services/index.ts";
import { settingsPatchSchema } from "./practices.schema.ts";
import { changeSettings, readSettings } from "./settings.service.ts";

const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;

const roleChoices = [
  { value: "nurse", text: "Nurses" },
  { value: "reception", text: "Reception" },
  { value: "manager", text: "Managers" },
] as const;

const showSettings = async (actor: Actor, { q }: Database): Promise<View> => {
  const settings = await readSettings(q, actor.organisationCode);
  const until = settings.acceptingUntil === null ? undefined : new Date(settings.acceptingUntil);
  const main = settings.sites.find(({ isMain }) => isMain) ?? settings.sites.at(0);
  const services = await serviceCatalogue(q);
  return view({
    template: "practices/settings.njk",
    title: "Settings",
    data: {
      settings,
      asking: settings.isAccepting ? (until === undefined ? "yes" : "until") : "no",
      until: until === undefined ? undefined : { time: londonTime(until), says: speakInstant(until) },
      untilDay: londonDate(until ?? (await appNow(q))),
      site: main,
      days: weekdays.map((name, at) => ({
        name,
        weekday: at + 1,
        hours: main?.openingHours.find(({ weekday }) => weekday === at + 1),
      })),
      isBroker: isBroker(actor),
      isAtDesk: actor.roles.some((role) => role === "nurse" || role === "reception" || role === "manager"),
      isManager: actor.roles.some((role) => role === "manager" || role === "admin"),
      serviceChoices: services.map(({ code, name }) => ({ value: code, text: name })),
      serviceNames: services.filter(({ code }) => settings.services.includes(code)).map(({ name }) => name),
      requirementChoices: requirements.map((code) => ({ value: code, text: requirementNames[code] })),
      roleChoices,
    },
  });
};

/** A site with more than one stretch a day is changed through the API; the form would lose the second. */
const readHours = (fields: Fields): { id: string; openingHours: unknown[] }[] => {
  const id = fields.text("site");
  if (id === undefined) return [];
  const openingHours = weekdays.flatMap((_, at) => {
    const weekday = at + 1;
    const [opens, closes] = [fields.text(`opens-${weekday}`), fields.text(`closes-${weekday}`)];
    return opens === undefined && closes === undefined ? [] : [{ weekday, opens: opens ?? "", closes: closes ?? "" }];
  });
  return [{ id, openingHours }];
};

/** What is no time stays as typed, so that the schema refuses it. */
const readUntil = (fields: Fields): string => {
  const [day, typed] = [dateSchema.safeParse(fields.text("untilDay")), fields.text("acceptingUntil")];
  const time = typedTime(typed);
  return day.success && time !== undefined ? londonInstant(day.data, time).toISOString() : (typed ?? "");
};

const readSettingsForm = (fields: Fields): unknown => ({
  version: fields.number("version"),
  patch: {
    isAccepting: ["yes", "until"].includes(fields.text("isAccepting") ?? ""),
    acceptingUntil: fields.text("isAccepting") === "until" ? readUntil(fields) : null,
    dailyCap: fields.number("dailyCap") ?? null,
    services: fields.list("services"),
    provides: fields.list("provides"),
    acceptRoles: fields.list("acceptRoles"),
    bypassPhone: fields.text("bypassPhone") ?? null,
    buddies: (fields.text("buddies") ?? "").split(/[\s,;]+/).filter((code) => code !== ""),
    ...(fields.has("site") ? { sites: readHours(fields) } : {}),
  },
});

const fieldOf = (pointer: string): string => {
  const field = pointer.split("/").find((step) => step !== "" && step !== "patch") ?? "settings";
  return field === "sites" ? "opens-1" : field;
};

/** What a practice could do for neighbours, and when (C3). Everybody there may read it, managers change it. */
export const settingsPages: readonly AppPage[] = [
  page(
    { path: "/settings", summary: "The practice's settings", access: signedIn, params: none, query: none },
    async ({ actor }, database) => showSettings(actor, database),
  ),
  form(
    {
      path: "/settings",
      summary: "Change the practice's settings",
      access: managersOnly,
      params: none,
      input: z.object({ version: z.int(), patch: settingsPatchSchema }),
      read: readSettingsForm,
      fieldOf,
      messages: {
        acceptingUntil: "Enter a time today that is still ahead, such as 18:00",
        dailyCap: "Enter a number from 0 to 500, or leave it empty",
        "opens-1": "Enter opening and closing times as 08:00, and closing after opening",
        acceptRoles: "Choose who may answer",
      },
      again: async ({ actor }, database) => showSettings(actor, database),
    },
    async ({ actor, input }, tx) => {
      await changeSettings(tx, actor, input.version, input.patch);
      return redirect("/settings", { kind: "done", title: "Your settings are saved." });
    },
  ),
];
