import type { Database, Queryable } from "../../platform/db/database.ts";
import type { Actor } from "../access/index.ts";
import { requireRequest } from "../requests/index.ts";
import { LAST_RING } from "./asking.rules.ts";
import type { Solver } from "./blocks.rules.ts";
import type { HelpView } from "./matching.schema.ts";
import { problemOf } from "./problem.rules.ts";
import { reachOf } from "./reach.rules.ts";
import { readNeedsOfLines } from "./seeking.repository.ts";
import { readSnapshot } from "./snapshot.service.ts";
import type { SeekingNeed, Snapshot } from "./snapshot.ts";
import {
  daysFor,
  distanceHelp,
  distancesFor,
  farthestFor,
  laterBy,
  laterHelp,
  leastSteps,
  minutesFor,
  minutesHelp,
  requirementHelp,
  slotsHelp,
  sortHelps,
  withMoreSlots,
  type Help,
  type SpeakKm,
} from "./what-helps.rules.ts";
import { readLookingLines, type LookingLine } from "./why.repository.ts";

/** Lines for which help is worked out, those with most needs first: each takes some twenty plans. */
const MOST_LINES = 6;
/** Requirements tried one by one. */
const MOST_REQUIREMENTS = 5;
const MOST_LENGTHS = 3;

/** As far and as late as help may reach, so that what lies there is read. */
const stretched = (need: SeekingNeed): SeekingNeed => ({
  ...need,
  maxKm: farthestFor(need),
  dueBy: laterBy(need.dueBy, daysFor(need).length),
});

const readSituation = async (q: Queryable, actor: Actor, reference: string) => {
  const request = await requireRequest(q, actor, reference);
  const lines = await readLookingLines(q, request.id);
  const ids = lines.filter((line) => line.looking > 0).map((line) => line.id);
  const reaching = (await readNeedsOfLines(q, ids)).map(stretched);
  const snapshot = await readSnapshot(
    q,
    request.groupCode,
    { needs: "seeking", practices: "all", moves: false },
    { reaching },
  );
  return { request, lines, snapshot };
};

/** Plans of the whole group, whoever is open, with something changed about one request. */
const planner = (solve: Solver, requestId: string) => {
  const uncoveredIn = async (snapshot: Snapshot, seeking: readonly SeekingNeed[]): Promise<SeekingNeed[]> => {
    const reach = reachOf(snapshot);
    const within = new Map(seeking.map((need) => [need.id, reach.within(need, LAST_RING)]));
    const plan = await solve(problemOf(snapshot, { needs: seeking, reach: within, clinics: snapshot.clinics }));
    const without = new Set(plan.unassigned.map(({ needId }) => needId));
    return seeking.filter((need) => need.requestId === requestId && without.has(need.id));
  };
  return uncoveredIn;
};

interface Situation {
  readonly snapshot: Snapshot;
  readonly seeking: readonly SeekingNeed[];
  readonly uncovered: readonly SeekingNeed[];
  readonly uncoveredIn: ReturnType<typeof planner>;
}

const helpsFor = async (
  { snapshot, seeking, uncovered, uncoveredIn }: Situation,
  line: LookingLine,
  speakKm: SpeakKm,
): Promise<Help[]> => {
  const mine = uncovered.filter((need) => need.lineId === line.id);
  const [need] = mine;
  if (need === undefined) return [];
  /** How many more needs of the request a plan covers once each need of the line is changed so. */
  const gain = async (change: Partial<SeekingNeed>): Promise<number> => {
    const changed = seeking.map((each) => (each.lineId === line.id ? { ...each, ...change } : each));
    return uncovered.length - (await uncoveredIn(snapshot, changed)).length;
  };
  const reach = reachOf(snapshot);
  const kmTo = (code: string): number => {
    const host = snapshot.members.get(code);
    return host === undefined ? Number.POSITIVE_INFINITY : reach.km(need, host);
  };
  const farther = await leastSteps(distancesFor(need, snapshot.clinics, kmTo), (maxKm) => gain({ maxKm }));
  const longer = await leastSteps(daysFor(need), (days) => gain({ dueBy: laterBy(need.dueBy, days) }));
  const shorter = await leastSteps(minutesFor(need, snapshot.clinics).slice(0, MOST_LENGTHS), (minutes) =>
    gain({ minutes }),
  );
  const more = withMoreSlots(snapshot, need, mine.length);
  const filled = more === undefined ? 0 : uncovered.length - (await uncoveredIn(more, seeking)).length;
  const helps = [
    ...farther.map((step) => distanceHelp(need, step, speakKm)),
    ...longer.map((step) => laterHelp(need, step)),
    ...(await requirementHelps(line, need, gain)),
    ...shorter.map((step) => minutesHelp(need, step)),
    ...(filled > 0 ? [slotsHelp(need, mine.length, filled)] : []),
  ];
  return sortHelps(helps);
};

/** One requirement at a time; only where none alone helps, all of them. What the service always requires stays. */
const requirementHelps = async (
  line: LookingLine,
  need: SeekingNeed,
  gain: (change: Partial<SeekingNeed>) => Promise<number>,
): Promise<Help[]> => {
  const without = (codes: readonly string[]) =>
    gain({ requires: need.requires.filter((code) => !codes.includes(code)) });
  const helps: Help[] = [];
  const own = line.requires.filter((code) => !line.serviceRequires.includes(code));
  for (const code of own.slice(0, MOST_REQUIREMENTS)) {
    const covers = await without([code]);
    if (covers > 0) helps.push(requirementHelp([code], covers));
  }
  if (helps.length > 0 || own.length < 2) return helps;
  const covers = await without(own);
  return covers > 0 ? [requirementHelp(own, covers)] : [];
};

/**
 * What would help a request most (rule M6): every claim is a plan of the whole group, solved with the change made, beside one
 * without it. Closed desks count: they are asked when they open. Nothing is written.
 */
export const whatHelps = async (
  database: Database,
  solve: Solver,
  actor: Actor,
  asked: { readonly reference: string; readonly speakKm?: SpeakKm },
): Promise<HelpView> => {
  const { request, lines, snapshot } = await database.readOnly(async (q) => readSituation(q, actor, asked.reference));
  const base = { reference: request.reference, isPaused: request.pausedAt !== null };
  const nothing = lines.map(({ line, service, looking }) => ({ line, service, looking, uncovered: 0, helps: [] }));
  if (snapshot === undefined) return { ...base, lines: nothing };
  const atAnyHour = { ...snapshot, atAnyHour: true } as const;
  const hasSlots = new Set(snapshot.asks.filter(({ kind }) => kind === "slots").map(({ needId }) => needId));
  const seeking = snapshot.needs.filter((need) => !hasSlots.has(need.id));
  if (!seeking.some((need) => need.requestId === request.id)) return { ...base, lines: nothing };
  const uncoveredIn = planner(solve, request.id);
  const uncovered = await uncoveredIn(atAnyHour, seeking);
  const situation = { snapshot: atAnyHour, seeking, uncovered, uncoveredIn };
  const countOf = (line: LookingLine): number => uncovered.filter((need) => need.lineId === line.id).length;
  const worst = new Set(lines.toSorted((a, b) => countOf(b) - countOf(a)).slice(0, MOST_LINES));
  const views: HelpView["lines"] = [];
  for (const line of lines) {
    const { service, looking } = line;
    const helps = worst.has(line) ? await helpsFor(situation, line, asked.speakKm ?? ((km) => `${km} km`)) : [];
    views.push({ line: line.line, service, looking, uncovered: countOf(line), helps });
  }
  return { ...base, lines: views };
};
