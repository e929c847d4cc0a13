import { z } from "zod";
import { appNow, type Database } from "../../platform/db/database.ts";
import { blank, type FormState } from "../../platform/web/fields.ts";
import { none, redirect, view, type View } from "../../platform/web/page.ts";
import { brokersOnly, form, page, type Actor, type AppPage } from "../access/index.ts";
import { defaultOpeningHours, londonDate, londonInstant, openDays, speakInstant } from "../calendar/index.ts";
import { awayBody, rotaBody } from "./alarms.schema.ts";
import { changeRota, readRota, setAway } from "./rota.service.ts";

/** Days on which somebody may say that they are back: about a month. */
const BACK_WITHIN_DAYS = 25;

const show = async (actor: Actor, { q }: Database, state: FormState): Promise<View> => {
  const rota = await readRota(q, actor);
  const now = await appNow(q);
  const today = londonDate(now);
  const mine = rota.brokers.find(({ id }) => id === actor.userId);
  return view({
    template: "alarms/rota.njk",
    title: "Who answers alarms",
    form: state,
    data: {
      rota,
      choices: rota.brokers.map(({ id, name, awayUntil }) => ({
        value: id,
        text: awayUntil === null ? name : `${name} (away until ${speakInstant(new Date(awayUntil))})`,
      })),
      isNobody: rota.ownerId === null && rota.deputyId === null,
      awayUntil: mine?.awayUntil === null || mine === undefined ? undefined : speakInstant(new Date(mine.awayUntil)),
      backOn: openDays(defaultOpeningHours, now, BACK_WITHIN_DAYS)
        .filter(({ date }) => date > today)
        .map(({ date, label }) => ({ value: date, text: label })),
    },
  });
};

const again = async ({ actor }: { actor: Actor }, database: Database, state: FormState): Promise<View> =>
  show(actor, database, state);

/** Owner, deputy and absences of a federation (F2). */
export const rotaPages: readonly AppPage[] = [
  page(
    { path: "/settings/alarms", summary: "Who answers alarms", access: brokersOnly, params: none, query: none },
    async ({ actor }, database) => show(actor, database, blank({})),
  ),
  form(
    {
      path: "/settings/alarms",
      summary: "Name who answers alarms, and the deputy",
      access: brokersOnly,
      params: none,
      input: z.object({ version: z.int(), rota: rotaBody }),
      read: (fields) => ({
        version: fields.number("version"),
        rota: { ownerId: fields.text("ownerId") ?? null, deputyId: fields.text("deputyId") ?? null },
      }),
      again,
    },
    async ({ actor, input }, tx) => {
      await changeRota(tx, actor, input.version, input.rota);
      return redirect("/settings/alarms", { kind: "done", title: "Saved." });
    },
  ),
  form(
    {
      path: "/settings/alarms/away",
      summary: "Say that you are away, or back",
      access: brokersOnly,
      params: none,
      input: awayBody,
      read: (fields) => {
        if (fields.text("back") === "now") return { until: null };
        const day = z.iso.date().safeParse(fields.text("until"));
        // Back when the core hours begin: alarms of that morning are theirs again.
        return { until: day.success ? londonInstant(day.data, "08:00").toISOString() : "" };
      },
      messages: { until: "Choose when you are back" },
      again,
    },
    async ({ actor, input }, tx) => {
      await setAway(tx, actor, input.until);
      const title = input.until === null ? "Welcome back." : "Enjoy it. Alarms go to your colleagues.";
      return redirect("/settings/alarms", { kind: "done", title });
    },
  ),
];
