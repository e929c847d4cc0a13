import { DomainError } from "../../platform/errors/domain-error.ts";

/** The database refused a second live agreement for one need or one slot (rule O4). */
export const alreadyGiven = (cause: unknown): DomainError =>
  new DomainError(
    "conflict",
    "already-given",
    "Somebody else was quicker: one of these times or needs is agreed already. Nothing was changed.",
    { cause },
  );

export const agreementEnded = (step: string): DomainError =>
  new DomainError("conflict", "agreement-ended", "This agreement has ended already. Nothing was changed.", {
    details: { step },
  });

export const agreementFinished = (step: string): DomainError =>
  new DomainError(
    "conflict",
    "agreement-finished",
    "This appointment has taken place or was missed; it can no longer be cancelled.",
    { details: { step } },
  );
