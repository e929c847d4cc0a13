import { DomainError } from "../../platform/errors/domain-error.ts";

export const expiryNotAllowed = (): DomainError =>
  new DomainError("invalid", "expiry-not-allowed", "Choose a time ahead, at most a week away.", {
    fields: [{ pointer: "/until", message: "Choose a time ahead, at most a week away." }],
  });

export const notPaused = (): DomainError =>
  new DomainError("conflict", "practice-not-paused", "This practice is not paused.");
