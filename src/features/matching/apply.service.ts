import type { Tx } from "../../platform/db/database.ts";
import { groupBy, unique } from "../../platform/lists/lists.ts";
import { makeAgreements } from "../agreements/index.ts";
import { recordAudit, system } from "../audit/index.ts";
import { setSlotStates } from "../capacity/index.ts";
import {
  createOffers,
  expiryOf,
  promoteExtras,
  reopenUnasked,
  shrinkOffer,
  standDown,
  type OfferDraft,
} from "../offers/index.ts";
import { brokersOf } from "../practices/index.ts";
import { announceRequests, lockNeeds, lockRequests, readAnnouncement, widenNeeds } from "../requests/index.ts";
import type { PlacedNeed } from "./blocks.rules.ts";
import type { CallPlan } from "./calls.rules.ts";
import type { Decisions } from "./decide.rules.ts";
import { practiceOf, ringOf } from "./reach.rules.ts";
import { callReasons, offerReasons } from "./reasons.rules.ts";
import type { SeekingNeed, Snapshot } from "./snapshot.ts";
import { kmBetween } from "./solver/index.ts";
import { answeredBy } from "./time-to-answer.rules.ts";

export interface Applied {
  readonly agreed: number;
  readonly offers: number;
  readonly calls: number;
  /** Blocks that were gone, and needs that had ended or changed, when the plan was written: the group must be planned again. */
  readonly dropped: number;
}

const requestsOf = (snapshot: Snapshot, decisions: Decisions): string[] => {
  const known = new Map([...snapshot.needs, ...snapshot.movable].map((need) => [need.id, need.requestId]));
  const ids = [
    ...[...decisions.agree, ...decisions.offer].map((block) => block.need.requestId),
    ...decisions.calls.flatMap((call) => call.needs.map((need) => need.requestId)),
    ...decisions.shrink.map(({ needId }) => known.get(needId)),
    ...decisions.widen.map(({ needId }) => known.get(needId)),
  ];
  return unique(ids.filter((id) => id !== undefined));
};

/**
 * Writes a plan in one short transaction. Between reading and writing people may have answered, withdrawn or taken slots:
 * whatever no longer holds is dropped, counted, and planned again; nothing is ever given twice (decision 4).
 */
export const applyDecisions = async (tx: Tx, snapshot: Snapshot, decisions: Decisions): Promise<Applied> => {
  const requestIds = requestsOf(snapshot, decisions);
  if (requestIds.length === 0) return { agreed: 0, offers: 0, calls: 0, dropped: 0 };
  const blocks = [...decisions.agree, ...decisions.offer];
  const wanted = unique([...blocks.map((block) => block.need.id), ...decisions.calls.flatMap(needIdsOf)]);
  // Asking moves nothing from one count of R8 to another; agreeing and standing down do.
  const asksOnly = decisions.agree.length === 0 && decisions.shrink.length === 0;
  // Sent together, carried out in this order: requests are what everybody locks first. Slots that others' extra asks hold
  // are freed before they can be taken.
  const [versions, needs, , announce, taken] = await Promise.all([
    lockRequests(tx, requestIds),
    lockNeeds(tx, wanted),
    brokersOf(tx, snapshot.groupCode),
    asksOnly ? readAnnouncement(tx, requestIds) : undefined,
    asksOnly ? holdSlots(tx, blocks) : undefined,
  ]);
  const isCurrent = (need: SeekingNeed): boolean => versions.get(need.requestId) === need.requestVersion;
  const looking = new Set(needs.filter((need) => ["open", "offered"].includes(need.state)).map((need) => need.id));
  for (const { offerId, needId } of decisions.shrink) await shrinkOffer(tx, offerId, [needId]);
  const won = taken ?? (await holdSlots(tx, blocks));
  const held = await keepWhole(tx, blocks, won, (block) => looking.has(block.need.id) && isCurrent(block.need));
  const agree = held.filter((block) => decisions.agree.includes(block));
  const offer = held.filter((block) => decisions.offer.includes(block));
  const agreed = await agreeAtOnce(tx, agree);
  // Whoever was called, or asked besides, for what is agreed now is thanked (O5).
  await standDown(
    tx,
    agree.map((block) => block.need.id),
  );
  const calls = decisions.calls
    .map((call) => ({ ...call, needs: call.needs.filter((need) => looking.has(need.id) && isCurrent(need)) }))
    .filter((call) => call.needs.length > 0);
  const drafts = [...slotDrafts(snapshot, offer), ...calls.map((call) => callDraft(snapshot, call))];
  await createOffers(tx, drafts);
  promoteExtras(tx, decisions.promote);
  widenNeeds(tx, decisions.widen);
  await reopenUnasked(
    tx,
    decisions.shrink.map(({ needId }) => needId),
  );
  if (agreed > 0 || drafts.length > 0 || decisions.shrink.length > 0) {
    await recordAudit(tx, system, "matching.plan", snapshot.groupCode, { agreed, offers: drafts.length });
    if (announce === undefined) await announceRequests(tx, requestIds);
    else announce();
  }
  return { agreed, offers: drafts.length - calls.length, calls: calls.length, dropped: blocks.length - held.length };
};

const needIdsOf = (call: CallPlan): string[] => call.needs.map((need) => need.id);

/** Holds what of these blocks' slots is still free. */
const holdSlots = async (tx: Tx, blocks: readonly PlacedNeed[]): Promise<string[]> =>
  setSlotStates(
    tx,
    blocks.flatMap((block) => block.slotIds),
    ["free"],
    "busy-tentative",
  );

/** The blocks that are still wanted and of which every slot was had; what was had of the others is free again. */
const keepWhole = async (
  tx: Tx,
  blocks: readonly PlacedNeed[],
  taken: readonly string[],
  isWanted: (block: PlacedNeed) => boolean,
): Promise<PlacedNeed[]> => {
  const won = new Set(taken);
  const whole = blocks.filter((block) => isWanted(block) && block.slotIds.every((id) => won.has(id)));
  const broken = blocks.filter((block) => !whole.includes(block)).flatMap((block) => block.slotIds);
  await setSlotStates(
    tx,
    broken.filter((id) => won.has(id)),
    ["busy-tentative"],
    "free",
  );
  return whole;
};

const agreeAtOnce = async (tx: Tx, blocks: readonly PlacedNeed[]): Promise<number> => {
  const groups = [...groupBy(blocks, (block) => `${block.need.requestId} ${block.clinic.organisationCode}`).values()];
  await makeAgreements(
    tx,
    system,
    groups.flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      return [
        {
          ...partiesOf(first.need, first.clinic.organisationCode),
          offerId: null,
          blocks: group.map(({ need, clinic, slotIds, startsAt, endsAt }) => ({
            needId: need.id,
            ref: need.ref,
            clinicId: clinic.id,
            slotIds,
            startsAt,
            endsAt,
          })),
        },
      ];
    }),
  );
  return blocks.length;
};

const RANK = { routine: 0, urgent: 1, asap: 2 } as const;

const heaviest = (needs: readonly SeekingNeed[]) =>
  needs.map((need) => need.priority).reduce((best, one) => (RANK[one] > RANK[best] ? one : best), "routine");

const isHurried = (snapshot: Snapshot, { clinic, need, startsAt }: PlacedNeed): boolean => {
  const host = snapshot.members.get(clinic.organisationCode);
  return !clinic.isFirm && host !== undefined && startsAt < answeredBy(need.priority, snapshot.now, host);
};

/** One offer for each request, practice and side that has to agree (O1). */
const slotDrafts = (snapshot: Snapshot, blocks: readonly PlacedNeed[]): OfferDraft[] =>
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

const partiesOf = (need: SeekingNeed, supportingCode: string) => ({
  requestId: need.requestId,
  reference: need.reference,
  groupCode: need.groupCode,
  homeCode: need.homeCode,
  supportingCode,
});

const callDraft = (snapshot: Snapshot, call: CallPlan): OfferDraft => {
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
