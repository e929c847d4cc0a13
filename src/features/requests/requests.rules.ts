import type { FieldProblem } from "../../platform/errors/domain-error.ts";
import { unique } from "../../platform/lists/lists.ts";
import { priorities, type Counts, type NeedState, type PostedLine, type Priority } from "./requests.schema.ts";

export const rank = (priority: Priority): number => priorities.indexOf(priority);

/** One priority higher; asap stays asap. */
export const raised = (priority: Priority): Priority => priorities[rank(priority) + 1] ?? "asap";

/** `N01`…`N99`, `N100`… (R4). */
export const needReference = (number: number): string => `N${String(number).padStart(2, "0")}`;

/** `A`…`Z`, `AA`…: which needs of a request are one person's. */
export const courseLetter = (position: number): string => {
  const head = Math.floor(position / 26);
  return `${head === 0 ? "" : courseLetter(head - 1)}${String.fromCodePoint(65 + (position % 26))}`;
};

const DAY_MS = 86_400_000;
const MAX_WINDOW_MS = 60 * DAY_MS;
/** Far enough for any planned leave; also keeps instants within what calendars and databases agree on. */
const MAX_AHEAD_MS = 366 * DAY_MS;

export interface TimeWindow {
  readonly earliest: Date;
  readonly dueBy: Date;
}

/** What R1 has against a window, as field problems under `pointer`. */
export const windowProblems = ({ earliest, dueBy }: TimeWindow, now: Date, pointer: string): FieldProblem[] => {
  if (dueBy <= now) return [{ pointer: `${pointer}/dueBy`, message: "The due-by has already passed." }];
  if (earliest >= dueBy)
    return [{ pointer: `${pointer}/earliest`, message: "The earliest time must be before the due-by." }];
  if (dueBy.getTime() - earliest.getTime() > MAX_WINDOW_MS)
    return [{ pointer: `${pointer}/dueBy`, message: "The window is at most 60 days." }];
  if (dueBy.getTime() - now.getTime() > MAX_AHEAD_MS)
    return [{ pointer: `${pointer}/dueBy`, message: "Ask for cover at most a year ahead." }];
  return [];
};

/** Every number of a course lies within its line, and no need belongs to two people. */
export const courseProblems = (
  { courses, count }: Pick<PostedLine, "courses" | "count">,
  pointer: string,
): FieldProblem[] => {
  const numbers = courses.flat();
  if (numbers.some((number) => number > count))
    return [{ pointer: `${pointer}/courses`, message: "A course names a need beyond the line's count." }];
  if (new Set(numbers).size < numbers.length)
    return [{ pointer: `${pointer}/courses`, message: "A need belongs to one course only." }];
  return [];
};

export interface Wanted extends TimeWindow {
  readonly service: string;
  readonly channel: string;
}

/**
 * References of open requests that one of the new lines resembles (R6): the same service, in the same way, for windows
 * that overlap. Counts differ between a repeat and a correction, so they do not matter.
 */
export const similarRequests = (
  lines: readonly Wanted[],
  open: readonly (Wanted & { readonly reference: string })[],
): string[] => {
  const alike = open.filter((theirs) =>
    lines.some(
      (ours) =>
        ours.service === theirs.service &&
        ours.channel === theirs.channel &&
        ours.earliest < theirs.dueBy &&
        theirs.earliest < ours.dueBy,
    ),
  );
  return unique(alike.map(({ reference }) => reference)).sort();
};

export interface CountedNeed {
  readonly state: NeedState;
  /** The step of its live agreement, if it has one. */
  readonly step: string | null;
  readonly isAcknowledged: boolean;
}

/** The status of a request (R8). A finished need stays told: it is what the practice wanted. */
export const countNeeds = (needs: readonly CountedNeed[]): Counts => {
  const counts = { looking: 0, agreed: 0, booked: 0, told: 0, withdrawn: 0, sorted: 0, returned: 0, unacknowledged: 0 };
  for (const { state, step, isAcknowledged } of needs) {
    if (state === "open" || state === "offered") counts.looking += 1;
    else if (state === "told" || state === "closed") counts.told += 1;
    else if (state === "agreed") counts[step === "booked" ? "booked" : "agreed"] += 1;
    else counts[state] += 1;
    if (state === "returned" && !isAcknowledged) counts.unacknowledged += 1;
  }
  return counts;
};

/** The counts of something that has more besides. */
export const onlyCounts = (from: Counts): Counts => ({
  looking: from.looking,
  agreed: from.agreed,
  booked: from.booked,
  told: from.told,
  withdrawn: from.withdrawn,
  sorted: from.sorted,
  returned: from.returned,
  unacknowledged: from.unacknowledged,
});

/** States in which nothing more will come of a need. */
export const hasEnded = (state: NeedState): boolean =>
  state === "withdrawn" || state === "sorted" || state === "returned";

/** A need may still be withdrawn or sorted: until the patient was told. */
export const mayStillEnd: readonly NeedState[] = ["open", "offered", "agreed"];
