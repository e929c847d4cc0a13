import { z } from "zod";
import { command, read, type AppRoute } from "../access/index.ts";
import { atOwnDesk } from "./capacity.policy.ts";
import { aWeekLater } from "./next-week.rules.ts";
import { nextWeekAnswer, nextWeekView, type NextWeekView } from "./next-week.schema.ts";
import { changeNextWeek, publishNextWeek, readNextWeek, type NextWeek } from "./next-week.service.ts";

const ours = { tag: "Clinics", access: atOwnDesk } as const;

const present = ({ weekOf, answer, clinics }: NextWeek): NextWeekView => ({
  weekOf,
  answer,
  clinics: clinics.map(({ clinic, next, slots }) => ({
    id: clinic.id,
    siteName: clinic.siteName,
    services: clinic.services,
    lane: clinic.lane,
    pledge: clinic.pledge,
    startsAt: aWeekLater(clinic.startsAt).toISOString(),
    endsAt: aWeekLater(clinic.endsAt).toISOString(),
    slots,
    next: next.kind === "publish" ? "open" : next.kind,
    says: next.kind === "skipped" ? next.says : null,
  })),
});

/** "Same clinics next week? Yes / change" for a practice's own tools; reading it answers nothing. */
export const nextWeekRoutes: readonly AppRoute[] = [
  read(
    {
      ...ours,
      method: "GET",
      path: "/v1/clinics/next-week",
      summary: "Same clinics next week? This week's clinics and what each would be",
      response: nextWeekView,
    },
    async ({ actor }, { q }) => ({ body: present(await readNextWeek(q, actor)) }),
  ),
  command(
    {
      ...ours,
      method: "POST",
      path: "/v1/clinics/next-week",
      summary: "Yes, publish the same clinics for next week, once however often it is said; or change",
      body: nextWeekAnswer,
      response: z.strictObject({ published: z.int() }),
    },
    async ({ actor, body }, tx) => {
      const { weekOf } = body;
      if (body.answer === "yes")
        return { body: await publishNextWeek(tx, actor, { weekOf, clinics: body.clinics ?? "all" }) };
      await changeNextWeek(tx, actor, weekOf);
      return { body: { published: 0 } };
    },
  ),
];
