import { DomainError } from "../../platform/errors/domain-error.ts";

export const rotaStale = (version: number): DomainError =>
  new DomainError("stale", "rota-stale", "Somebody changed the rota since you read it. Read it again.", {
    details: { version },
  });

export const notABroker = (field: "ownerId" | "deputyId"): DomainError =>
  new DomainError("invalid", "not-a-broker", "Only a broker of your federation can answer alarms.", {
    fields: [{ pointer: `/${field}`, message: "Choose a broker of your federation." }],
  });

export const awayInPast = (): DomainError =>
  new DomainError("invalid", "away-in-past", "This time has passed.", {
    fields: [{ pointer: "/until", message: "Choose a time that is still ahead." }],
  });
