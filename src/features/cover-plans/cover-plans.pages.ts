import { z } from "zod";
import type { Database } from "../../platform/db/database.ts";
import { blank, type Fields, type FormState } from "../../platform/web/fields.ts";
import { none, redirect, view, type View } from "../../platform/web/page.ts";
import { brokersOnly, form, page, type Actor, type AppPage } from "../access/index.ts";
import { priorities, speakPriority, type Priority } from "../requests/index.ts";
import { defaultPlan, inARush, isInARush, speakMinutes } from "./cover-plans.rules.ts";
import {
  ALL_SERVICES,
  coverPlanBody,
  coverPlanParams,
  rings,
  type Asking,
  type CoverPlanView,
  type Plan,
} from "./cover-plans.schema.ts";
import { changeCoverPlan, readCoverPlan, readCoverPlans } from "./cover-plans.service.ts";

const RING_LABELS = { buddies: "Buddy practices", pcn: "Same PCN", group: "The sharing group" } as const;
const CLOCKS: Readonly<Record<Priority, string>> = {
  routine: "of home's opening hours",
  urgent: "of home's opening hours",
  asap: "by the clock",
};

const inBrief = ({ waits, breadth, calls }: Asking): string => {
  const [first] = rings;
  const isEven = rings.every((ring) => waits[ring] === waits[first]);
  const times = isEven ? speakMinutes(waits[first]) : rings.map((ring) => speakMinutes(waits[ring])).join(", ");
  return `${breadth} at once, wider after ${times}, ${calls === 0 ? "no calls" : `${calls} calls a ring`}`;
};

const FROM: Readonly<Record<CoverPlanView["from"], string>> = {
  own: "Its own plan",
  all: "As all services",
  default: "The default",
};

/** The boxes of the form as they would be sent with this plan in them. */
const sentWith = (plan: Plan): { readonly name: string; readonly value: number }[] =>
  priorities.flatMap((priority) => {
    const { waits, breadth, calls } = boxesOf(priority, plan[priority]);
    return [...waits, breadth, calls].map(({ name, value }) => ({ name, value }));
  });

/** One box of the form: its name, what it says, what stands in it and what the default is. */
const boxesOf = (priority: Priority, asking: Asking) => {
  const usual = defaultPlan[priority];
  const box = (name: string, label: string, value: number, before: number) => ({
    name: `${priority}-${name}`,
    label,
    value,
    hint: value === before ? "" : `Default ${before}`,
  });
  return {
    priority: speakPriority(priority),
    clock: CLOCKS[priority],
    waits: rings.map((ring) => box(ring, RING_LABELS[ring], asking.waits[ring], usual.waits[ring])),
    breadth: box("breadth", "Practices asked at once for one appointment", asking.breadth, usual.breadth),
    calls: box("calls", "Practices called in each ring, where no published time fits", asking.calls, usual.calls),
  };
};

const showPlan = async (actor: Actor, { q }: Database, service: string, state: FormState): Promise<View> => {
  const plan = await readCoverPlan(q, actor, service);
  return view({
    template: "cover-plans/plan.njk",
    title: `Cover plan: ${plan.name}`,
    form: state,
    data: {
      plan,
      from: FROM[plan.from],
      isOwn: plan.from === "own",
      priorities: priorities.map((priority) => boxesOf(priority, plan.plan[priority])),
      rush: isInARush(plan.plan) ? undefined : sentWith(inARush(plan.plan)),
    },
  });
};

const readPlan = (fields: Fields): unknown => ({
  version: fields.number("version"),
  plan:
    fields.text("back") === "default"
      ? null
      : Object.fromEntries(
          priorities.map((priority) => [
            priority,
            {
              waits: Object.fromEntries(rings.map((ring) => [ring, fields.number(`${priority}-${ring}`)])),
              breadth: fields.number(`${priority}-breadth`),
              calls: fields.number(`${priority}-calls`),
            },
          ]),
        ),
});

/** `/plan/routine/waits/buddies` is the box `routine-buddies`. */
const fieldOf = (pointer: string): string => {
  const [, , priority = "plan", ...rest] = pointer.split("/");
  return `${priority}-${rest.at(-1) ?? "buddies"}`;
};

/** How a group asks, for its brokers: what applies to each service, and one plan to change (A2 to A4). */
export const coverPlanPages: readonly AppPage[] = [
  page(
    {
      path: "/settings/cover-plans",
      summary: "How the group asks for cover",
      access: brokersOnly,
      params: none,
      query: none,
    },
    async ({ actor }, { q }) => {
      const { items } = await readCoverPlans(q, actor);
      return view({
        template: "cover-plans/plans.njk",
        title: "How we ask for cover",
        data: {
          plans: items.map(({ service, name, plan, from }) => ({
            service,
            name,
            from: FROM[from],
            // What applies to all is said once, in the first row.
            lines:
              from === "own" || service === ALL_SERVICES
                ? priorities.map((priority) => ({ priority: speakPriority(priority), words: inBrief(plan[priority]) }))
                : [],
          })),
        },
      });
    },
  ),
  page(
    {
      path: "/settings/cover-plans/:service",
      summary: "How the group asks for one service",
      access: brokersOnly,
      params: coverPlanParams,
      query: none,
    },
    async ({ actor, params }, database) => showPlan(actor, database, params.service, blank({})),
  ),
  form(
    {
      path: "/settings/cover-plans/:service",
      summary: "Change how the group asks for a service, or go back to the default",
      access: brokersOnly,
      params: coverPlanParams,
      input: z.object({ version: z.int(), plan: coverPlanBody.shape.plan }),
      read: readPlan,
      fieldOf,
      again: async ({ actor, params }, database, state) => showPlan(actor, database, params.service, state),
    },
    async ({ actor, params, input }, tx) => {
      const { name } = await changeCoverPlan(tx, actor, { ...params, ...input });
      const title =
        input.plan === null ? `${name}: back to the default.` : `${name}: saved. What waits now is planned anew.`;
      return redirect("/settings/cover-plans", { kind: "done", title });
    },
  ),
];
