import { addOpenDays, addOpenMinutes, openMinutesBetween, type OpeningHours } from "../calendar/index.ts";
import type { OwedStep } from "./agreements.schema.ts";

/** What is owed next at each step, and by whom (rule H1); from `agreed` on home may pass the details on beside the block. */
export const owedSteps = {
  agreed: { owes: "blocked", owner: "supporting" },
  blocked: { owes: "passed", owner: "home" },
  passed: { owes: "booked", owner: "supporting" },
  booked: { owes: "told", owner: "home" },
  told: { owes: "outcome", owner: "supporting" },
} as const;
export type WaitingStep = keyof typeof owedSteps;
export const waitingSteps = ["agreed", "blocked", "passed", "booked", "told"] as const satisfies readonly WaitingStep[];

export const isWaitingStep = (step: string): step is WaitingStep => Object.hasOwn(owedSteps, step);

/** Open minutes of its owner's desk after which a step is late. */
const PATIENCE_MINUTES = { agreed: 60, passed: 120, booked: 240 } as const;

/** An agreement, as far as the lateness of its next step goes. Instants. */
export interface Lateness {
  readonly step: WaitingStep;
  /** Since when it stands at its step. */
  readonly since: Date;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** Not passed on by then, the time goes back; null: nothing takes it away. */
  readonly releaseAt: Date | null;
}

/**
 * When the next step of an agreement is late, and its owner chased (rule H1). In open time of the owner's desk: blocked
 * after 1 hour, booked 2 hours after passed, told 4 hours after booked; and never later than half-way to the appointment,
 * so that a chase still helps. *Passed* is chased half-way to release-by, by the warning of H4; here only where an
 * appointment is too near for a release-by. Outcomes within one working day. Null: nothing to chase from here.
 */
export const lateAt = (hours: readonly OpeningHours[], of: Lateness): Date | null => {
  if (of.step === "told") return addOpenDays(hours, of.endsAt, 1);
  if (of.step === "blocked" && of.releaseAt !== null) return null;
  const halfWay = openMinutesBetween(hours, of.since, of.startsAt) / 2;
  const patience = of.step === "blocked" ? halfWay : PATIENCE_MINUTES[of.step];
  return addOpenMinutes(hours, of.since, Math.min(patience, halfWay));
};

/** What is known of an agreement's clocks. */
export interface Clocks {
  readonly step: string;
  readonly isLive: boolean;
  /** When its next step is late, as `lateAt` says. */
  readonly lateAt: Date | null;
  readonly releaseAt: Date | null;
  /** Home was warned of the release-by. */
  readonly isWarned: boolean;
}

/** Which steps are owed now, by when, and whether they are late already: what the desks' pages say too. */
export const owedNow = (of: Clocks, now: Date): OwedStep[] => {
  const { step, lateAt: late, releaseAt, isWarned } = of;
  if (!of.isLive || !isWaitingStep(step)) return [];
  const releases: OwedStep[] =
    releaseAt === null
      ? []
      : [{ step: "passed", owner: "home", dueBy: releaseAt.toISOString(), isLate: isWarned || releaseAt <= now }];
  if (step === "blocked" && releases.length > 0) return releases;
  const { owes, owner } = owedSteps[step];
  const next: OwedStep = {
    step: owes,
    owner,
    dueBy: late?.toISOString() ?? null,
    isLate: late !== null && late <= now,
  };
  return step === "agreed" ? [next, ...releases] : [next];
};
