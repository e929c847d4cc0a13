import { DomainError } from "../../platform/errors/domain-error.ts";

export const planStale = (version: number): DomainError =>
  new DomainError("stale", "cover-plan-stale", "Somebody changed this cover plan since you read it. Read it again.", {
    details: { version },
  });

export const groupMissing = (): DomainError =>
  new DomainError("conflict", "no-group-to-plan", "Your organisation belongs to no sharing group.");
