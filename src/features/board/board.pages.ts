import { z } from "zod";
import { none, view } from "../../platform/web/page.ts";
import { brokersOnly, page, type AppPage } from "../access/index.ts";
import { readAlarms } from "../alarms/index.ts";
import { speakInstant } from "../calendar/index.ts";
import { presentPressure, readPressure } from "../pressure/index.ts";
import { priorities, speakPriority } from "../requests/index.ts";
import { serviceNames } from "../services/index.ts";
import { alarmPages } from "./alarms.pages.ts";
import { presentAlarms } from "./alarms.view.ts";
import { brokeringPages } from "./brokering.pages.ts";
import { riskKinds, type RiskKind } from "./board.schema.ts";
import { addressWith } from "./open.rules.ts";
import { overviewPages } from "./overview.pages.ts";
import { practicePages } from "./practices.pages.ts";
import { sitrepPages } from "./sitrep.pages.ts";
import { readBoard } from "./board.service.ts";

const KINDS: Readonly<Record<RiskKind, { readonly name: string; readonly doing: string }>> = {
  uncovered: { name: "Uncovered", doing: "Nobody has taken it" },
  returned: { name: "Came back", doing: "Uncovered at its due-by, and home has not said that it knows" },
  "ring-patient": {
    name: "Ring the patient",
    doing: "Goes by a time that no longer stands, or was not seen: home has not said that it knows",
  },
  silent: { name: "Desk silent", doing: "Asked, but nobody there has looked" },
  unanswered: { name: "Unanswered", doing: "Looked at, but not answered" },
  "not-blocked": { name: "Not blocked", doing: "Agreed, but the time is not blocked there yet" },
  "not-told": { name: "Patient not told", doing: "Agreed, but the patient does not know yet" },
};

/** Rows that are sorted and filtered live in the address, so that a view can be shared and come back to. */
const query = z.object({
  kind: z.enum(riskKinds).optional(),
  priority: z.enum(priorities).optional(),
  sort: z.enum(["time", "desk"]).optional(),
  all: z.literal("1").optional(),
});

/** A call list is worked from the top: more are one click away. */
const AT_FIRST = 100;
/** So that what breaks is still in sight below them. */
const ALARMS_AT_FIRST = 10;

export const boardPages: readonly AppPage[] = [
  ...overviewPages,
  ...brokeringPages,
  ...practicePages,
  ...alarmPages,
  ...sitrepPages,
  page(
    { path: "/board", summary: "What breaks before next opening", access: brokersOnly, params: none, query },
    async ({ actor, query: wanted }, { q }) => {
      const board = await readBoard(q, actor);
      const nameOf = await serviceNames(q);
      const alarms = presentAlarms(await readAlarms(q, actor, "live"), board.at, nameOf);
      const shown = board.risks
        .filter(({ kind }) => wanted.kind === undefined || kind === wanted.kind)
        .filter(({ priority }) => wanted.priority === undefined || priority === wanted.priority);
      const sorted = wanted.sort === "desk" ? shown.toSorted((a, b) => a.deskName.localeCompare(b.deskName)) : shown;
      const listed = wanted.all === undefined ? sorted.slice(0, AT_FIRST) : sorted;
      return view({
        template: "board/board.njk",
        title: "What breaks before next opening",
        data: {
          wanted,
          alarms: { ...alarms, open: alarms.open.slice(0, ALARMS_AT_FIRST) },
          moreAlarms: Math.max(0, alarms.open.length - ALARMS_AT_FIRST),
          pressure: (await readPressure(q, actor)).map((state) => presentPressure(state, board.at)),
          horizon: speakInstant(board.horizon),
          totals: board.totals,
          inAll: board.risks.length,
          more: sorted.length - listed.length,
          allHref: addressWith("/board", { ...wanted, all: "1" }),
          kinds: riskKinds.map((kind) => ({
            value: kind,
            text: KINDS[kind].name,
            count: board.counts.get(kind) ?? 0,
          })),
          priorities: priorities.map((value) => ({ value, text: speakPriority(value) })),
          risks: listed.map((risk) => ({
            ...risk,
            key: `${risk.kind}-${risk.reference}-${risk.deskName}-${risk.at.toISOString()}`,
            name: KINDS[risk.kind].name,
            doing: KINDS[risk.kind].doing,
            what: `${risk.needs} × ${risk.services.map(nameOf).join(", ")}`,
            when: speakInstant(risk.at),
            isUrgent: risk.priority !== "routine",
            priorityWords: speakPriority(risk.priority),
            isGrave: ["returned", "uncovered", "ring-patient"].includes(risk.kind),
          })),
        },
      });
    },
  ),
];
