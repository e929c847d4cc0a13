import type { Queryable } from "../../platform/db/database.ts";
import type { Actor } from "../access/index.ts";
import { readService } from "../services/index.ts";
import type { AgreementDetail, AgreementView } from "./agreements.schema.ts";
import { stepsOf, walkingAgreements } from "./handover.repository.ts";
import { nextSteps } from "./handover.rules.ts";
import { sideIn, stepNamed } from "./handover.service.ts";
import { canExtend } from "./release.service.ts";

/** Adds to one agreement what its handover needs: the checklist (rule H2), what the actor may tick, the release-by, the steps. */
export const withHandover = async (q: Queryable, actor: Actor, view: AgreementView): Promise<AgreementDetail> => {
  const [agreement] = await walkingAgreements(q, [view.id]);
  const side = agreement === undefined ? undefined : sideIn(actor, agreement);
  const walked = await stepsOf(q, [view.id]);
  const isUnpassed = view.isLive && ["agreed", "blocked"].includes(view.step);
  return {
    ...view,
    checklist: (await readService(q, view.service))?.handoverChecklist ?? [],
    nextSteps: agreement === undefined || side === undefined ? [] : nextSteps(agreement, side),
    releaseAt: isUnpassed ? (agreement?.releaseAt?.toISOString() ?? null) : null,
    canExtendRelease: agreement !== undefined && side !== "supporting" && canExtend(agreement),
    steps: walked.flatMap(({ step, at, organisationCode, undoneAt }) => {
      const named = stepNamed(step);
      return named === null
        ? []
        : [{ step: named, at: at.toISOString(), organisationCode, undoneAt: undoneAt?.toISOString() ?? null }];
    }),
  };
};
