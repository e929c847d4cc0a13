import type { z } from "zod";
import type { Database } from "../../platform/db/database.ts";
import { blank, type FormState } from "../../platform/web/fields.ts";
import { none, redirect, view, type Redirect, type View } from "../../platform/web/page.ts";
import { unique } from "../../platform/lists/lists.ts";
import { brokersOnly, form, page, type Actor, type AppPage } from "../access/index.ts";
import { speakInstant } from "../calendar/index.ts";
import { assignBody, assignByHand, freeTimesFor, nudgeBody, nudgeOffers } from "../offers/index.ts";
import {
  brokerCodes,
  pauseBody,
  pauseCodes,
  readRequest,
  requestParams,
  setPaused,
  speakMiles,
  speakPriority,
  widenBody,
  widenNow,
} from "../requests/index.ts";
import { serviceNames } from "../services/index.ts";

const WHY: Readonly<Record<(typeof brokerCodes)[number], string>> = {
  "due-soon": "It is due soon",
  "no-answer": "Nobody has answered",
  "agreed-by-phone": "Agreed by telephone",
  "practice-asked": "The practice asked for it",
  safety: "Patient safety",
  other: "Another reason",
};

const WHY_PAUSED: Readonly<Record<(typeof pauseCodes)[number], string>> = {
  "practice-asked": "The practice asked for it",
  duplicate: "It is posted twice",
  "details-unclear": "Something about it is unclear",
  safety: "Patient safety",
  resolved: "It is cleared up",
  other: "Another reason",
};

const choices = <C extends string>(codes: readonly C[], words: Readonly<Record<C, string>>) =>
  codes.map((value) => ({ value, text: words[value] }));

const show = async (actor: Actor, { q }: Database, reference: string, state: FormState): Promise<View> => {
  const request = await readRequest(q, actor, reference);
  const times = await freeTimesFor(q, actor, reference);
  const nameOf = await serviceNames(q);
  const practices = unique(times.map(({ supportingCode }) => supportingCode)).map((code) => {
    const own = times.filter(({ supportingCode }) => supportingCode === code);
    return {
      code,
      name: own[0]?.supportingName ?? code,
      phone: own[0]?.phone ?? null,
      miles: speakMiles(own[0]?.km ?? 0),
      times: own.map(({ slotId, startsAt }) => ({ id: slotId, when: speakInstant(startsAt) })),
    };
  });
  return view({
    template: "board/act.njk",
    title: `Act on ${reference}`,
    form: state,
    data: {
      reference,
      homeName: request.homeName,
      isPaused: request.pausedAt !== null,
      standing: request.counts,
      waiting: request.asked.waiting,
      lines: request.lines.map((line) => ({
        text: `${line.count} × ${nameOf(line.service)}, ${line.minutes} min`,
        by: speakInstant(new Date(line.dueBy)),
        priority: speakPriority(line.priority),
      })),
      practices,
      reasons: choices(brokerCodes, WHY),
      pauseReasons: choices(pauseCodes, WHY_PAUSED),
    },
  });
};

const to = (reference: string, title: string): Redirect =>
  redirect(`/board/requests/${reference}`, { kind: "done", title });

/** The parts that all these forms share. */
const about = <I extends z.ZodType>(verb: string, summary: string, input: I) =>
  ({
    path: `/board/requests/:reference/${verb}`,
    summary,
    access: brokersOnly,
    params: requestParams,
    input,
    messages: { [`${verb}-reason`]: "Choose why", slots: "Tick at least one time" },
    // Each form's choice of a reason has an id of its own on the page, and so has its message.
    fieldOf: (pointer: string) => (pointer.startsWith("/reason") ? `${verb}-reason` : "slots"),
    again: async (
      { actor, params }: { actor: Actor; params: { reference: string } },
      database: Database,
      state: FormState,
    ) => show(actor, database, params.reference, state),
  }) as const;

/** What a broker does about one request (F3), over the same services as the API. */
export const brokeringPages: readonly AppPage[] = [
  page(
    {
      path: "/board/requests/:reference",
      summary: "What a broker can do about one request",
      access: brokersOnly,
      params: requestParams,
      query: none,
    },
    async ({ actor, params }, database) => show(actor, database, params.reference, blank({})),
  ),
  form(
    {
      ...about("widen", "Ask more widely now", widenBody),
      read: (fields) => ({ reason: fields.text("widen-reason") }),
    },
    async ({ actor, params, input }, tx) => {
      await widenNow(tx, actor, { ...params, ...input });
      return to(params.reference, "More practices are being asked now.");
    },
  ),
  form(
    {
      ...about("nudge", "Ask the desks that have not answered to look again", nudgeBody),
      read: (fields) => ({ reason: fields.text("nudge-reason") }),
    },
    async ({ actor, params, input }, tx) => {
      const { nudged } = await nudgeOffers(tx, actor, { ...params, ...input });
      return to(
        params.reference,
        nudged === 1 ? "One desk is asked to look again." : `${nudged} offers are shown again.`,
      );
    },
  ),
  ...(["pause", "resume"] as const).map((verb) =>
    form(
      {
        ...about(verb, verb === "pause" ? "Stop asking for now" : "Ask again", pauseBody),
        read: (fields) => ({ reason: fields.text(`${verb}-reason`) }),
      },
      async ({ actor, params, input }, tx) => {
        await setPaused(tx, actor, { ...params, ...input, isPaused: verb === "pause" });
        return to(
          params.reference,
          verb === "pause" ? "Paused. Nobody new is asked." : "Neighbours are being asked again.",
        );
      },
    ),
  ),
  form(
    {
      ...about("assign", "Give needs to free times by hand", assignBody),
      read: (fields) => ({ reason: fields.text("assign-reason"), slots: fields.list("slots") }),
    },
    async ({ actor, params, input }, tx) => {
      const { agreed, stillLooking } = await assignByHand(tx, actor, { ...params, ...input });
      const rest = stillLooking === 0 ? "Nothing looks any more." : `${stillLooking} still looking.`;
      return to(params.reference, `${agreed.length} agreed. Both practices have been told. ${rest}`);
    },
  ),
];
