import { isWorkingDay, londonDate } from "../calendar/index.ts";

const DAY_MS = 86_400_000;

/**
 * Firm capacity is confirmed each working day (C5), so a confirmation holds through that day and any weekend and bank
 * holidays that follow. The date (Europe/London) on or after which a confirmation counts at this instant: the latest
 * working day, today included.
 */
export const firmSince = (at: Date): string => {
  let day = at.getTime();
  // Christmas and Easter with their weekends are at most four days without work; the bound is a guard, not a rule.
  for (let back = 0; back < 14 && !isWorkingDay(londonDate(new Date(day))); back += 1) day -= DAY_MS;
  return londonDate(new Date(day));
};

/** Whether a clinic may be taken without asking at this instant; otherwise a firm one behaves as ask. */
export const isFirmToday = (
  clinic: { readonly pledge: "firm" | "ask"; readonly confirmedOn: string | null },
  at: Date,
): boolean => clinic.pledge === "firm" && clinic.confirmedOn !== null && clinic.confirmedOn >= firmSince(at);
