import { londonDate } from "../calendar/index.ts";

/*
 * Who walks which step of the handover, and in which order (rule H1):
 * agreed → blocked (supporting) → passed (home) → booked (supporting) → told (home) → attended | dna | not-done (supporting).
 */

export const walkedSteps = ["blocked", "passed", "booked", "told", "attended", "dna", "not-done"] as const;
export type WalkedStep = (typeof walkedSteps)[number];
export type Side = "home" | "supporting" | "broker";

export const outcomes = ["attended", "dna", "not-done"] as const;
const isOutcome = (step: string): boolean => outcomes.some((outcome) => outcome === step);

/** The one owner of each step; a broker may walk any on behalf. */
export const ownerOf = (step: WalkedStep): "home" | "supporting" =>
  step === "passed" || step === "told" ? "home" : "supporting";

const order = ["agreed", "blocked", "passed", "booked", "told"];

/**
 * What a step follows. Home need not wait for the block: the patient's details may be ready while the supporting practice
 * has not ticked, and its *booked* then says both. An outcome may follow anything once the time has come: somebody who came
 * without a tick was seen all the same, and a time that passed untold must have an ending too (R7). Everything else is
 * strict.
 */
const follows: Readonly<Record<WalkedStep, readonly string[]>> = {
  blocked: ["agreed"],
  passed: ["agreed", "blocked"],
  booked: ["passed"],
  told: ["booked"],
  attended: order,
  dna: order,
  "not-done": order,
};

const rank = (step: string): number => (isOutcome(step) ? order.length : order.indexOf(step));

/** An agreement, as far as its next step goes. */
export interface Walking {
  readonly step: string;
  readonly isLive: boolean;
  /** The appointment's time has come: only then does it have an outcome. */
  readonly hasStarted: boolean;
}

export const whyNots = ["not-found", "not-your-step", "not-yet", "not-started", "ended", "finished"] as const;
export type WhyNot = (typeof whyNots)[number];

/**
 * Whether `side` may walk `step` now: "go"; "there" where the agreement is there already or beyond, so that ticking twice,
 * or by two people, is no error; else why not.
 */
export const judgeStep = (agreement: Walking, step: WalkedStep, side: Side): "go" | "there" | WhyNot => {
  if (side !== "broker" && side !== ownerOf(step)) return "not-your-step";
  if (agreement.step === step) return "there";
  if (!agreement.isLive) return "ended";
  if (isOutcome(agreement.step)) return isOutcome(step) ? "finished" : "there";
  if (rank(agreement.step) > rank(step)) return "there";
  if (!follows[step].includes(agreement.step)) return "not-yet";
  return isOutcome(step) && !agreement.hasStarted ? "not-started" : "go";
};

/** The steps that `side` may walk now, in their order. */
export const nextSteps = (agreement: Walking, side: Side): WalkedStep[] =>
  walkedSteps.filter((step) => judgeStep(agreement, step, side) === "go");

/** What home owes its patient after an outcome: nothing, a call, or an acknowledgement of the return (R7). */
export const owedNext = ["nothing", "ring-patient", "cover-again", "acknowledge-return"] as const;
export type OwedNext = (typeof owedNext)[number];

export interface LastStep {
  readonly step: string;
  readonly at: Date;
}

export const whyNotUndone = ["not-found", "not-your-step", "nothing-to-undo", "too-late", "ended"] as const;
export type WhyNotUndone = (typeof whyNotUndone)[number];

/**
 * Whether `side` may take the last step back: its owner, on the London day on which it was ticked. Later it is no slip of
 * the hand any more. A need that looks for cover again (not-done) cannot be called back.
 */
export const judgeUndo = (
  agreement: Walking,
  last: LastStep | undefined,
  side: Side,
  now: Date,
): "go" | WhyNotUndone => {
  const step = walkedSteps.find((one) => one === agreement.step);
  if (step === undefined || last === undefined) return agreement.isLive ? "nothing-to-undo" : "ended";
  if (side !== "broker" && side !== ownerOf(step)) return "not-your-step";
  if (!agreement.isLive) return "ended";
  return londonDate(last.at) === londonDate(now) ? "go" : "too-late";
};

/** The step before: the furthest of the others that still count. */
export const stepBefore = (step: string, walked: readonly string[]): string =>
  walked
    .filter((one) => one !== step && rank(one) < rank(step))
    .toSorted((a, b) => rank(a) - rank(b))
    .at(-1) ?? "agreed";

/**
 * Where an agreement stands after its practice gave it another time of the same clinic (rule C4). What was blocked, booked
 * and told holds for the old time only. The patient's details are there, and stay: the practice books the new time, which
 * says that it is blocked as well, and home then tells the patient the new time. So nothing that is moved is ever *told*.
 */
export const stepAfterMove = (step: string): "agreed" | "passed" =>
  step === "agreed" || step === "blocked" ? "agreed" : "passed";
