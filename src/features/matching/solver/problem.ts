/*
 * What the solver reads and answers: a compact snapshot of one sharing group, plain data that can cross to a worker
 * thread. Instants are milliseconds since 1970-01-01T00:00:00Z, distances kilometres, costs points of the objective
 * (docs: rules M1 to M4 and the README beside this file).
 */

/** The hard filters of rule M1, in the order in which they are checked. */
export const REASON_CODES = [
  "not-signed",
  "own-practice",
  "not-accepting",
  "excluded",
  "not-yet-ring",
  "service",
  "window",
  "duration",
  "channel",
  "requirement",
  "distance",
  "daily-cap",
  "desk-full",
  "held",
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];

export type Priority = "asap" | "urgent" | "routine";

export interface ProblemPractice {
  readonly id: string;
  readonly lat: number;
  readonly lon: number;
  readonly pcn: string | null;
  /** The sharing group whose signed agreement it is under; another than the home practice's is `not-signed`. */
  readonly federation: string;
  /** Registered patients; null or 0 leaves fairness out of its costs. */
  readonly listSize: number | null;
  /** Minutes given minus minutes received. */
  readonly balanceMinutes: number;
  readonly accepting: boolean;
  /** Most needs a UTC day; null is no cap. */
  readonly dailyCap: number | null;
  readonly provides: readonly string[];
  /** Its desk already has as many waiting offers as rule A6 allows: it gets no new block. */
  readonly deskFull?: boolean;
}

export interface ProblemSlot {
  readonly id: string;
  readonly start: number;
  /** Busy with somebody else's offer: never taken, and the reason is `held` where it alone stands in the way. */
  readonly held?: boolean;
}

/** One clinician's bookable time at one practice. */
export interface ProblemClinic {
  readonly id: string;
  readonly practice: string;
  readonly services: readonly string[];
  readonly channel: string;
  readonly provides: readonly string[];
  readonly slotMinutes: number;
  readonly slots: readonly ProblemSlot[];
}

export interface ProblemNeed {
  readonly id: string;
  readonly service: string;
  readonly minutes: number;
  readonly earliest: number;
  readonly dueBy: number;
  readonly requires: readonly string[];
  readonly maxKm: number;
  /** Absent: its request's. */
  readonly priority?: Priority;
  /** Needs of one request with the same course belong to one person. */
  readonly course?: string;
  /** Absent: in-person. */
  readonly channel?: string;
  /** Times that no block of it may touch (a patient's no): milliseconds, `until` not included. */
  readonly notAt?: readonly { readonly from: number; readonly until: number }[];
  /** Practices at which no block of it may begin before an instant: whoever is asked there needs time to answer. */
  readonly notBefore?: Readonly<Record<string, number>>;
  /** The practices that its rings have reached (A3); absent: all. Others are `not-yet-ring`. */
  readonly reach?: readonly string[];
}

export interface ProblemRequest {
  readonly id: string;
  readonly practice: string;
  readonly priority: Priority;
  readonly needs: readonly ProblemNeed[];
}

/** A need with the slots it has. */
export interface Placement {
  readonly needId: string;
  readonly slotIds: readonly string[];
}

export interface Problem {
  readonly now: number;
  readonly practices: readonly ProblemPractice[];
  readonly clinics: readonly ProblemClinic[];
  readonly requests: readonly ProblemRequest[];
  /** Pairs [need, practice] that are ruled out. */
  readonly excluded: readonly (readonly [string, string])[];
  /** Needs already taken, by "practice|YYYY-MM-DD" (UTC day of the start). */
  readonly usedByDay: Readonly<Record<string, number>>;
  /** Pairs [request, practice] that cost nothing more: they are used already. */
  readonly paidHosts: readonly (readonly [string, string])[];
  /** What waiting offers hold now. A need leaves its place only for a gain of more than `moveThreshold` points. */
  readonly incumbent?: readonly Placement[];
  /** Points; see DEFAULT_MOVE_THRESHOLD in edges.ts. */
  readonly moveThreshold?: number;
}

export interface PlannedAssignment extends Placement {
  /** The supporting practice. */
  readonly host: string;
  /** Cost of this block alone, without the charges for places. */
  readonly cost: number;
}

export interface UnassignedNeed {
  readonly needId: string;
  /** How many of the other practices each rule was the first to rule out. */
  readonly reasons: Partial<Record<ReasonCode, number>>;
}

export interface Plan {
  readonly assignments: readonly PlannedAssignment[];
  readonly unassigned: readonly UnassignedNeed[];
  readonly weight: number;
  readonly covered: number;
  /** Blocks and charges for places together. */
  readonly cost: number;
  readonly score: number;
  /** Milliseconds from snapshot to answer; whoever has a clock adds it. */
  readonly solveMs?: number;
  /** Whether the budget of steps cut the search short of its usual end. */
  readonly truncated: boolean;
}
