import { DomainError } from "../../platform/errors/domain-error.ts";

export const noMailbox = (): DomainError =>
  new DomainError("conflict", "no-mailbox", "There is no mailbox yet. Enter the address that your desk reads first.");

export const testTooSoon = (): DomainError =>
  new DomainError(
    "too-many",
    "test-too-soon",
    "A test message was sent less than a minute ago. Please look in the mailbox.",
    {
      details: { retryAfterSeconds: 60 },
    },
  );

export const mailIsOff = (): DomainError =>
  new DomainError(
    "conflict",
    "mail-off",
    "No mail can be sent: no mail server is set up here. Ask whoever runs Covershare for you.",
  );

export const noPushService = (): DomainError =>
  new DomainError("conflict", "push-service-unknown", "Messages to this browser cannot be sent from this Covershare.");
