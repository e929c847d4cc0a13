import type { ProblemPractice } from "../../../../src/features/matching/solver/index.ts";

/** When the tests of the solver plan, milliseconds since 1970, and an hour of it. */
export const now = Date.parse("2026-12-21T08:00:00Z");
export const HOUR = 3_600_000;

/** A practice that takes whatever fits; `north` in kilometres from the home practice. */
export const practice = (id: string, north: number, more: Partial<ProblemPractice> = {}): ProblemPractice => ({
  id,
  lat: 52 + north / 111.195,
  lon: -1,
  pcn: null,
  federation: "F",
  listSize: null,
  balanceMinutes: 0,
  accepting: true,
  dailyCap: null,
  provides: [],
  ...more,
});
