import type { z } from "zod";
import type { Tx } from "../../platform/db/database.ts";
import { DomainError, notFound } from "../../platform/errors/domain-error.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { londonDate } from "../calendar/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { invalidClinic, laneClash } from "./capacity.errors.ts";
import type { published, PublishBody } from "./capacity.schema.ts";
import { createClinics, slotsOf, type ClinicToCreate } from "./clinic-create.service.ts";
import { timeProblems } from "./clinic-times.rules.ts";
import { lanesTaken, readPublishingFacts } from "./clinics-read.repository.ts";

/** Lanes of so many clinicians; undefined is a clinician without a lane. */
export const lanesOf = (lane: string | undefined, clinicians: number): (string | undefined)[] =>
  Array.from({ length: clinicians }, (_, at) => (lane === undefined || clinicians === 1 ? lane : `${lane}-${at + 1}`));

/** The site and the present, having refused a foreign site (P3) and unknown services. */
export const checkedFacts = async (
  tx: Tx,
  organisationCode: string,
  input: { readonly siteId?: string | undefined; readonly services: readonly string[] },
): Promise<{ readonly siteId: string; readonly now: Date }> => {
  const facts = await readPublishingFacts(tx.q, organisationCode, input.siteId, input.services);
  if (facts.siteId === null) throw notFound("site");
  const [unknown] = facts.unknownServices;
  if (unknown !== undefined)
    throw invalidClinic(
      `/services/${input.services.indexOf(unknown)}`,
      // The code is not said back: refusals are kept for repeats, and whatever was typed here must not be (P1).
      "There is no service with this code. GET /v1/services lists them.",
    );
  return { siteId: facts.siteId, now: facts.now };
};

/** Refuses times that break a rule, each problem listed. */
export const refuseBadTimes = (times: Parameters<typeof timeProblems>[0], now: Date): void => {
  const problems = timeProblems(times, now);
  const [first] = problems;
  if (first !== undefined) throw new DomainError("invalid", "invalid-clinic", first.message, { fields: problems });
};

/**
 * Publishes one clinic a clinician (C1). A dry run checks everything and says how many slots there would be.
 * Publishing firm capacity by hand confirms it for today (C5).
 */
export const publishClinics = async (
  tx: Tx,
  actor: Actor,
  input: PublishBody,
  options: { readonly isDryRun: boolean },
): Promise<z.output<typeof published>> => {
  const { siteId, now } = await checkedFacts(tx, actor.organisationCode, input);
  refuseBadTimes(input, now);
  const lanes = lanesOf(input.lane, input.clinicians);
  const drafts = lanes.map((lane): ClinicToCreate => ({
    organisationCode: actor.organisationCode,
    siteId,
    services: input.services,
    channel: input.channel,
    provides: input.provides,
    pledge: input.pledge,
    startsAt: input.startsAt,
    endsAt: input.endsAt,
    breaks: input.breaks,
    slotMinutes: input.slotMinutes,
    source: "form",
    ...(lane === undefined ? {} : { lane }),
    ...(input.pledge === "firm" ? { confirmedOn: londonDate(now) } : {}),
  }));
  if (options.isDryRun) {
    const uses = drafts.flatMap(({ lane, ...draft }) => (lane === undefined ? [] : [{ ...laneUse(draft), lane }]));
    if ((await lanesTaken(tx.q, uses)).size > 0) throw laneClash();
    return shown(
      drafts,
      drafts.map(() => null),
    );
  }
  const created = await createClinics(tx, drafts);
  for (const { clinicId } of created)
    await recordAudit(tx, actor, "clinic.publish", clinicId, { pledge: input.pledge, services: input.services });
  if (actor.groupCode !== null) await askForMatching(tx, actor.groupCode, "clinic.published");
  return shown(
    drafts,
    created.map((one) => one.clinicId),
  );
};

const laneUse = ({ organisationCode, startsAt, endsAt }: ClinicToCreate) => ({ organisationCode, startsAt, endsAt });

const shown = (drafts: readonly ClinicToCreate[], ids: readonly (string | null)[]): z.output<typeof published> => {
  const clinics = drafts.map((draft, at) => ({
    id: ids[at] ?? null,
    lane: draft.lane ?? null,
    slotCount: slotsOf(draft).length,
  }));
  return {
    isDryRun: ids.includes(null),
    slotCount: clinics.reduce((sum, clinic) => sum + clinic.slotCount, 0),
    clinics,
  };
};
