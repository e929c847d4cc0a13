import type { Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { groupBy, unique } from "../../platform/lists/lists.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { recordAudit, type Author } from "../audit/index.ts";
import { setSlotStates } from "../capacity/index.ts";
import { announceRequests, lockRequests, markNeeds, reopenNeeds } from "../requests/index.ts";
import { agreementStepped } from "./agreements.events.ts";
import { insertSteps } from "./agreements.repository.ts";
import { handoverSteps, type StepsAnswer } from "./agreements.schema.ts";
import { concerned } from "./agreements.service.ts";
import {
  counting,
  endUndone,
  setStep,
  stepsOf,
  walkingAgreements,
  type WalkingAgreement,
} from "./handover.repository.ts";
import { judgeStep, outcomes, type OwedNext, type Side, type WalkedStep } from "./handover.rules.ts";
import { announceTally } from "./tally.service.ts";
import { makeTask, tasksTold, withdrawTasks } from "./tasks.service.ts";

/** On which side the actor stands; undefined for a stranger, to whom the agreement does not exist (P3). */
export const sideIn = (
  actor: Actor,
  agreement: Pick<WalkingAgreement, "homeCode" | "supportingCode" | "groupCode">,
): Side | undefined => {
  if (actor.organisationCode === agreement.homeCode) return "home";
  if (actor.organisationCode === agreement.supportingCode) return "supporting";
  return isBroker(actor) && actor.groupCode === agreement.groupCode ? "broker" : undefined;
};

/** Locks the requests of those of these agreements that the actor may see, and gives them as they stand then. */
export const lockMine = async (
  tx: Tx,
  actor: Actor,
  agreementIds: readonly string[],
): Promise<Map<string, { readonly agreement: WalkingAgreement; readonly side: Side }>> => {
  const mine = (await walkingAgreements(tx.q, unique(agreementIds))).filter(
    (agreement) => sideIn(actor, agreement) !== undefined,
  );
  await lockRequests(tx, unique(mine.map(({ requestId }) => requestId)));
  const found = await walkingAgreements(
    tx.q,
    mine.map(({ id }) => id),
  );
  return new Map(
    found.flatMap((agreement) => {
      const side = sideIn(actor, agreement);
      return side === undefined ? [] : [[agreement.id, { agreement, side }] as const];
    }),
  );
};

export const stepNamed = (step: string) => handoverSteps.find((one) => one === step) ?? null;

interface Walked {
  readonly agreement: WalkingAgreement;
  readonly side: Side;
  readonly step: string;
  readonly owedNext: OwedNext;
}

/** Tells both sides and the brokers, in one message for each pair of practices, and counts the requests anew. */
export const announceWalked = async (
  tx: Tx,
  author: Author,
  walked: readonly Walked[],
  wasUndone: boolean,
): Promise<void> => {
  const pairs = groupBy(walked, ({ agreement, side }) => `${agreement.homeCode} ${agreement.supportingCode} ${side}`);
  for (const pair of pairs.values()) {
    const [first] = pair;
    if (first === undefined) continue;
    const data = {
      homeCode: first.agreement.homeCode,
      supportingCode: first.agreement.supportingCode,
      bySide: first.side,
      wasUndone,
      agreements: pair.map(({ agreement, step, owedNext }) => ({
        id: agreement.id,
        reference: agreement.reference,
        ref: agreement.ref,
        step: stepNamed(step) ?? ("agreed" as const),
        owedNext,
      })),
    };
    for (const stream of await concerned(tx, first.agreement)) tx.emit(eventFor(agreementStepped, stream, data));
  }
  for (const reference of unique(walked.map(({ agreement }) => agreement.reference)))
    await recordAudit(tx, author, wasUndone ? "agreement.unstep" : "agreement.step", reference, {
      refs: walked.filter(({ agreement }) => agreement.reference === reference).map(({ agreement }) => agreement.ref),
      steps: unique(walked.map(({ step }) => step)),
    });
  await announceRequests(tx, unique(walked.map(({ agreement }) => agreement.requestId)));
};

/** Needs of these agreements end, or look for cover again, and say what home owes its patients next. */
const settleNeeds = async (
  tx: Tx,
  agreements: readonly WalkingAgreement[],
  step: WalkedStep,
  stillNeeded: boolean,
): Promise<(agreement: WalkingAgreement) => OwedNext> => {
  const needIds = agreements.map(({ needId }) => needId);
  if (step === "told") await markNeeds(tx, needIds, { from: ["agreed"], to: "told" });
  if (step === "attended" || step === "dna")
    await markNeeds(tx, needIds, { from: ["agreed", "told"], to: "closed", endedAs: step });
  if (step === "dna") return () => "ring-patient";
  if (step !== "not-done") return () => "nothing";
  await endUndone(
    tx,
    agreements.map(({ id }) => id),
  );
  await setSlotStates(
    tx,
    agreements.flatMap(({ slotIds }) => slotIds),
    ["busy"],
    "busy-unavailable",
  );
  if (!stillNeeded) {
    await markNeeds(tx, needIds, { from: ["agreed", "told"], to: "closed", endedAs: step });
    return () => "nothing";
  }
  const { returned } = await reopenNeeds(tx, needIds, { raisePriority: true });
  return ({ needId }) => (returned.includes(needId) ? "acknowledge-return" : "cover-again");
};

/**
 * Ticks one step for many agreements at once (rule H1). Those that are there already, or beyond, stay as they are; those
 * for which the step is not due, or not the actor's, say why; the others are done in this one transaction. *Told* makes
 * the need told and *attended* or *dna* close it. *Not done* goes home: still needed, the need looks for cover again, one
 * priority higher.
 */
export const stepAgreements = async (
  tx: Tx,
  actor: Actor,
  input: { readonly step: WalkedStep; readonly agreements: readonly string[]; readonly stillNeeded: boolean },
): Promise<StepsAnswer> => {
  const { step } = input;
  const mine = await lockMine(tx, actor, input.agreements);
  const judged = [...mine.values()].map((one) => ({ ...one, verdict: judgeStep(one.agreement, step, one.side) }));
  const going = judged.filter(({ verdict }) => verdict === "go");
  const ids = going.map(({ agreement }) => agreement.id);
  if (step === "booked") await blockFirst(tx, actor, ids);
  if (step !== "not-done") await setStep(tx, ids, step);
  if (ids.length > 0) await insertSteps(tx, ids, step, actor);
  const owed = await settleNeeds(
    tx,
    going.map(({ agreement }) => agreement),
    step,
    input.stillNeeded,
  );
  const walked = going.map(({ agreement, side }) => ({ agreement, side, step, owedNext: owed(agreement) }));
  await owe(tx, actor, walked);
  await announceWalked(tx, actor, walked, false);
  if (outcomes.some((outcome) => outcome === step)) {
    for (const agreement of firstOfPairs(walked.map((one) => one.agreement))) await announceTally(tx, agreement);
  }
  return {
    items: unique(input.agreements).map((id) => {
      const one = judged.find(({ agreement }) => agreement.id === id);
      if (one === undefined) return { id, step: null, changed: false, whyNot: "not-found", owedNext: "nothing" };
      const { verdict, agreement } = one;
      const hasGone = verdict === "go";
      return {
        id,
        step: stepNamed(hasGone ? step : agreement.step),
        changed: hasGone,
        whyNot: hasGone || verdict === "there" ? null : verdict,
        owedNext: hasGone ? owed(agreement) : "nothing",
      };
    }),
  };
};

/**
 * What home owes its patients after an outcome becomes a task on its desk (H1); what came back uncovered has its own
 * acknowledgement (R7). *Told* by home settles whatever it was to ring about, and so does a patient who came.
 */
const owe = async (tx: Tx, actor: Actor, walked: readonly Walked[]): Promise<void> => {
  for (const { agreement, step, owedNext } of walked) {
    const { startsAt: before } = agreement;
    if (step === "dna") await makeTask(tx, agreement, { kind: "dna", why: "dna", before, after: null });
    if (step === "attended") await withdrawTasks(tx, agreement, "ring-patient");
    if (owedNext === "cover-again")
      await makeTask(tx, agreement, { kind: "not-done", why: "not-done", before, after: null });
  }
  const told = walked.filter(({ step }) => step === "told").map(({ agreement }) => agreement);
  await tasksTold(tx, actor, told);
};

/** One agreement of each request and supporting practice. */
const firstOfPairs = (agreements: readonly WalkingAgreement[]): WalkingAgreement[] => [
  ...new Map(agreements.map((one) => [`${one.requestId} ${one.supportingCode}`, one])).values(),
];

/** Home passed before the block was ticked: *booked* says both, so both are written. */
const blockFirst = async (tx: Tx, actor: Actor, agreementIds: readonly string[]): Promise<void> => {
  const walked = await stepsOf(tx.q, agreementIds);
  const unblocked = agreementIds.filter((id) => !counting(walked, id).some(({ step }) => step === "blocked"));
  if (unblocked.length > 0) await insertSteps(tx, unblocked, "blocked", actor);
};
