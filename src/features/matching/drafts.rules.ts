import { groupBy } from "../../platform/lists/lists.ts";
import { expiryOf, type OfferDraft } from "../offers/index.ts";
import type { PlacedNeed } from "./blocks.rules.ts";
import type { CallPlan } from "./calls.rules.ts";
import { practiceOf, ringOf } from "./reach.rules.ts";
import { callReasons, offerReasons } from "./reasons.rules.ts";
import type { SeekingNeed, Snapshot } from "./snapshot.ts";
import { kmBetween } from "./solver/index.ts";
import { answeredBy } from "./time-to-answer.rules.ts";

/*
 * From what a plan decided to the offers that are made of it.
 */

const RANK = { routine: 0, urgent: 1, asap: 2 } as const;

const heaviest = (needs: readonly SeekingNeed[]) =>
  needs.map((need) => need.priority).reduce((best, one) => (RANK[one] > RANK[best] ? one : best), "routine");

const isHurried = (snapshot: Snapshot, { clinic, need, startsAt }: PlacedNeed): boolean => {
  const host = snapshot.members.get(clinic.organisationCode);
  return !clinic.isFirm && host !== undefined && startsAt < answeredBy(need.priority, snapshot.now, host);
};

/** One offer for each request, practice and side that has to agree (O1). */
export const slotDrafts = (snapshot: Snapshot, blocks: readonly PlacedNeed[]): OfferDraft[] =>
  [
    ...groupBy(
      blocks,
      // What begins before the desk has had its time is an offer of its own, so that it does not cut the others' time short.
      (block) =>
        `${block.need.requestId} ${block.clinic.organisationCode} ${block.clinic.isFirm} ${block.isExtra} ${isHurried(snapshot, block)}`,
    ).values(),
  ].flatMap((group): OfferDraft[] => {
    const [first] = group;
    const home = snapshot.members.get(first?.need.homeCode ?? "");
    const host = snapshot.members.get(first?.clinic.organisationCode ?? "");
    if (first === undefined || home === undefined || host === undefined) return [];
    const needs = group.map((block) => block.need);
    const priority = heaviest(needs);
    const awaiting = first.clinic.isFirm ? "home" : "supporting";
    const km = kmBetween(practiceOf(home, snapshot.groupCode), practiceOf(host, snapshot.groupCode));
    const firstStart = new Date(Math.min(...group.map((block) => block.startsAt.getTime())));
    return [
      {
        ...partiesOf(first.need, host.code),
        kind: "slots",
        awaiting,
        priority,
        ring: ringOf(home, host),
        isExtra: first.isExtra,
        km,
        reasons: offerReasons(home, host, needs, {
          km,
          slots: group.reduce((sum, block) => sum + block.slotIds.length, 0),
          slotMinutes: first.clinic.slotMinutes,
        }),
        expiresAt: expiryOf(priority, snapshot.now, awaiting === "home" ? home.hours : host.hours, firstStart),
        needIds: needs.map((need) => need.id),
        slots: group.flatMap((block) =>
          block.slotIds.map((slotId) => ({ slotId, needId: block.need.id, startsAt: block.startsAt })),
        ),
      },
    ];
  });

/** Who an offer or agreement is between, and about which request. */
export const partiesOf = (need: SeekingNeed, supportingCode: string) => ({
  requestId: need.requestId,
  reference: need.reference,
  groupCode: need.groupCode,
  homeCode: need.homeCode,
  supportingCode,
});

/** Calls are put to a practice as one offer without slots (A4). */
export const callDraft = (snapshot: Snapshot, call: CallPlan): OfferDraft => {
  const [first] = call.needs;
  const home = snapshot.members.get(first?.homeCode ?? "");
  if (first === undefined || home === undefined) throw new Error("a call without needs or home");
  const priority = heaviest(call.needs);
  const dueBy = new Date(Math.min(...call.needs.map((need) => need.dueBy.getTime())));
  return {
    ...partiesOf(first, call.host.code),
    kind: "call",
    awaiting: "supporting",
    priority,
    ring: call.ring,
    isExtra: false,
    km: call.km,
    reasons: callReasons(home, call.host, call.needs, call.km),
    expiresAt: expiryOf(priority, snapshot.now, call.host.hours, dueBy),
    needIds: call.needs.map((need) => need.id),
    slots: [],
  };
};
