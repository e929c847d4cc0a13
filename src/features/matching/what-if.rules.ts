import { londonDate } from "../calendar/index.ts";
import type { PlacedNeed } from "./blocks.rules.ts";
import type { Decisions } from "./decide.rules.ts";
import { problemOf } from "./problem.rules.ts";
import { isTakenAtOnce, reachOf, type Reach } from "./reach.rules.ts";
import type { SeekingNeed, Snapshot } from "./snapshot.ts";
import { LAST_RING } from "./asking.rules.ts";
import { catalogueOf, firstFailingRule, occupancyBefore } from "./solver/index.ts";

/** What would become of needs if they were posted now. Counts only: nobody's name (P3, P4). */
export interface Outlook {
  readonly wanted: number;
  /** By times that neighbours have published, whenever their desks open. */
  readonly couldBeCovered: number;
  /** The part of these that would be agreed at once, without asking. */
  readonly atOnce: number;
  /** Practices that have a free time for at least one of the needs. */
  readonly practicesWithRoom: number;
  /** Practices that could be called for times (A4), published or not. */
  readonly callable: number;
  /** To the farthest practice of the plan, a straight line; null where nothing could be covered. */
  readonly farthestKm: number | null;
  /** London days in order, with how many needs would be seen on each. */
  readonly byDay: readonly { readonly date: string; readonly count: number }[];
  readonly lines: readonly { readonly line: number; readonly wanted: number; readonly couldBeCovered: number }[];
}

const roomFor = (snapshot: Snapshot, needs: readonly SeekingNeed[], reach: Reach): number => {
  const within = new Map(needs.map((need) => [need.id, reach.within(need, LAST_RING)]));
  const catalogue = catalogueOf(problemOf(snapshot, { needs, reach: within, clinics: snapshot.clinics }));
  const occupancy = occupancyBefore(snapshot.usedByDay);
  return catalogue.hosts.filter((host) =>
    catalogue.needs.some((entry) => firstFailingRule(entry, host, occupancy) === undefined),
  ).length;
};

const oneOfEachLine = (needs: readonly SeekingNeed[]): SeekingNeed[] => [
  ...new Map(needs.map((need) => [need.lineId, need])).values(),
];

const tallyDays = (blocks: readonly PlacedNeed[]): Outlook["byDay"] => {
  const days = new Map<string, number>();
  for (const { startsAt } of blocks) days.set(londonDate(startsAt), (days.get(londonDate(startsAt)) ?? 0) + 1);
  return [...days].map(([date, count]) => ({ date, count })).toSorted((a, b) => a.date.localeCompare(b.date));
};

/** Reads the outlook for `needs` off a plan of the whole group that had them in it. */
export const outlookOf = (
  snapshot: Snapshot,
  decisions: Pick<Decisions, "agree" | "offer">,
  needs: readonly SeekingNeed[],
): Outlook => {
  const reach = reachOf(snapshot);
  const ids = new Set(needs.map((need) => need.id));
  const blocks = [...decisions.agree, ...decisions.offer].filter(({ need, isExtra }) => !isExtra && ids.has(need.id));
  const lines = oneOfEachLine(needs);
  const distances = blocks.flatMap(({ need, clinic }) => {
    const host = snapshot.members.get(clinic.organisationCode);
    return host === undefined ? [] : [reach.km(need, host)];
  });
  const isOf =
    ({ lineId }: SeekingNeed) =>
    (need: SeekingNeed) =>
      need.lineId === lineId;
  return {
    wanted: needs.length,
    couldBeCovered: blocks.length,
    atOnce: blocks.filter(({ need, clinic }) => isTakenAtOnce(need, clinic)).length,
    practicesWithRoom: roomFor(snapshot, lines, reach),
    callable: new Set(lines.flatMap((need) => reach.callable(need, LAST_RING).map((host) => host.code))).size,
    farthestKm: distances.length === 0 ? null : Math.round(Math.max(...distances) * 10) / 10,
    byDay: tallyDays(blocks),
    lines: lines.map((line, at) => ({
      line: at + 1,
      wanted: needs.filter(isOf(line)).length,
      couldBeCovered: blocks.filter(({ need }) => isOf(line)(need)).length,
    })),
  };
};

const practices = (n: number): string => (n === 1 ? "1 practice" : `${n} practices`);

/** The outlook as it is said at the desk: "9 of 14 could be covered by times that neighbours have published." */
export const outlookWords = (outlook: Outlook): string[] => {
  const { wanted, couldBeCovered, atOnce, practicesWithRoom, callable } = outlook;
  const rest = wanted - couldBeCovered;
  const covered =
    couldBeCovered === 0
      ? "No neighbour has published a time that fits."
      : `${rest === 0 ? `All ${wanted}` : `${couldBeCovered} of ${wanted}`} could be covered by times that neighbours have published.`;
  const how =
    atOnce === 0
      ? []
      : [atOnce === couldBeCovered ? "They would be agreed at once." : `${atOnce} at once, the rest when they answer.`];
  const where =
    practicesWithRoom === 0
      ? []
      : [`${practices(practicesWithRoom)} ${practicesWithRoom === 1 ? "has" : "have"} room.`];
  const others =
    rest === 0
      ? []
      : callable === 0
        ? ["Nobody else can be asked for the rest."]
        : [`${practices(callable)} can be asked for times for the other ${rest}.`];
  return [covered, ...how, ...where, ...others];
};
