import type { FieldProblem } from "../../platform/errors/domain-error.ts";
import { hasEnded, rank, windowProblems } from "./requests.rules.ts";
import type { LineChange, NeedState, Priority } from "./requests.schema.ts";

/** What can be changed of a line. */
export interface Terms {
  readonly serviceCode: string;
  readonly minutes: number;
  readonly earliest: Date;
  readonly dueBy: Date;
  readonly requires: readonly string[];
  readonly maxKm: number;
  readonly priority: Priority;
}

export const amendedTerms = (before: Terms, change: LineChange): Terms => ({
  serviceCode: change.service ?? before.serviceCode,
  minutes: change.minutes ?? before.minutes,
  earliest: change.earliest ?? before.earliest,
  dueBy: change.dueBy ?? before.dueBy,
  requires: change.requires ?? before.requires,
  maxKm: change.maxKm ?? before.maxKm,
  priority: change.priority ?? before.priority,
});

/** Matched as complex until a nurse has sorted it (R5). */
const UNASSESSED = "wound-unassessed";

/** R1 holds for a window that moves; one that stays may have passed meanwhile. Only what was not checked is sorted (R5). */
export const changeProblems = (before: Terms, change: LineChange, now: Date, pointer: string): FieldProblem[] => [
  ...(change.earliest === undefined && change.dueBy === undefined
    ? []
    : windowProblems(amendedTerms(before, change), now, pointer)),
  ...(change.service === undefined || before.serviceCode === UNASSESSED
    ? []
    : [{ pointer: `${pointer}/service`, message: "Only a dressing that was not yet checked can be sorted." }]),
];

/** Something material that may change the mind of a practice that said no (A5). */
export const isLoosened = (before: Terms, after: Terms): boolean =>
  after.serviceCode !== before.serviceCode ||
  after.earliest < before.earliest ||
  after.dueBy > before.dueBy ||
  after.maxKm > before.maxKm ||
  rank(after.priority) > rank(before.priority);

/** What was offered was chosen for other terms than these, whatever its time: it is stood down and planned again. */
export const outdatesOffers = (before: Terms, after: Terms): boolean =>
  after.minutes !== before.minutes ||
  after.maxKm < before.maxKm ||
  after.requires.some((code) => !before.requires.includes(code));

/** The window became narrower on some side, so that a time already offered may lie outside it. */
export const isNarrowed = (before: Terms, after: Terms): boolean =>
  after.earliest > before.earliest || after.dueBy < before.dueBy;

/** A need that was raised when somebody cancelled on it keeps that; the others follow their line. */
export const amendedPriority = (own: Priority, before: Priority, after: Priority): Priority =>
  rank(own) > rank(before) && rank(own) > rank(after) ? own : after;

export interface CountedLineNeed {
  readonly id: string;
  readonly ref: string;
  readonly state: NeedState;
}

export type CountChange =
  | { readonly kind: "add"; readonly number: number }
  /** Ids to withdraw, chosen so that what others have already done is lost last. */
  | { readonly kind: "withdraw"; readonly needIds: readonly string[] }
  | { readonly kind: "impossible"; readonly minimum: number };

/** The latest references go first: people wrote down the early ones. */
const latestFirst = (left: CountedLineNeed, right: CountedLineNeed): number =>
  Number(right.ref.slice(1)) - Number(left.ref.slice(1));

/**
 * How a line comes to `count` needs (R6). Ended ones do not count. Fewer: open needs are withdrawn first, then offered
 * ones; an agreed one never.
 */
export const changeCount = (needs: readonly CountedLineNeed[], count: number): CountChange => {
  const wanted = needs.filter(({ state }) => !hasEnded(state));
  if (count >= wanted.length) return { kind: "add", number: count - wanted.length };
  const inState = (state: NeedState): CountedLineNeed[] =>
    wanted.filter((need) => need.state === state).sort(latestFirst);
  const spare = [...inState("open"), ...inState("offered")];
  const minimum = wanted.length - spare.length;
  if (count < minimum) return { kind: "impossible", minimum };
  return { kind: "withdraw", needIds: spare.slice(0, wanted.length - count).map(({ id }) => id) };
};
