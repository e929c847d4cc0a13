import type { Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { announceRequests, markNeeds } from "../requests/index.ts";
import { cannotSwap, notYourStep } from "./agreements.errors.ts";
import { agreementSwapped } from "./agreements.events.ts";
import type { SwapAnswer } from "./agreements.schema.ts";
import { concerned, describe, releaseFor } from "./agreements.service.ts";
import { setRelease, setStep, undoSteps, type WalkingAgreement } from "./handover.repository.ts";
import { lockMine, stepNamed } from "./handover.service.ts";
import { exchangeTimes } from "./swap.repository.ts";
import { whyNotSwapped } from "./swap.rules.ts";
import { knownTime, makeTask } from "./tasks.service.ts";

/**
 * What was booked under the other reference, and what the patient was told, no longer holds: the agreement goes back to
 * *passed*, to be booked and told anew.
 */
const stepAfter = (step: string): string => (step === "booked" || step === "told" ? "passed" : step);

const unsettle = async (tx: Tx, actor: Actor, agreement: WalkingAgreement, startsAt: Date): Promise<boolean> => {
  const step = stepAfter(agreement.step);
  const told = await knownTime(tx, agreement);
  if (step !== agreement.step) {
    await undoSteps(tx, agreement.id, ["booked", "told"], actor);
    await markNeeds(tx, [agreement.needId], { from: ["told"], to: "agreed" });
  }
  await setStep(tx, [agreement.id], step);
  await setRelease(tx, agreement.id, (await releaseFor(tx, agreement.homeCode))(startsAt));
  if (told === undefined) return false;
  await makeTask(tx, agreement, { kind: "ring-patient", why: "swapped", before: told, after: startsAt });
  return true;
};

/**
 * Home swaps the times of two agreements at one place (rule H5): no new offer is needed, since the supporting practice
 * gives the same two times. It hears which is whose now.
 */
export const swapAgreements = async (
  tx: Tx,
  actor: Actor,
  input: { readonly a: string; readonly b: string },
): Promise<SwapAnswer> => {
  const mine = await lockMine(tx, actor, [input.a, input.b]);
  const [one, other] = [mine.get(input.a), mine.get(input.b)];
  if (one === undefined || other === undefined) throw notFound("agreement");
  if (one.side === "supporting" || other.side === "supporting") throw notYourStep("home");
  const [a, b] = [one.agreement, other.agreement];
  const why = whyNotSwapped(a, b);
  if (why.length > 0) throw cannotSwap(why);
  await exchangeTimes(tx, a, b);
  const after = [
    { agreement: a, time: b, ringPatient: await unsettle(tx, actor, a, b.startsAt) },
    { agreement: b, time: a, ringPatient: await unsettle(tx, actor, b, a.startsAt) },
  ].map(({ agreement, time, ringPatient }) => ({
    ...describe({ ...agreement, startsAt: time.startsAt, endsAt: time.endsAt }),
    reference: agreement.reference,
    before: agreement.startsAt.toISOString(),
    step: stepNamed(stepAfter(agreement.step)) ?? ("agreed" as const),
    ringPatient,
  }));
  const data = { homeCode: a.homeCode, supportingCode: a.supportingCode, agreements: after };
  for (const stream of await concerned(tx, a)) tx.emit(eventFor(agreementSwapped, stream, data));
  for (const reference of new Set([a.reference, b.reference]))
    await recordAudit(tx, actor, "agreement.swap", reference, { agreementIds: [a.id, b.id] });
  await announceRequests(tx, [a.requestId, b.requestId]);
  return { items: after.map(({ id, startsAt, endsAt, step }) => ({ id, startsAt, endsAt, step })) };
};
