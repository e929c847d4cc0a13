import { z } from "zod";
import { londonDate } from "../calendar/index.ts";
import { priorities, type Priority } from "../requests/index.ts";
import type { Fact } from "./facts.schema.ts";
import { stepOf, stepValues } from "./overview.rules.ts";

export const shows = ["looking", "agreed", "booked", "told", "returned", "paused"] as const;
const code = z.string().max(20).optional();

/** Everything that narrows or orders the list stands in its address, so that a view can be shared and come back to. */
export const openQuery = z.object({
  /** Requests with at least one need that stands so. */
  show: z.enum(shows).optional(),
  priority: z.enum(priorities).optional(),
  /** Code of the practice that is short, is asked, or gives. */
  short: code,
  asked: code,
  giving: code,
  /** London date on which needs are due. */
  due: z.iso.date().optional(),
  /** On which step of the plot of the time to the first offer, or to full cover. */
  first: z.enum(stepValues).optional(),
  full: z.enum(stepValues).optional(),
  sort: z.enum(["due", "posted", "practice"]).optional(),
  all: z.literal("1").optional(),
});
export type OpenQuery = z.output<typeof openQuery>;

/** An address with those of the parameters that are set. */
export const addressWith = (path: string, parameters: Readonly<Record<string, string | undefined>>): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.append(name, value);
  return `${path}?${query.toString()}`;
};

export interface Counted {
  readonly looking: number;
  readonly agreed: number;
  readonly booked: number;
  readonly told: number;
  readonly returned: number;
}

export const countsOf = ({ lines }: Pick<Fact, "lines">): Counted => {
  const sums = { looking: 0, agreed: 0, booked: 0, told: 0, returned: 0 };
  for (const [, , looking, agreed, booked, told, returned] of lines) {
    sums.looking += looking;
    sums.agreed += agreed;
    sums.booked += booked;
    sums.told += told;
    sums.returned += returned;
  }
  return sums;
};

/** The due-by that comes first among what is still looked for; else the first of all. */
export const nextDue = ({ lines }: Pick<Fact, "lines">): Date | undefined => {
  const looking = lines.filter((line) => line[2] > 0);
  return (looking.length > 0 ? looking : lines)
    .map((line) => line[1])
    .toSorted((left, right) => left.getTime() - right.getTime())[0];
};

const isShown = (fact: Fact, wanted: OpenQuery): boolean => {
  if (wanted.show === "paused") return fact.isPaused;
  return wanted.show === undefined || countsOf(fact)[wanted.show] > 0;
};

const URGENCY: Readonly<Record<Priority, number>> = { asap: 0, urgent: 1, routine: 2 };

/** What an address asks for, in its order: due first, the most urgent before others of the same time. */
export const chooseOpen = (facts: readonly Fact[], wanted: OpenQuery): Fact[] => {
  const chosen = facts.filter(
    (fact) =>
      isShown(fact, wanted) &&
      (wanted.priority === undefined || fact.priority === wanted.priority) &&
      (wanted.short === undefined || (fact.homeCode === wanted.short && countsOf(fact).looking > 0)) &&
      (wanted.asked === undefined || fact.asked.includes(wanted.asked)) &&
      (wanted.giving === undefined || fact.giving.includes(wanted.giving)) &&
      (wanted.due === undefined || fact.lines.some((line) => londonDate(line[1]) === wanted.due)) &&
      (wanted.first === undefined || stepOf(fact.firstMinutes) === wanted.first) &&
      (wanted.full === undefined || stepOf(fact.fullMinutes) === wanted.full),
  );
  if (wanted.sort === "posted") return chosen;
  if (wanted.sort === "practice") return chosen.toSorted((left, right) => left.homeName.localeCompare(right.homeName));
  const due = new Map(chosen.map((fact) => [fact, nextDue(fact)?.getTime() ?? Number.POSITIVE_INFINITY]));
  return chosen.toSorted(
    (left, right) => (due.get(left) ?? 0) - (due.get(right) ?? 0) || URGENCY[left.priority] - URGENCY[right.priority],
  );
};
