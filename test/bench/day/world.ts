import type { Priority } from "../../../src/features/requests/index.ts";
import type { ProblemPractice } from "../../../src/features/matching/solver/index.ts";

/*
 * What happens in one simulated holiday rush, whatever policy meets it: who is where, what is published when and lost when,
 * and what is asked for when. Instants are milliseconds; December in London is UTC.
 */

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Working days before Christmas 2026; 25 December is a Friday. */
export const DAYS = ["2026-12-17", "2026-12-18", "2026-12-21", "2026-12-22", "2026-12-23", "2026-12-24"] as const;
export const at = (date: string, hour: number): number => Date.parse(`${date}T00:00:00Z`) + hour * HOUR;
/** Before anybody opens on the first day, and when all is over. */
export const BEGIN = at(DAYS[0], 7);
export const END = at("2026-12-24", 18.5);

export interface Practice extends ProblemPractice {
  /** firm and ask publish clinics of that pledge. silent publishes nothing, but could do services: it answers calls. */
  readonly role: "firm" | "ask" | "silent";
}

export interface Clinic {
  readonly id: string;
  readonly practice: Practice;
  /** Hidden: never published, times that a silent practice gives when it is called and says yes. */
  readonly isHidden: boolean;
  readonly services: readonly string[];
  readonly slotMinutes: number;
  /** Of its slots, each beginning where the one before ends. */
  readonly starts: readonly number[];
  readonly publishedAt: number;
  /** When it is withdrawn; absent: never. */
  readonly withdrawnAt?: number;
  /** Single slots that go: when, and which. */
  readonly gone: readonly { readonly at: number; readonly start: number }[];
}

export interface Need {
  /** `R07 N03` */
  readonly id: string;
  readonly request: string;
  readonly home: Practice;
  readonly service: string;
  readonly minutes: number;
  readonly priority: Priority;
  readonly requires: readonly string[];
  readonly maxKm: number;
  readonly postedAt: number;
  readonly dueBy: number;
}

export interface Line extends Pick<Need, "service" | "minutes" | "priority" | "maxKm" | "dueBy"> {
  readonly count: number;
  readonly requires: "step-free"[];
}

export interface Request {
  /** `R07` */
  readonly id: string;
  readonly home: Practice;
  readonly postedAt: number;
  readonly lines: readonly Line[];
  readonly needs: readonly Need[];
}

export interface World {
  readonly seed: number;
  readonly group: string;
  readonly practices: readonly Practice[];
  readonly clinics: readonly Clinic[];
  readonly requests: readonly Request[];
}

/** When a slot goes: with its clinic or alone; undefined: never. */
export const lostAt = (clinic: Clinic, start: number): number | undefined => {
  const times = clinic.gone.filter((one) => one.start === start).map((one) => one.at);
  if (clinic.withdrawnAt !== undefined) times.push(clinic.withdrawnAt);
  return times.length === 0 ? undefined : Math.min(...times);
};

export interface Spell {
  readonly from: number;
  readonly until: number;
}

/** How a policy ended: what is agreed at the end, and whom it disturbed. */
export interface Outcome {
  /** By need: where, when it is, how long it takes of the supporting practice, and when it was agreed. */
  readonly agreed: ReadonlyMap<
    string,
    { readonly host: string; readonly start: number; readonly minutes: number; readonly agreedAt: number }
  >;
  /** By need: from when until when it had an agreement, again and again where what was agreed went. Infinity: to the end. */
  readonly spells: ReadonlyMap<string, readonly Spell[]>;
  /** `practice request`: supporting practices that had to answer something. */
  readonly asked: ReadonlySet<string>;
}
