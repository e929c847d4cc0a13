import type { Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { makeAgreements, type Block } from "../agreements/index.ts";
import { recordAudit } from "../audit/index.ts";
import { setSlotStates } from "../capacity/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { announceRequest, excludePractice, lockRequests } from "../requests/index.ts";
import { announceOffer, closeUnanswered, reopenUnasked, standDown } from "./ending.service.ts";
import {
  callNeedsTimes,
  extendedAlready,
  notYoursToAnswer,
  offerClosed,
  roleMayNotAnswer,
  slotsNotInOffer,
  timesDoNotFit,
} from "./offers.errors.ts";
import { openOffer, releaseNeedsOfOffer, setOffer, whatIsPossible, type OpenedOffer } from "./offers.repository.ts";
import { extensionOf, fitNeeds, type FittedNeed } from "./offers.rules.ts";
import type { AnswerView } from "./offers.schema.ts";

/** Whether the actor's organisation takes part in the offer; strangers get the answer for an unknown id (P3). */
export const maySee = (actor: Actor, offer: OpenedOffer): boolean =>
  actor.organisationCode === offer.supportingCode ||
  (actor.organisationCode === offer.homeCode && offer.awaiting === "home") ||
  (isBroker(actor) && actor.groupCode === offer.groupCode);

export const closedError = async (tx: Tx, actor: Actor, offerId: string) => {
  const possible = await whatIsPossible(tx.q, offerId, actor.organisationCode);
  return possible === undefined ? notFound("offer") : offerClosed(possible);
};

/**
 * Locks the offer's request and gives the offer as it stands then, if it still waits and the actor may answer it.
 * @throws not-found, `not-yours-to-answer`, `role-may-not-answer`, or `offer-closed` with what is still possible.
 */
export const lockForAnswer = async (tx: Tx, actor: Actor, id: string): Promise<OpenedOffer> => {
  const seen = await openOffer(tx.q, id);
  if (seen === undefined || !maySee(actor, seen)) throw notFound("offer");
  if (actor.organisationCode !== (seen.awaiting === "home" ? seen.homeCode : seen.supportingCode))
    throw notYoursToAnswer();
  if (!actor.roles.some((role) => seen.answerRoles.includes(role))) throw roleMayNotAnswer(seen.answerRoles);
  await lockRequests(tx, [seen.requestId]);
  const offer = await openOffer(tx.q, id);
  if (offer === undefined || offer.state !== "waiting" || offer.isPast) throw await closedError(tx, actor, id);
  return offer;
};

/** Whoever ticked times that the offer no longer has is told what is left, as the loser of any race is (O4). */
const refuseStrangers = async (tx: Tx, actor: Actor, offer: OpenedOffer, ticked: readonly string[]): Promise<void> => {
  const held = new Set(offer.slots.map((slot) => slot.slotId));
  const strangers = ticked.filter((id) => !held.has(id));
  if (strangers.length === 0) return;
  throw slotsNotInOffer(strangers, await whatIsPossible(tx.q, offer.id, actor.organisationCode));
};

/** The blocks that an offer holds for its needs, those of which every slot is among these. */
export const heldBlocks = (
  { needs, slots }: Pick<OpenedOffer, "needs" | "slots">,
  chosen: OpenedOffer["slots"],
): FittedNeed[] =>
  needs.flatMap((need): FittedNeed[] => {
    const mine = slots.filter((slot) => slot.needId === need.needId);
    const first = mine[0];
    const last = mine.at(-1);
    if (first === undefined || last === undefined || !mine.every((slot) => chosen.includes(slot))) return [];
    return [
      {
        needId: need.needId,
        clinicId: first.clinicId,
        slotIds: mine.map((slot) => slot.slotId),
        startsAt: first.startsAt,
        endsAt: last.endsAt,
      },
    ];
  });

/** The blocks that the desk takes: what is held, or what fits into the ticked times. */
const chooseBlocks = (offer: OpenedOffer, ticked: readonly string[] | undefined): FittedNeed[] => {
  const ids = ticked === undefined ? undefined : new Set(ticked);
  const chosen = offer.slots.filter((slot) => ids === undefined || ids.has(slot.slotId));
  // Held blocks whose every time was taken stay with their needs; only what is left over is fitted anew.
  const whole = heldBlocks(offer, chosen);
  const placed = new Set(whole.map((block) => block.needId));
  const used = new Set(whole.flatMap((block) => block.slotIds));
  const more = fitNeeds(
    offer.needs.filter((need) => !placed.has(need.needId)),
    chosen.filter((slot) => !used.has(slot.slotId)),
  );
  const blocks = [...whole, ...more];
  if (blocks.length === 0) throw timesDoNotFit();
  return blocks;
};

export const withRefs = (offer: OpenedOffer, blocks: readonly FittedNeed[]): (Block & { ref: string })[] =>
  blocks.map((block) => ({ ...block, ref: offer.needs.find((need) => need.needId === block.needId)?.ref ?? "" }));

/**
 * Agrees blocks of an offer, frees what it held besides, stands other desks down (O5) and has the rest planned again: the
 * end of every accepting answer, in the transaction of the answer (rules O3, O4).
 */
export const settleAccepted = async (
  tx: Tx,
  actor: Actor,
  offer: OpenedOffer,
  blocks: readonly FittedNeed[],
): Promise<AnswerView> => {
  const taken = withRefs(offer, blocks);
  const made = await makeAgreements(tx, actor, [{ ...offer, offerId: offer.id, blocks: taken }]);
  const agreed = new Set(blocks.map((block) => block.needId));
  const left = offer.needs.filter((need) => !agreed.has(need.needId)).map((need) => need.needId);
  const released = await releaseNeedsOfOffer(tx, offer.id);
  await setSlotStates(tx, released, ["busy-tentative"], "free");
  const state = left.length === 0 ? "accepted" : "part-accepted";
  await setOffer(tx, offer.id, { state, answeredBy: actor.userId });
  await standDown(tx, [...agreed], offer.id);
  if (left.length > 0) {
    // The desk has said what it can take: the rest goes to others.
    await excludePractice(tx, left, offer.supportingCode, "declined");
    await reopenUnasked(tx, left);
  }
  await announceOffer(tx, offer, { state, needs: 0 });
  await announceRequest(tx, offer.requestId);
  await askForMatching(tx, offer.groupCode, `offer.${state}`);
  await recordAudit(tx, actor, "offer.accept", offer.reference, { offerId: offer.id, needs: made.length });
  const possible = await whatIsPossible(tx.q, offer.id, actor.organisationCode);
  return {
    state,
    agreed: made.map(({ id, needId, startsAt, endsAt }) => ({
      id,
      ref: taken.find((block) => block.needId === needId)?.ref ?? "",
      startsAt: startsAt.toISOString(),
      endsAt: endsAt.toISOString(),
    })),
    stillWanted: possible?.stillWanted ?? 0,
  };
};

/** Accepts all of an offer, or the ticked times (rule O3). One transaction: everything or nothing. */
export const acceptOffer = async (
  tx: Tx,
  actor: Actor,
  id: string,
  input: { readonly slots?: readonly string[] | undefined },
): Promise<AnswerView> => {
  const offer = await lockForAnswer(tx, actor, id);
  if (offer.kind === "call") throw callNeedsTimes();
  await refuseStrangers(tx, actor, offer, input.slots ?? []);
  return settleAccepted(tx, actor, offer, chooseBlocks(offer, input.slots));
};

/** Declines with a code, which costs nothing and is shown to nobody as a judgement (O7). */
export const declineOffer = async (
  tx: Tx,
  actor: Actor,
  id: string,
  input: { readonly code: string },
): Promise<{ readonly state: "declined" }> => {
  const offer = await lockForAnswer(tx, actor, id);
  await closeUnanswered(tx, offer, { state: "declined", answeredBy: actor.userId, declineCode: input.code });
  await recordAudit(tx, actor, "offer.decline", offer.reference, { offerId: id, code: input.code });
  return { state: "declined" };
};

/** *Checking with our nurse*: once, by half of the time that was given (O2). */
export const extendOffer = async (tx: Tx, actor: Actor, id: string): Promise<{ readonly expiresAt: string }> => {
  const offer = await lockForAnswer(tx, actor, id);
  if (offer.extendedAt !== null) throw extendedAlready();
  const limits =
    offer.kind === "call" ? offer.needs.map((need) => need.dueBy) : offer.slots.map((slot) => slot.startsAt);
  const notAfter = new Date(Math.min(...limits.map((limit) => limit.getTime())));
  const expiresAt = extensionOf(offer.createdAt, offer.expiresAt, notAfter);
  await setOffer(tx, id, { expiresAt, isExtended: true });
  await announceOffer(tx, offer, { state: "waiting", needs: offer.needs.length, expiresAt });
  await recordAudit(tx, actor, "offer.extend", offer.reference, { offerId: id });
  return { expiresAt: expiresAt.toISOString() };
};
