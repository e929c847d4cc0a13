import { DomainError } from "../../platform/errors/domain-error.ts";
import type { AffectedAgreement } from "./capacity.ports.ts";

/** One clinician cannot be in two places (409). */
export const laneClash = (): DomainError =>
  new DomainError(
    "conflict",
    "lane-clash",
    "This clinician's lane already has a clinic at that time. Choose another time or another lane.",
  );

export const invalidClinic = (pointer: string, message: string): DomainError =>
  new DomainError("invalid", "invalid-clinic", message, { fields: [{ pointer, message }] });

/** Shown before a change: which agreements it would break (C4). Repeat with `confirmBreaking: true` to go on. */
export const wouldBreakAgreements = (agreements: readonly AffectedAgreement[]): DomainError =>
  new DomainError(
    "conflict",
    "would-break-agreements",
    `This would break ${agreements.length === 1 ? "one agreement" : `${agreements.length} agreements`} with neighbours. Nothing is changed yet. If you go on they are told at once, and other places are looked for.`,
    { details: { agreements } },
  );

export const clinicWithdrawn = (): DomainError =>
  new DomainError("conflict", "clinic-withdrawn", "This clinic was already withdrawn.");

export const clinicOver = (): DomainError =>
  new DomainError("conflict", "clinic-over", "This clinic is over, so it can no longer be changed.");

export const slotStarted = (): DomainError =>
  new DomainError("conflict", "slot-started", "This slot has already started.");

export const staleClinic = (): DomainError =>
  new DomainError("stale", "clinic-changed-meanwhile", "Somebody changed this since you read it. Read it again first.");

export const clinicNotFirm = (): DomainError =>
  new DomainError("conflict", "clinic-not-firm", "Only firm clinics are confirmed; neighbours ask first for this one.");

/** One row of an import that was not taken. Says where and what to do, never what stood there (P1). */
export interface BadRow {
  /** As an editor counts, the header being line 1. */
  readonly line: number;
  readonly column: string;
  readonly problem: string;
  readonly fix: string;
}

const rowsHave = (count: number): string => (count === 1 ? "one row has" : `${count} rows have`);

/** All or nothing (C6): nothing was saved, and every bad row is listed. */
export const importRefused = (rowCount: number, bad: readonly BadRow[]): DomainError =>
  new DomainError(
    "invalid",
    "import-refused",
    `Nothing was imported: ${rowsHave(new Set(bad.map(({ line }) => line)).size)} a problem. Put that right, or ask to skip bad rows.`,
    { details: { rows: rowCount, bad } },
  );

/** A message of last week answered today: what it was about has begun. */
export const weekIsOver = (): DomainError =>
  new DomainError(
    "conflict",
    "week-is-over",
    "That was about another week. Here is how it stands now. Nothing was changed.",
  );
