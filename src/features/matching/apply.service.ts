import { setImmediate as nextTurn } from "node:timers/promises";
import type { Tx } from "../../platform/db/database.ts";
import { groupBy, unique } from "../../platform/lists/lists.ts";
import { makeAgreements } from "../agreements/index.ts";
import { recordAudit, system } from "../audit/index.ts";
import { holdSlots, setSlotStates } from "../capacity/index.ts";
import {
  createOffers,
  promoteExtras,
  reopenUnasked,
  shrinkOffer,
  standDown,
  type OfferDraft,
} from "../offers/index.ts";
import { brokersOf, knowBrokers } from "../practices/index.ts";
import {
  announceCounted,
  announceRequests,
  expectCounts,
  expectRequests,
  lockNeeds,
  lockRequests,
  type Told,
} from "../requests/index.ts";
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
  const { looking, isCurrent } = await lock(tx, snapshot, decisions, requestIds);
  const blocks = blocksOf(decisions);
  for (const { offerId, needId } of decisions.shrink) await shrinkOffer(tx, offerId, [needId]);
  const won = await holdFree(tx, blocks);
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
    await announceRequests(tx, requestIds);
  }
  return { agreed, offers: drafts.length - calls.length, calls: calls.length, dropped: blocks.length - held.length };
};

/**
 * Writes a plan that only asks as if nothing had happened since it was read, which is nearly always so: all of it goes to
 * the database in one round trip, with the commit, and while the database locks and holds, the rest is made ready. The
 * database itself looks whether that is what the plan counted on; where it is not, nothing stays and the unit runs again:
 * `applyDecisions` is for that. `told` is how its requests stood.
 */
export const applyAsRead = async (tx: Tx, snapshot: Snapshot, decisions: Decisions, told: Told): Promise<void> => {
  const versions = new Map(snapshot.needs.map((need) => [need.requestId, need.requestVersion]));
  const requestIds = requestsOf(snapshot, decisions);
  if (requestIds.length === 0) return;
  const counted = told.counted.filter(({ requestId }) => requestIds.includes(requestId));
  expectRequests(tx, new Map(requestIds.map((id) => [id, versions.get(id) ?? 0])));
  expectCounts(tx, counted, wantedBy(decisions));
  holdSlots(
    tx,
    decisions.offer.flatMap((block) => block.slotIds),
  );
  // These go out now.
  await nextTurn();
  knowBrokers(tx, snapshot.groupCode, [...told.brokers]);
  const drafts = draftsOf(snapshot, decisions);
  await ask(tx, decisions, drafts);
  if (drafts.length === 0) return;
  await recordAudit(tx, system, "matching.plan", snapshot.groupCode, { agreed: 0, offers: drafts.length });
  announceCounted(tx, { ...told, counted });
};

/** Asking moves nothing from one count of R8 to another; agreeing and standing down do. */
export const onlyAsks = (decisions: Decisions): boolean =>
  decisions.agree.length === 0 && decisions.shrink.length === 0;

const blocksOf = (decisions: Decisions): PlacedNeed[] => [...decisions.agree, ...decisions.offer];

/** Needs for which something is written that only those have who look for cover. */
const wantedBy = (decisions: Decisions): string[] =>
  unique([...blocksOf(decisions).map((block) => block.need.id), ...decisions.calls.flatMap(needIdsOf)]);

/**
 * Sent together, carried out in this order: requests are what everybody locks first. Answers what of the needs still
 * stands: which of them look for cover, and whether they ask for what the plan read.
 */
const lock = async (tx: Tx, snapshot: Snapshot, decisions: Decisions, requestIds: readonly string[]) => {
  const [versions, needs] = await Promise.all([
    lockRequests(tx, requestIds),
    lockNeeds(tx, wantedBy(decisions)),
    brokersOf(tx, snapshot.groupCode),
  ]);
  return {
    looking: new Set(needs.filter((need) => ["open", "offered"].includes(need.state)).map((need) => need.id)),
    isCurrent: (need: SeekingNeed): boolean => versions.get(need.requestId) === need.requestVersion,
  };
};

const draftsOf = (snapshot: Snapshot, { offer, calls }: Pick<Decisions, "offer" | "calls">): OfferDraft[] => [
  ...slotDrafts(snapshot, offer),
  ...calls.map((call) => callDraft(snapshot, call)),
];

/** Makes the offers and calls, and notes how far asking has widened. All is sent at once. */
const ask = async (tx: Tx, decisions: Decisions, drafts: readonly OfferDraft[]): Promise<void> => {
  const made = createOffers(tx, drafts, decisions.widen);
  promoteExtras(tx, decisions.promote);
  await made;
};

const needIdsOf = (call: CallPlan): string[] => call.needs.map((need) => need.id);

/** Holds what of these blocks' slots is still free. */
const holdFree = async (tx: Tx, blocks: readonly PlacedNeed[]): Promise<string[]> =>
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
