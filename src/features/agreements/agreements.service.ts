import { appNow, type Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { unique } from "../../platform/lists/lists.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { recordAudit, recordAudits, type Author } from "../audit/index.ts";
import { londonDate } from "../calendar/index.ts";
import { setSlotStates } from "../capacity/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { brokersOf, openingHoursOf } from "../practices/index.ts";
import { announceRequest, excludePractice, lockRequests, markNeeds, reopenNeeds } from "../requests/index.ts";
import { agreementEnded, agreementFinished, alreadyGiven } from "./agreements.errors.ts";
import { agreementCancelled, agreementMade } from "./agreements.events.ts";
import {
  endAgreement,
  findAgreement,
  insertAgreements,
  insertSteps,
  liveAgreementsOfNeeds,
  type Block,
  type LiveAgreement,
  type Parties,
} from "./agreements.repository.ts";
import type { Side } from "./handover.rules.ts";
import { releaseBy, type ReleaseBy } from "./release.rules.ts";
import { announceTally } from "./tally.service.ts";
import { knownTime, makeTask } from "./tasks.service.ts";

/** Blocks of one supporting practice that one request is to have. */
export interface Agreeing extends Parties {
  readonly reference: string;
  readonly blocks: readonly (Block & { readonly ref: string })[];
}

export interface MadeAgreement extends Block {
  readonly id: string;
}

/**
 * Agrees needs with blocks, in the caller's transaction, which holds the lock of their requests: slots become busy, needs
 * agreed, and home, the supporting practice and the brokers hear of it (rule O4). However many requests and practices take
 * part, each statement is sent once.
 * @throws `already-given` when a slot or need is not to be had any more; the whole transaction is then void.
 */
export const makeAgreements = async (
  tx: Tx,
  author: Author,
  agreeing: readonly Agreeing[],
): Promise<MadeAgreement[]> => {
  if (agreeing.length === 0) return [];
  // Named one by one: what callers hand in may carry more than its parties.
  const wanted = agreeing.flatMap(({ requestId, groupCode, homeCode, supportingCode, offerId, blocks }) =>
    blocks.map((block) => ({ requestId, groupCode, homeCode, supportingCode, offerId, ...block })),
  );
  const slotIds = wanted.flatMap((block) => block.slotIds);
  const needIds = wanted.map((block) => block.needId);
  const [taken, agreed, release] = await Promise.all([
    setSlotStates(tx, slotIds, ["free", "busy-tentative"], "busy"),
    markNeeds(tx, needIds, { from: ["open", "offered"], to: "agreed" }),
    releasesOfDays(tx, wanted),
  ]);
  if (taken.length !== slotIds.length) throw alreadyGiven(undefined);
  if (agreed.length !== needIds.length) throw alreadyGiven(undefined);
  const ids = await insertAgreements(
    tx,
    wanted.map((one) => ({ ...one, release: release(one) })),
    author,
  );
  const made = wanted.map((block, at) => ({ ...block, id: ids[at] ?? "" }));
  const madeOf = new Map(made.map((one) => [one.needId, one]));
  for (const one of agreeing)
    await announceMade(
      tx,
      one,
      one.blocks.flatMap(({ needId }) => madeOf.get(needId) ?? []),
    );
  await recordAudits(
    tx,
    author,
    "agreement.make",
    agreeing.map(({ reference, supportingCode, blocks }) => ({
      subject: reference,
      data: { supportingCode, agreementIds: blocks.map(({ needId }) => madeOf.get(needId)?.id) },
    })),
  );
  return made;
};

const announceMade = async (
  tx: Tx,
  { reference, offerId, homeCode, supportingCode, groupCode }: Agreeing,
  made: readonly (MadeAgreement & { readonly ref: string })[],
): Promise<void> => {
  const data = { reference, offerId, homeCode, supportingCode, agreements: made.map(describe) };
  for (const stream of await concerned(tx, { homeCode, supportingCode, groupCode }))
    tx.emit(eventFor(agreementMade, stream, data));
};

/** By when each of these home practices must have passed on an agreement that is made now and starts then (rule H4). */
const releasesFor = async (
  tx: Tx,
  homeCodes: readonly string[],
): Promise<(homeCode: string, startsAt: Date) => ReleaseBy | undefined> => {
  const [hours, now] = await Promise.all([openingHoursOf(tx.q, homeCodes), tx.once("now", async () => appNow(tx.q))]);
  return (homeCode, startsAt) => releaseBy(hours.get(homeCode) ?? [], now, startsAt);
};

/** The same for one home practice, looked up once in a transaction. */
export const releaseFor = async (tx: Tx, homeCode: string): Promise<(startsAt: Date) => ReleaseBy | undefined> =>
  tx.once(`release for ${homeCode}`, async () => {
    const release = await releasesFor(tx, [homeCode]);
    return (startsAt) => release(homeCode, startsAt);
  });

/** What one request agrees with one practice for one day goes back together: home is warned once, by the first of them. */
const releasesOfDays = async (
  tx: Tx,
  wanted: readonly (Parties & Block)[],
): Promise<(one: Parties & Block) => ReleaseBy | undefined> => {
  const release = await releasesFor(tx, unique(wanted.map(({ homeCode }) => homeCode)));
  const keyOf = ({ requestId, supportingCode, startsAt }: Parties & Block): string =>
    `${requestId} ${supportingCode} ${londonDate(startsAt)}`;
  const firstOf = new Map<string, Date>();
  for (const one of wanted) {
    const first = firstOf.get(keyOf(one));
    if (first === undefined || one.startsAt < first) firstOf.set(keyOf(one), one.startsAt);
  }
  return (one) => release(one.homeCode, firstOf.get(keyOf(one)) ?? one.startsAt);
};

export const describe = (agreement: { id: string; ref: string; startsAt: Date; endsAt: Date }) => ({
  id: agreement.id,
  ref: agreement.ref,
  startsAt: agreement.startsAt.toISOString(),
  endsAt: agreement.endsAt.toISOString(),
});

/** The event logs that hear of an agreement: both sides and the group's federations. */
export const concerned = async (
  tx: Tx,
  of: { readonly homeCode: string; readonly supportingCode: string; readonly groupCode: string },
): Promise<string[]> => unique([of.homeCode, of.supportingCode, ...(await brokersOf(tx, of.groupCode))]);

/** On which side of the agreement the actor stands; a stranger gets the same answer as for an unknown id (P3). */
export const sideOf = (
  actor: Actor,
  agreement: Pick<LiveAgreement, "homeCode" | "supportingCode" | "groupCode">,
): Side => {
  if (actor.organisationCode === agreement.homeCode) return "home";
  if (actor.organisationCode === agreement.supportingCode) return "supporting";
  if (isBroker(actor) && actor.groupCode === agreement.groupCode) return "broker";
  throw notFound("agreement");
};

const finishedSteps = ["attended", "dna", "not-done"];

/**
 * Cancels an agreement with a coded reason (rule H3). A need that is still wanted is looked after again at once, one
 * priority higher if the supporting side cancelled; the slot returns to the supporting practice's free ones unless it
 * was that practice which cancelled.
 */
export const cancelAgreement = async (
  tx: Tx,
  actor: Actor,
  id: string,
  input: { readonly code: string; readonly stillNeeded: boolean },
): Promise<{ readonly needState: string }> => {
  const seen = await findAgreement(tx.q, id);
  if (seen === undefined) throw notFound("agreement");
  const bySide = sideOf(actor, seen);
  await lockRequests(tx, [seen.requestId]);
  const agreement = (await findAgreement(tx.q, id)) ?? seen;
  if (!agreement.isLive) throw agreementEnded(agreement.step);
  if (finishedSteps.includes(agreement.step)) throw agreementFinished(agreement.step);
  const needState = await endOne(tx, actor, agreement, { bySide, ...input });
  if (bySide !== "supporting") await announceTally(tx, agreement);
  await announceRequest(tx, agreement.requestId);
  await askForMatching(tx, agreement.groupCode, "agreement.cancelled");
  return { needState };
};

interface Ending {
  readonly bySide: Side;
  readonly code: string;
  readonly stillNeeded: boolean;
  /** False where the practice itself is still willing, only this slot is not to be had. */
  readonly excludesPractice?: boolean;
  /** True where the patient herself said no: nobody need ring her. */
  readonly patientKnows?: boolean;
}

/** Ends one live agreement whose request is locked, and says what became of its need. */
export const endOne = async (tx: Tx, author: Author, agreement: LiveAgreement, ending: Ending): Promise<string> => {
  const { bySide, code } = ending;
  const told = ending.patientKnows === true ? undefined : await knownTime(tx, agreement);
  if (!(await endAgreement(tx, agreement.id, { bySide, code }))) throw agreementEnded(agreement.step);
  await insertSteps(tx, [agreement.id], "cancelled", author);
  await setSlotStates(tx, agreement.slotIds, ["busy"], bySide === "supporting" ? "busy-unavailable" : "free");
  const needState = await releaseNeed(tx, agreement, ending);
  if (bySide === "supporting" && ending.excludesPractice !== false)
    await excludePractice(tx, [agreement.needId], agreement.supportingCode, "cancelled");
  const data = {
    reference: agreement.reference,
    agreement: describe(agreement),
    bySide,
    code,
    needState,
    ringPatient: told !== undefined,
  };
  if (told !== undefined)
    await makeTask(tx, agreement, { kind: "ring-patient", why: "cancelled", before: told, after: null });
  for (const stream of await concerned(tx, agreement)) tx.emit(eventFor(agreementCancelled, stream, data));
  await recordAudit(tx, author, "agreement.cancel", agreement.reference, { ref: agreement.ref, bySide, code });
  return needState;
};

const releaseNeed = async (tx: Tx, agreement: LiveAgreement, ending: Ending): Promise<string> => {
  if (ending.stillNeeded) {
    const { returned } = await reopenNeeds(tx, [agreement.needId], { raisePriority: ending.bySide === "supporting" });
    return returned.length > 0 ? "returned" : "open";
  }
  await markNeeds(tx, [agreement.needId], { from: ["agreed", "told"], to: "withdrawn", endedAs: "not-needed" });
  return "withdrawn";
};

/** Ends the agreements of needs that home, or the broker for it, has ended (withdrawn, sorted); the needs stay as they are. */
export const endAgreementsOfNeeds = async (
  tx: Tx,
  author: Author,
  needIds: readonly string[],
  code: string,
): Promise<void> => {
  for (const agreement of await liveAgreementsOfNeeds(tx.q, needIds)) {
    const bySide: Side = author.organisationCode === agreement.homeCode ? "home" : "broker";
    if (!(await endAgreement(tx, agreement.id, { bySide, code }))) continue;
    await insertSteps(tx, [agreement.id], "cancelled", author);
    await setSlotStates(tx, agreement.slotIds, ["busy"], "free");
    const data = {
      reference: agreement.reference,
      agreement: describe(agreement),
      bySide,
      code,
      needState: "withdrawn",
      ringPatient: false,
    };
    for (const stream of await concerned(tx, agreement)) tx.emit(eventFor(agreementCancelled, stream, data));
  }
};
