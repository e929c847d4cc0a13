import { setImmediate as nextTurn } from "node:timers/promises";
import { RunAgain, type Tx } from "../../platform/db/database.ts";
import { groupBy, unique } from "../../platform/lists/lists.ts";
import { makeAgreements } from "../agreements/index.ts";
import { recordAudit, system } from "../audit/index.ts";
import { setSlotStates } from "../capacity/index.ts";
import {
  createOffers,
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
import { callDraft, partiesOf, slotDrafts } from "./drafts.rules.ts";
import type { SeekingNeed, Snapshot } from "./snapshot.ts";

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
  const { announce, ...found } = await lockAndHold(tx, snapshot, decisions, requestIds);
  const { looking, isCurrent } = standing(found);
  const blocks = blocksOf(decisions);
  for (const { offerId, needId } of decisions.shrink) await shrinkOffer(tx, offerId, [needId]);
  const won = found.taken ?? (await holdSlots(tx, blocks));
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
  const drafts = draftsOf(snapshot, { offer, calls });
  await ask(tx, decisions, drafts);
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

/**
 * Writes a plan that only asks as if nothing had happened since it was read, which is nearly always so: nothing is waited
 * for, and while the database locks and holds, the rest is made ready. What it locked and held is looked at before the
 * commit; where that is not what the plan counted on nothing stays, and `RunAgain` says so: `applyDecisions` is for that.
 * `also` writes what goes with it.
 */
export const applyAsRead = async (
  tx: Tx,
  snapshot: Snapshot,
  decisions: Decisions,
  also: () => void,
): Promise<void> => {
  const requestIds = requestsOf(snapshot, decisions);
  if (requestIds.length === 0) return also();
  const write = async (): Promise<boolean> => {
    // The locks go out now.
    await nextTurn();
    const drafts = draftsOf(snapshot, decisions);
    const data = { agreed: 0, offers: drafts.length };
    const written = Promise.all([
      ask(tx, decisions, drafts),
      drafts.length > 0 ? recordAudit(tx, system, "matching.plan", snapshot.groupCode, data) : undefined,
    ]);
    also();
    await written;
    return drafts.length > 0;
  };
  const [{ announce, ...found }, asks] = await Promise.all([lockAndHold(tx, snapshot, decisions, requestIds), write()]);
  const { looking, isCurrent } = standing(found);
  const won = new Set(found.taken);
  const needs = [...decisions.offer.map((block) => block.need), ...decisions.calls.flatMap((call) => call.needs)];
  const isAsRead =
    needs.every((need) => looking.has(need.id) && isCurrent(need)) &&
    decisions.offer.every((block) => block.slotIds.every((id) => won.has(id)));
  if (!isAsRead) throw new RunAgain();
  if (asks) announce?.();
  return undefined;
};

/** Asking moves nothing from one count of R8 to another; agreeing and standing down do. */
export const onlyAsks = (decisions: Decisions): boolean =>
  decisions.agree.length === 0 && decisions.shrink.length === 0;

const blocksOf = (decisions: Decisions): PlacedNeed[] => [...decisions.agree, ...decisions.offer];

/**
 * Sent together, carried out in this order: requests are what everybody locks first. Slots that others' extra asks hold
 * are freed before they can be taken, so a plan that stands any of them down holds later.
 */
const lockAndHold = async (tx: Tx, snapshot: Snapshot, decisions: Decisions, requestIds: readonly string[]) => {
  const blocks = blocksOf(decisions);
  const wanted = unique([...blocks.map((block) => block.need.id), ...decisions.calls.flatMap(needIdsOf)]);
  const asksOnly = onlyAsks(decisions);
  const [versions, needs, , announce, taken] = await Promise.all([
    lockRequests(tx, requestIds),
    lockNeeds(tx, wanted),
    brokersOf(tx, snapshot.groupCode),
    asksOnly ? readAnnouncement(tx, requestIds) : undefined,
    asksOnly ? holdSlots(tx, blocks) : undefined,
  ]);
  return { versions, needs, announce, taken };
};

/** What of the needs still stands: which of them look for cover, and whether they ask for what the plan read. */
const standing = ({ versions, needs }: Pick<Awaited<ReturnType<typeof lockAndHold>>, "versions" | "needs">) => ({
  looking: new Set(needs.filter((need) => ["open", "offered"].includes(need.state)).map((need) => need.id)),
  isCurrent: (need: SeekingNeed): boolean => versions.get(need.requestId) === need.requestVersion,
});

const draftsOf = (snapshot: Snapshot, { offer, calls }: Pick<Decisions, "offer" | "calls">): OfferDraft[] => [
  ...slotDrafts(snapshot, offer),
  ...calls.map((call) => callDraft(snapshot, call)),
];

/** Makes the offers and calls, and notes how far asking has widened. All is sent at once. */
const ask = async (tx: Tx, decisions: Decisions, drafts: readonly OfferDraft[]): Promise<void> => {
  const made = createOffers(tx, drafts);
  promoteExtras(tx, decisions.promote);
  widenNeeds(tx, decisions.widen);
  await made;
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
