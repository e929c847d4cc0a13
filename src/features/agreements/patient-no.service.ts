import { appNow, type Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import type { Actor } from "../access/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { announceRequest, excludeAsFar, excludePractice, excludeTime, lockRequests } from "../requests/index.ts";
import { agreementEnded, agreementFinished, notYourStep } from "./agreements.errors.ts";
import type { patientNoCodes } from "./agreements.schema.ts";
import { endOne, sideOf } from "./agreements.service.ts";
import { walkingAgreements, type WalkingAgreement } from "./handover.repository.ts";
import { outcomes } from "./handover.rules.ts";
import { announceTally } from "./tally.service.ts";
import { tasksTold } from "./tasks.service.ts";

export type PatientNo = (typeof patientNoCodes)[number];

const HOUR_MS = 3_600_000;

/**
 * What the patient's no rules out for her need. *Too far* holds for every practice that is no nearer; *wants own practice*
 * for this one; *time* for an hour around what was offered, since the next slot of the clinic would only be refused in
 * turn; *not reached* for every time up to this one: she will hardly be reached sooner.
 */
const exclude = async (tx: Tx, agreement: WalkingAgreement, code: PatientNo): Promise<void> => {
  const { needId, supportingCode, startsAt, endsAt } = agreement;
  if (code === "too-far" || code === "wants-own-practice")
    await excludePractice(tx, [needId], supportingCode, "patient-no");
  if (code === "too-far") await excludeAsFar(tx, needId, supportingCode);
  if (code === "time")
    await excludeTime(tx, needId, {
      from: new Date(startsAt.getTime() - HOUR_MS),
      until: new Date(endsAt.getTime() + HOUR_MS),
    });
  if (code === "not-reached") {
    const now = await appNow(tx.q);
    if (now < endsAt) await excludeTime(tx, needId, { from: now, until: endsAt });
  }
};

/**
 * The patient said no, says home or the broker for it: the slot goes back with thanks, and the need looks for cover again
 * at the same priority, without what she ruled out.
 */
export const patientSaidNo = async (
  tx: Tx,
  actor: Actor,
  id: string,
  input: { readonly code: PatientNo },
): Promise<{ readonly needState: string }> => {
  const [seen] = await walkingAgreements(tx.q, [id]);
  if (seen === undefined) throw notFound("agreement");
  const side = sideOf(actor, seen);
  if (side === "supporting") throw notYourStep("home");
  await lockRequests(tx, [seen.requestId]);
  const [agreement = seen] = await walkingAgreements(tx.q, [id]);
  if (!agreement.isLive) throw agreementEnded(agreement.step);
  if (outcomes.some((outcome) => outcome === agreement.step)) throw agreementFinished(agreement.step);
  // She said so herself, and knows; unless she could not be reached: then she still goes by what she was told.
  const patientKnows = input.code !== "not-reached";
  if (patientKnows) await tasksTold(tx, actor, [agreement]);
  const ending = { bySide: side, code: `patient-${input.code}`, stillNeeded: true, patientKnows };
  const needState = await endOne(tx, actor, agreement, ending);
  await exclude(tx, agreement, input.code);
  await announceTally(tx, agreement);
  await announceRequest(tx, agreement.requestId);
  await askForMatching(tx, agreement.groupCode, "agreement.patient-no");
  return { needState };
};
