import { appNow } from "../../platform/db/database.ts";
import { none, view } from "../../platform/web/page.ts";
import { unique } from "../../platform/lists/lists.ts";
import { brokersOnly, page, type AppPage } from "../access/index.ts";
import { londonDate, londonInstant, speakDay, speakInstant } from "../calendar/index.ts";
import { priorities, speakPriority } from "../requests/index.ts";
import { serviceNames } from "../services/index.ts";
import { COUNTED_DAYS, readFacts, readPlaces } from "./facts.repository.ts";
import { addressWith, chooseOpen, countsOf, nextDue, openQuery, shows, type OpenQuery } from "./open.rules.ts";
import {
  coverByDay,
  median,
  placeOnMap,
  speakMinutes,
  STEPS,
  stepBars,
  whoDoesWhat,
  type Bar,
  type Doing,
} from "./overview.rules.ts";

const MAP = { width: 600, height: 420, margin: 28 } as const;
const PLOT_WIDTH = 200;
const PLOTTED_DAYS = 14;

/** Who is short stands out, also without colour: each kind has a shape of its own. */
const kindOf = ({ short, asked, giving }: Doing): "short" | "asked" | "giving" | "quiet" =>
  short > 0 ? "short" : asked > 0 ? "asked" : giving > 0 ? "giving" : "quiet";

const drawMap = (doing: readonly Doing[]) => {
  const places = placeOnMap(doing, MAP);
  const busy = doing
    .filter((practice) => kindOf(practice) !== "quiet")
    .toSorted((left, right) => right.short - left.short || right.asked - left.asked || right.giving - left.giving)
    .map((practice, index) => ({
      ...practice,
      kind: kindOf(practice),
      number: index + 1,
      at: places.get(practice.code),
    }));
  const quiet = doing.filter((practice) => kindOf(practice) === "quiet");
  return {
    ...MAP,
    busy,
    // The most pressing is drawn last, above the others.
    marks: busy.toReversed().filter(({ at }) => at !== undefined),
    quiet: quiet.length,
    dots: quiet.flatMap(({ code }) => places.get(code) ?? []),
  };
};

const plot = (bars: readonly Bar[]) => {
  const most = Math.max(1, ...bars.map(({ count }) => count));
  return bars.map((bar) => ({ ...bar, width: Math.round((bar.count / most) * PLOT_WIDTH) }));
};

const speakMedian = (times: readonly (number | null)[]): string | undefined => {
  const middle = median(times);
  return middle === undefined ? undefined : speakMinutes(middle);
};

const AT_FIRST = 100;

/** What the list is narrowed to by whatever was clicked, in words. */
const narrowedTo = (wanted: OpenQuery, nameOf: (code: string) => string): string[] => {
  const step = (value: string): string => STEPS.find((each) => each.value === value)?.text.toLowerCase() ?? "not yet";
  return [
    ...(wanted.short === undefined ? [] : [`${nameOf(wanted.short)} is short`]),
    ...(wanted.asked === undefined ? [] : [`${nameOf(wanted.asked)} is being asked`]),
    ...(wanted.giving === undefined ? [] : [`${nameOf(wanted.giving)} gives`]),
    ...(wanted.due === undefined ? [] : [`due ${speakDay(londonInstant(wanted.due, "12:00"))}`]),
    ...(wanted.first === undefined ? [] : [`first offer: ${step(wanted.first)}`]),
    ...(wanted.full === undefined ? [] : [`fully covered: ${step(wanted.full)}`]),
  ];
};

const SHOWS: Readonly<Record<(typeof shows)[number], string>> = {
  looking: "Looking",
  agreed: "Agreed",
  booked: "Booked",
  told: "Told",
  returned: "Came back",
  paused: "Paused",
};

export const overviewPages: readonly AppPage[] = [
  page(
    {
      path: "/board/overview",
      summary: "The broker's second view: a map of who is short, asked and giving, and how fast cover is found",
      access: brokersOnly,
      params: none,
      query: none,
    },
    async ({ actor }, { q }) => {
      const now = await appNow(q);
      const group = actor.groupCode;
      const facts = group === null ? [] : await readFacts(q, group);
      const places = group === null ? [] : await readPlaces(q, group);
      const days = coverByDay(facts, now, PLOTTED_DAYS);
      const most = Math.max(1, ...days.map((day) => day.covered + day.uncovered));
      const width = (count: number): number => Math.round((count / most) * PLOT_WIDTH);
      const first = facts.map(({ firstMinutes }) => firstMinutes);
      const full = facts.map(({ fullMinutes }) => fullMinutes);
      return view({
        template: "board/overview.njk",
        title: "Map and times",
        data: {
          map: drawMap(whoDoesWhat(places, facts)),
          plotWidth: PLOT_WIDTH,
          requestsInAll: facts.length,
          countedDays: COUNTED_DAYS,
          days: days.map((day) => ({
            ...day,
            isToday: day.date === londonDate(now),
            coveredWidth: width(day.covered),
            uncoveredWidth: width(day.uncovered),
          })),
          first: plot(stepBars(first)),
          full: plot(stepBars(full)),
          firstMedian: speakMedian(first),
          fullMedian: speakMedian(full),
        },
      });
    },
  ),
  page(
    {
      path: "/board/requests",
      summary: "Everything open in the group, sorted and filtered by its address",
      access: brokersOnly,
      params: none,
      query: openQuery,
    },
    async ({ actor, query: wanted }, { q }) => {
      const group = actor.groupCode;
      const facts = group === null ? [] : await readFacts(q, group);
      const places = group === null ? [] : await readPlaces(q, group);
      const nameOf = await serviceNames(q);
      const chosen = chooseOpen(facts, wanted);
      const shown = wanted.all === undefined ? chosen.slice(0, AT_FIRST) : chosen;
      const names = new Map(places.map(({ code, name }) => [code, name]));
      const { short, asked, giving, due, first, full } = wanted;
      return view({
        template: "board/open.njk",
        title: "Requests of the group",
        data: {
          wanted,
          kept: Object.entries({ short, asked, giving, due, first, full }).flatMap(([name, value]) =>
            value === undefined ? [] : [{ name, value }],
          ),
          narrowedTo: narrowedTo(wanted, (code) => names.get(code) ?? code),
          inAll: chosen.length,
          allHref: addressWith("/board/requests", { ...wanted, all: "1" }),
          shows: shows.map((value) => ({ value, text: SHOWS[value] })),
          priorities: priorities.map((value) => ({ value, text: speakPriority(value) })),
          requests: shown.map((fact) => {
            const soonest = nextDue(fact);
            return {
              reference: fact.reference,
              homeName: fact.homeName,
              isPaused: fact.isPaused,
              isUrgent: fact.priority !== "routine",
              priorityWords: speakPriority(fact.priority),
              services: unique(fact.lines.map(([service]) => nameOf(service))).join(", "),
              by: soonest === undefined ? "" : speakInstant(soonest),
              counts: countsOf(fact),
              asked: fact.asked.length,
            };
          }),
        },
      });
    },
  ),
];
