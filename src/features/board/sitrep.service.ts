import { appNow, type Queryable } from "../../platform/db/database.ts";
import type { Actor } from "../access/index.ts";
import { readAlarms } from "../alarms/index.ts";
import { londonTime, speakInstant } from "../calendar/index.ts";
import { presentPressure, readStatesIn } from "../pressure/index.ts";
import { serviceNames } from "../services/index.ts";
import { horizonOf } from "./board.service.ts";
import { readSitrepRows, type SitrepRow } from "./sitrep.repository.ts";
import { toCsv } from "./sitrep.rules.ts";

const KINDS = ["looking", "atRisk", "agreed", "booked", "told", "returned"] as const;

/** Everything of a situation report, read together. */
export const readSitrep = async (q: Queryable, actor: Actor) => {
  const now = await appNow(q);
  const horizon = horizonOf(now);
  const nameOf = await serviceNames(q);
  const group = actor.groupCode;
  const needs = (group === null ? [] : await readSitrepRows(q, group, horizon)).map((row) => ({
    ...row,
    service: nameOf(row.service),
  }));
  const silent = new Map<string, { name: string; phone: string | null; offers: number }>();
  for (const { kind, deskCode, deskName, phone } of await readAlarms(q, actor, "live")) {
    if (kind !== "desk-silent") continue;
    silent.set(deskCode, { name: deskName, phone, offers: (silent.get(deskCode)?.offers ?? 0) + 1 });
  }
  const total = (kind: (typeof KINDS)[number]): number => needs.reduce((sum, row) => sum + row[kind], 0);
  return {
    at: speakInstant(now),
    time: londonTime(now),
    horizon: speakInstant(horizon),
    needs,
    totals: {
      looking: total("looking"),
      atRisk: total("atRisk"),
      agreed: total("agreed"),
      booked: total("booked"),
      told: total("told"),
      returned: total("returned"),
    },
    pressure: (group === null ? [] : await readStatesIn(q, group)).map((state) => presentPressure(state, now)),
    silent: [...silent.values()],
  };
};
export type Sitrep = Awaited<ReturnType<typeof readSitrep>>;

const needCells = (row: Omit<SitrepRow, "service"> & { service: string }): (string | number)[] => [
  "needs",
  row.service,
  row.day,
  ...KINDS.map((kind) => row[kind]),
];

/** One table for spreadsheets: needs by service and day, then practices under pressure or paused, then silent desks. */
export const sitrepCsv = ({ at, needs, pressure, silent }: Sitrep): string => {
  const empty = KINDS.map(() => null);
  return toCsv(
    ["what", "name", "day", "looking", "at_risk", "agreed", "booked", "told", "came_back", "detail"],
    [
      ["as it stood", null, null, ...empty, at],
      ...needs.map((row) => [...needCells(row), null]),
      ...pressure.flatMap(({ name, words, until, paused }) => [
        ...(words === undefined ? [] : [["pressure", name, null, ...empty, `${words}, until ${until ?? ""}`]]),
        ...(paused === undefined ? [] : [["paused", name, null, ...empty, paused.why]]),
      ]),
      ...silent.map(({ name, phone, offers }) => [
        "silent desk",
        name,
        null,
        ...empty,
        `${offers} unseen; ${phone ?? "no desk number"}`,
      ]),
    ],
  );
};
