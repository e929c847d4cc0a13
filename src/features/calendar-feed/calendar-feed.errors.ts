import { DomainError } from "../../platform/errors/domain-error.ts";

export const tooManyCalendars = (most: number): DomainError =>
  new DomainError("conflict", "too-many-calendars", `You have ${most} calendar addresses already. End one first.`);
