import type { OpeningHours } from "../calendar/index.ts";
import type { Asking } from "../cover-plans/index.ts";
import type { Priority } from "../offers/index.ts";

/*
 * What one plan of a sharing group sees: plain data, read once, so that deciding is a pure function of it (rule M4).
 */

export interface Member {
  readonly code: string;
  readonly lat: number | null;
  readonly lon: number | null;
  readonly pcn: string | null;
  readonly listSize: number | null;
  readonly isSigned: boolean;
  /** Switched on, active, and not a closing or special list. */
  readonly isAccepting: boolean;
  readonly dailyCap: number | null;
  readonly provides: readonly string[];
  readonly hours: readonly OpeningHours[];
  /** What it says it could do for neighbours (C3). */
  readonly couldDo: readonly string[];
  /** Offers that wait for its answer (A6). */
  readonly waiting: number;
  /** Minutes given minus minutes received in the last 90 days and ahead. */
  readonly balanceMinutes: number;
  readonly buddies: readonly string[];
  /** When it was last asked anything: the only memory (A6). Null: never. */
  readonly lastAskedAt: Date | null;
}

export interface SeekingNeed {
  readonly id: string;
  readonly ref: string;
  readonly requestId: string;
  /** Counts on when home amends or the broker pauses: a plan of an older one is not written. */
  readonly requestVersion: number;
  readonly reference: string;
  readonly lineId: string;
  readonly groupCode: string;
  readonly homeCode: string;
  readonly takesFirm: boolean;
  /** What it is matched as (R5). */
  readonly service: string;
  readonly serviceName: string;
  readonly channel: string;
  readonly minutes: number;
  readonly earliest: Date;
  readonly dueBy: Date;
  /** Times that its patient said no to, ISO; absent or null: none. */
  readonly excludedTimes?: readonly { readonly from: string; readonly until: string }[] | null;
  /** Of the line and of the service. */
  readonly requires: readonly string[];
  readonly maxKm: number;
  readonly priority: Priority;
  /** How the group asks for such a need: its cover plan, or the default. */
  readonly asking: Asking;
  readonly course: string | null;
  readonly ring: number;
  readonly extraAsks: number;
  readonly widenAt: Date | null;
}

/** A waiting offer, as far as one need goes. */
export interface Ask {
  readonly offerId: string;
  readonly needId: string;
  readonly supportingCode: string;
  readonly kind: "slots" | "call";
  readonly awaiting: "supporting" | "home";
  readonly isExtra: boolean;
  readonly slotIds: readonly string[];
}

export interface PlannedSlot {
  readonly id: string;
  readonly start: number;
  /** The extra ask or, in a plan that may move things, the first choice that holds it. */
  readonly heldBy?: { readonly offerId: string; readonly needId: string };
  /** Only where everything held was read, for explaining: a first choice holds it, so a plan leaves it alone. */
  readonly held?: true;
}

export interface PlannedClinic {
  readonly id: string;
  readonly organisationCode: string;
  readonly services: readonly string[];
  readonly channel: string;
  readonly provides: readonly string[];
  readonly slotMinutes: number;
  /** May be taken without asking today (C5). */
  readonly isFirm: boolean;
  readonly slots: readonly PlannedSlot[];
}

/** What is left within a need's reach of published time for its service. */
export interface Left {
  /** The nearest practices with free time for it; none where waiting offers hold all that there is. */
  readonly hosts: readonly string[];
  /** How far the nearest is of the others with free time; infinitely far where these are all. */
  readonly restKm: number;
}

/** Where needs are that look for the same nearby. */
export const placeKey = ({ homeCode, service }: Pick<SeekingNeed, "homeCode" | "service">): string =>
  `${homeCode} ${service}`;

export interface Snapshot {
  readonly groupCode: string;
  readonly now: Date;
  /** Plan as if every desk were open: what could be given, not whom to ask at this moment. */
  readonly atAnyHour?: true;
  /** For each home practice of which only the nearest others were read: how far the nearest of the rest is. */
  readonly restBeginsAtKm: ReadonlyMap<string, number>;
  /** For what was looked for by itself besides, by `placeKey`: who has time for it. */
  readonly sought?: ReadonlyMap<string, Left>;
  /** For each practice of which only the earliest free slots were read: from when on there may be others. */
  readonly restBeginsAt: ReadonlyMap<string, number>;
  readonly members: ReadonlyMap<string, Member>;
  /** Needs that something may be done for. */
  readonly needs: readonly SeekingNeed[];
  /** Their waiting offers. */
  readonly asks: readonly Ask[];
  readonly clinics: readonly PlannedClinic[];
  /** need, practice */
  readonly excluded: readonly (readonly [string, string])[];
  /** need, practice: asked once, about a time that came too soon; only later ones may be asked about. */
  readonly cutShort: readonly (readonly [string, string])[];
  /** request, practice: used already, so one more place there costs no charge. */
  readonly paidHosts: readonly (readonly [string, string])[];
  /** "practice|YYYY-MM-DD", UTC day of start: needs agreed or held. */
  readonly usedByDay: Readonly<Record<string, number>>;
  /** Needs whose waiting first choice may be moved, with where they are: only when something scarce is at stake. */
  readonly movable: readonly SeekingNeed[];
}
