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
    "This Covershare sends no mail. Whoever runs it has to give it a mail server.",
  );

export const noPushService = (): DomainError =>
  new DomainError("conflict", "push-service-unknown", "Messages to this browser cannot be sent from this Covershare.");
