import { DomainError } from "../../platform/errors/domain-error.ts";

/** One answer for an unknown account, a wrong password and a deactivated user. */
export const wrongSignIn = (): DomainError =>
  new DomainError("unauthenticated", "wrong-sign-in", "That email address and password do not belong together.");

export const tooManySignIns = (retryAfterSeconds: number): DomainError =>
  new DomainError(
    "too-many",
    "too-many-sign-ins",
    `Too many tries from here for this account. Wait ${retryAfterSeconds} seconds; colleagues can still sign in.`,
    { details: { retryAfterSeconds } },
  );

export const notSignedIn = (): DomainError =>
  new DomainError("unauthenticated", "not-signed-in", "Sign in first, or send a valid API token.");

export const roleNeeded = (roles: readonly string[]): DomainError =>
  new DomainError("forbidden", "role-needed", "Your role at this organisation does not allow that.", {
    details: { roles },
  });

export const foreignOrigin = (): DomainError =>
  new DomainError("forbidden", "foreign-origin", "This was sent from a page that is not part of Covershare.");

export const csrfRefused = (): DomainError =>
  new DomainError(
    "forbidden",
    "csrf-token-wrong",
    "This page is out of date: you have signed in again or changed organisation since. Reload it and try again.",
  );

export const noOrganisation = (): DomainError =>
  new DomainError("forbidden", "no-organisation", "Your account has no role at that organisation. Ask its manager.");

export const sessionNeeded = (): DomainError =>
  new DomainError("forbidden", "session-needed", "Only a person who has signed in can do that, not an API token.");

export const hashingBusy = (): DomainError =>
  new DomainError("unavailable", "sign-in-busy", "Many people are signing in just now. Try again in a moment.", {
    details: { retryAfterSeconds: 2 },
  });

export const weakPassword = (message: string): DomainError =>
  new DomainError("invalid", "weak-password", message, { fields: [{ pointer: "/password", message }] });

export const wrongPassword = (): DomainError =>
  new DomainError("invalid", "wrong-password", "That is not your current password.", {
    fields: [{ pointer: "/currentPassword", message: "That is not your current password." }],
  });

export const mayNotGrant = (): DomainError =>
  new DomainError("forbidden", "may-not-grant", "Only an administrator can give or take the broker and admin roles.");

export const lastManager = (): DomainError =>
  new DomainError("conflict", "last-manager", "This is the last manager here. Make somebody else a manager first.");

export const emailTaken = (): DomainError =>
  new DomainError("conflict", "email-taken", "There is already an account with this email address.");

export const tooManyTokens = (most: number): DomainError =>
  new DomainError("conflict", "too-many-tokens", `You have ${most} API tokens already. Revoke one first.`);
