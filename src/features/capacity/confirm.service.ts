import { appNow, type Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { londonDate } from "../calendar/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { clinicNotFirm, clinicOver, clinicWithdrawn } from "./capacity.errors.ts";
import type { CapacityPorts } from "./capacity.ports.ts";
import { announceClinics } from "./clinic-create.service.ts";
import { confirmFirm, lockClinic } from "./clinics.repository.ts";

/**
 * "Yes, still ours to give": confirms firm capacity for today (C5), all of it or one clinic. What was confirmed may then
 * be taken without asking: whoever waits for a yes of one of these clinics has it, and the matcher looks again.
 */
export const confirmClinics = async (
  tx: Tx,
  actor: Actor,
  ports: CapacityPorts,
  id?: string,
): Promise<{ confirmedOn: string; clinics: number }> => {
  const now = await appNow(tx.q);
  await ports.lockWaitingFor(tx, actor.organisationCode);
  if (id !== undefined) {
    const clinic = await lockClinic(tx, actor.organisationCode, id);
    if (clinic === undefined) throw notFound("clinic");
    if (clinic.pledge !== "firm") throw clinicNotFirm();
    if (clinic.withdrawnAt !== null) throw clinicWithdrawn();
    if (clinic.endsAt <= now) throw clinicOver();
  }
  const confirmedOn = londonDate(now);
  const confirmed = await confirmFirm(tx, actor.organisationCode, confirmedOn, id);
  if (confirmed.length > 0) {
    await recordAudit(tx, actor, "clinic.confirm", id ?? actor.organisationCode, { clinics: confirmed.length });
    await ports.firmConfirmed(tx, actor, confirmed);
    if (actor.groupCode !== null) await askForMatching(tx, actor.groupCode, "clinic.confirmed");
    await announceClinics(tx, confirmed);
  }
  return { confirmedOn, clinics: confirmed.length };
};
