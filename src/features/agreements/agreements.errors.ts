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

/** Each step, and each word about the patient, has one owner (rule H1). */
export const notYourStep = (owner: "home" | "supporting"): DomainError =>
  new DomainError(
    "forbidden",
    "not-your-step",
    owner === "home"
      ? "Only the home practice, or the federation for it, can say this."
      : "Only the supporting practice, or the federation for it, can say this.",
    { details: { owner } },
  );

/** Too near the appointment for a release-by, or the details are passed on already: nothing will be given back (H4). */
export const nothingToRelease = (step: string): DomainError =>
  new DomainError("conflict", "nothing-to-release", "Nothing will be given back here, so there is nothing to extend.", {
    details: { step },
  });

export const releaseExtendedAlready = (releaseAt: Date | null): DomainError =>
  new DomainError(
    "conflict",
    "release-extended-already",
    "The time was extended once already. Please pass the details on, or give the time back.",
    { details: { releaseAt: releaseAt?.toISOString() ?? null } },
  );

/** H5: what keeps two agreements from being swapped. */
export const cannotSwap = (why: readonly string[]): DomainError =>
  new DomainError(
    "conflict",
    "cannot-swap",
    "These two cannot be swapped: they must be at one place and match in service, length and requirements, and each time must suit the other. Nothing was changed.",
    { details: { why } },
  );

/** C4: only somebody who can ring the patient may say that it is done. */
export const homeActs = (): DomainError =>
  new DomainError(
    "forbidden",
    "home-acts",
    "Only a person of the home practice can say that they know. Please ring them.",
  );
