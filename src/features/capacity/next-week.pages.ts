import { z } from "zod";
import type { Database } from "../../platform/db/database.ts";
import { none, redirect, view, type Redirect, type View } from "../../platform/web/page.ts";
import { form, page, type Actor, type AppPage } from "../access/index.ts";
import { dateSchema, londonTime, speakDay } from "../calendar/index.ts";
import { serviceNames } from "../services/index.ts";
import { atOwnDesk } from "./capacity.policy.ts";
import type { CapacityPorts } from "./capacity.ports.ts";
import { changeNextWeek, noteMessageSeen, publishNextWeek, readNextWeek, type NextWeek } from "./next-week.service.ts";
import { aWeekLater } from "./next-week.rules.ts";

type Row = NextWeek["clinics"][number];

const WHY: Readonly<Record<string, string>> = {
  there: "published already",
  ended: "its weekly clinic does not go on",
  "lane-taken": "its clinician has another clinic then",
};

const presentRow = ({ clinic, next, slots }: Row, nameOf: (code: string) => string) => {
  const [starts, ends] = [aWeekLater(clinic.startsAt), aWeekLater(clinic.endsAt)];
  return {
    id: clinic.id,
    when: `${speakDay(starts)}, ${londonTime(starts)} to ${londonTime(ends)}`,
    what: clinic.services.map(nameOf).join(", "),
    where: clinic.siteName,
    lane: clinic.lane,
    slots,
    isOpen: next.kind === "publish",
    why: next.kind === "skipped" ? next.says : WHY[next.kind],
  };
};

const showNextWeek = async (actor: Actor, { q }: Database): Promise<View> => {
  const { weekOf, clinics, answer } = await readNextWeek(q, actor);
  const nameOf = await serviceNames(q);
  const presented = clinics.map((one) => presentRow(one, nameOf));
  return view({
    template: "capacity/next-week.njk",
    title: "Same clinics next week?",
    data: {
      weekOf,
      answer,
      open: presented.filter(({ isOpen }) => isOpen),
      settled: presented.filter(({ isOpen }) => !isOpen),
    },
  });
};

const said = (published: number): Redirect =>
  redirect("/clinics", {
    kind: "done",
    title:
      published === 0
        ? "Thank you. There was nothing more to publish."
        : `${published === 1 ? "1 clinic is" : `${published} clinics are`} published for next week. Thank you.`,
    ...(published === 0 ? {} : { text: "Neighbours can be offered these times from now on." }),
  });

/** Where the Thursday message leads: a signed-in page that changes nothing until somebody says so. */
export const nextWeekPages = (ports: CapacityPorts): readonly AppPage[] => [
  page(
    {
      path: "/clinics/next-week",
      summary: "Same clinics next week?",
      access: atOwnDesk,
      params: none,
      query: none,
    },
    async ({ actor }, database) => showNextWeek(actor, database),
  ),
  page(
    {
      path: "/clinics/next-week/:week",
      summary: "Same clinics next week?, opened from the message",
      access: atOwnDesk,
      params: z.object({ week: dateSchema }),
      query: none,
    },
    async ({ actor, params }, database) => {
      await noteMessageSeen(database, ports, actor, params.week);
      return showNextWeek(actor, database);
    },
  ),
  form(
    {
      path: "/clinics/next-week",
      summary: "Yes, publish these; or change",
      access: atOwnDesk,
      params: none,
      input: z.object({
        answer: z.enum(["yes", "change"]),
        weekOf: dateSchema,
        clinics: z.array(z.uuid()).max(500),
      }),
      read: (fields) => ({
        answer: fields.text("answer") ?? "yes",
        weekOf: fields.text("weekOf"),
        clinics: fields.list("clinics"),
      }),
      again: async ({ actor }, database) => showNextWeek(actor, database),
    },
    async ({ actor, input }, tx) => {
      if (input.answer === "yes") return said((await publishNextWeek(tx, actor, input)).published);
      await changeNextWeek(tx, actor, input.weekOf);
      return redirect("/clinics", {
        kind: "note",
        title: "Nothing was published for next week.",
        text: "Publish what is right, here or as a weekly clinic.",
      });
    },
  ),
];
