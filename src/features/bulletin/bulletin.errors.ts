import { DomainError } from "../../platform/errors/domain-error.ts";

export const noBulletin = (): DomainError =>
  new DomainError("conflict", "no-bulletin", "Your organisation belongs to no sharing group, so it has no bulletin.");

export const bulletinFull = (): DomainError =>
  new DomainError("too-many", "bulletin-full", "Your organisation has written enough here today. Go on tomorrow.");

export const notYoursToHide = (): DomainError =>
  new DomainError(
    "forbidden",
    "not-yours-to-hide",
    "Only the federation and whoever wrote it can take it down. Ring the federation if it must go.",
  );
