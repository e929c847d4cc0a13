import { DomainError } from "../../platform/errors/domain-error.ts";
import type { NeedState } from "./requests.schema.ts";

/** P6: an unsigned practice is never matched, so posting would only look like help. */
export const notSigned = (): DomainError =>
  new DomainError(
    "conflict",
    "not-signed",
    "The data-sharing agreement of this practice's group is not signed or no longer in force, so nobody could be asked. " +
      "Nothing was posted. A manager can arrange it with the federation.",
  );

export const changedSinceRead = (version: number): DomainError =>
  new DomainError(
    "stale",
    "changed-since-read",
    "Somebody else changed this request since you read it. Look at it again, then repeat your change.",
    { details: { version } },
  );

/** R6: an agreed need is never lost by an amendment. */
export const countBelowAgreed = (lines: readonly { line: number; minimum: number }[]): DomainError =>
  new DomainError(
    "conflict",
    "count-below-agreed",
    "Some of these appointments are already agreed. To give one up, withdraw it by its reference.",
    { details: { lines } },
  );

/** A line whose due-by has passed takes no more needs until its window is moved. */
export const lineIsOver = (line: number): DomainError =>
  new DomainError("conflict", "line-is-over", "The due-by of this line has passed. Move it first, or post again.", {
    details: { line },
  });

export const needMovedOn = (needs: readonly { ref: string; state: NeedState }[]): DomainError =>
  new DomainError(
    "conflict",
    "need-moved-on",
    "This can no longer be done: the need has been told, or has ended in another way. Nothing was changed.",
    { details: { needs } },
  );

export const nothingToWithdraw = (): DomainError =>
  new DomainError("conflict", "nothing-to-withdraw", "Every need of this request has been told or has ended already.");

export const notReturned = (ref: string, state: NeedState): DomainError =>
  new DomainError("conflict", "not-returned", "Only a need that came back at its due-by is acknowledged.", {
    details: { ref, state },
  });

/** R7: the practice that stays responsible for the patient says that it has seen the return. */
export const homeAcknowledges = (): DomainError =>
  new DomainError("forbidden", "home-acknowledges", "Only a person of the home practice can acknowledge this.");

export const noReferenceLeft = (): DomainError =>
  new DomainError("unavailable", "no-reference-left", "No free reference was found. Nothing was posted; try again.");

/** A dressing that nobody had checked is told simple or complex by a clinician (R5). */
export const nurseSorts = (): DomainError =>
  new DomainError(
    "forbidden",
    "nurse-sorts-dressings",
    "Only a nurse can say whether a dressing is simple or complex. Until then it is covered as complex.",
  );

export const nothingLooks = (): DomainError =>
  new DomainError(
    "conflict",
    "nothing-looks",
    "Nothing of this request looks for a place any more. Nothing was changed.",
  );
