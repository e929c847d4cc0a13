import { countNeeds, hasEnded } from "./requests.rules.ts";
import type { NeedState, Priority, RequestView } from "./requests.schema.ts";

/*
 * The whole of a request as people see it, made from its rows. Reading and posting make it alike: the answer to a post is
 * composed from what was just written, without asking the database again.
 */

export interface RequestRecord {
  readonly id: string;
  readonly reference: string;
  readonly homeCode: string;
  readonly homeName: string;
  readonly groupCode: string;
  readonly priority: Priority;
  readonly reason: RequestView["reason"];
  readonly takesFirm: boolean;
  readonly postedByName: string;
  readonly postedByCode: string;
  readonly pausedAt: Date | null;
  readonly version: number;
  readonly createdAt: Date;
}

export interface LineRecord {
  readonly id: string;
  readonly position: number;
  readonly serviceCode: string;
  readonly channel: RequestView["lines"][number]["channel"];
  readonly minutes: number;
  readonly earliest: Date;
  readonly dueBy: Date;
  readonly requires: readonly string[];
  readonly maxKm: number;
  readonly priority: Priority;
  readonly notAsked: Readonly<Record<string, string>>;
}

export interface NeedRecord {
  readonly id: string;
  readonly lineId: string;
  readonly ref: string;
  readonly course: string | null;
  readonly state: NeedState;
  readonly priority: Priority;
  readonly ring: number;
  readonly endedAs: string | null;
  readonly endedAt: Date | null;
  readonly acknowledgedAt: Date | null;
  readonly agreement: {
    readonly id: string;
    readonly supportingCode: string;
    readonly supportingName: string;
    readonly startsAt: Date;
    readonly endsAt: Date;
    readonly step: string;
  } | null;
}

/** Offers of one practice in one state. */
export interface AskedRecord {
  readonly code: string;
  readonly name: string;
  readonly state: "waiting" | "accepted" | "part-accepted" | "declined" | "lapsed" | "stood-down";
  readonly offers: number;
}

const iso = (at: Date): string => at.toISOString();
const isoOrNull = (at: Date | null): string | null => at?.toISOString() ?? null;

const tally = (values: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
};

const askedView = (asked: readonly AskedRecord[], showNames: boolean): RequestView["asked"] => {
  const total = (...states: readonly AskedRecord["state"][]): number =>
    asked.filter(({ state }) => states.includes(state)).reduce((sum, { offers }) => sum + offers, 0);
  return {
    waiting: total("waiting"),
    accepted: total("accepted", "part-accepted"),
    declined: total("declined"),
    lapsed: total("lapsed"),
    stoodDown: total("stood-down"),
    waitingAt: new Set(asked.filter(({ state }) => state === "waiting").map(({ code }) => code)).size,
    ...(showNames ? { practices: [...asked] } : {}),
  };
};

export const showRequest = (
  request: RequestRecord,
  lines: readonly LineRecord[],
  needs: readonly NeedRecord[],
  more: { asked: readonly AskedRecord[]; showNames: boolean; similar: readonly string[] },
): RequestView => {
  const lineOf = new Map(lines.map((line) => [line.id, line]));
  return {
    reference: request.reference,
    homeCode: request.homeCode,
    homeName: request.homeName,
    priority: request.priority,
    reason: request.reason,
    takeFirm: request.takesFirm,
    postedAt: iso(request.createdAt),
    postedBy: { name: request.postedByName, organisationCode: request.postedByCode },
    pausedAt: isoOrNull(request.pausedAt),
    version: request.version,
    counts: countNeeds(
      needs.map(({ state, agreement, acknowledgedAt }) => ({
        state,
        step: agreement?.step ?? null,
        isAcknowledged: acknowledgedAt !== null,
      })),
    ),
    lines: lines.map((line) => ({
      line: line.position,
      service: line.serviceCode,
      channel: line.channel,
      count: needs.filter(({ lineId, state }) => lineId === line.id && !hasEnded(state)).length,
      minutes: line.minutes,
      earliest: iso(line.earliest),
      dueBy: iso(line.dueBy),
      requires: [...line.requires],
      maxKm: line.maxKm,
      priority: line.priority,
      notAsked: tally(Object.values(line.notAsked)),
    })),
    needs: needs.map((need) => ({
      ref: need.ref,
      line: lineOf.get(need.lineId)?.position ?? 1,
      service: lineOf.get(need.lineId)?.serviceCode ?? "",
      course: need.course,
      state: need.state,
      priority: need.priority,
      ring: need.ring,
      endedAs: need.endedAs,
      endedAt: isoOrNull(need.endedAt),
      acknowledgedAt: isoOrNull(need.acknowledgedAt),
      agreement:
        need.agreement === null
          ? null
          : { ...need.agreement, startsAt: iso(need.agreement.startsAt), endsAt: iso(need.agreement.endsAt) },
    })),
    asked: askedView(more.asked, more.showNames),
    warnings: more.similar.map((reference) => ({ code: "similar-open-request", reference })),
  };
};
