import { londonTime, nextOpening, defaultOpeningHours, isOpenAt, speakInstant } from "../calendar/index.ts";
import { speakPhone } from "./digest.rules.ts";
import type { AgreedNeed, DeskNumber, OpenLine } from "./fallback.schema.ts";

/*
 * The page for when everything is down: what is open, what is agreed, and whom to ring, so that the day can go on by
 * telephone. One file without anything from elsewhere; references and counts only, no identity (P1).
 */

export interface FallbackFacts {
  readonly groupName: string;
  readonly at: Date;
  readonly open: readonly OpenLine[];
  readonly agreed: readonly AgreedNeed[];
  readonly numbers: readonly DeskNumber[];
}

export const STEPS: Readonly<Record<string, string>> = {
  agreed: "agreed, not blocked there yet",
  blocked: "blocked there, details not sent",
  passed: "details sent, not booked there yet",
  booked: "booked, patient not told",
  told: "patient told",
};

export type NameOf = (service: string) => string;

/** Items joined into lines of at most `most` characters: a mail has few lines, a group many desks. */
const packed = (items: readonly string[], most = 290): string[] => {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + item.length + 2 <= most) lines.splice(-1, 1, `${last}; ${item}`);
    else lines.push(item.slice(0, most));
  }
  return lines;
};

/** A section of the mail: so many lines, and how many items did not fit. */
const section = (title: string, items: readonly string[], lines: number): string[] => {
  let shown = items.length;
  while (packed(items.slice(0, shown)).length > lines) shown -= 1;
  const left = items.length - shown;
  return items.length === 0
    ? [`${title}: none.`]
    : [
        `${title}:`,
        ...packed(items.slice(0, shown)),
        ...(left > 0 ? [`And ${left} more: see the attached page.`] : []),
      ];
};

/** The same as the text of a mail, within its 60 lines. */
export const fallbackMail = (facts: FallbackFacts, nameOf: NameOf) => ({
  subject: `If Covershare is down: ${facts.groupName} at ${londonTime(facts.at)}, ${facts.open.reduce((sum, line) => sum + line.refs.length, 0)} looking, ${facts.agreed.length} agreed`,
  lines: [
    `As it stood on ${speakInstant(facts.at)}. Keep the latest of these mails: with it the day can go on by telephone.`,
    "The page itself is attached: open it without a network, or print it. In short:",
    ...section(
      "Still looking",
      facts.open.map(
        (line) =>
          `by ${speakInstant(line.dueBy)}, ${line.refs.length} × ${nameOf(line.service)}, ${line.reference} of ${line.homeName}`,
      ),
      17,
    ),
    ...section(
      "Agreed",
      facts.agreed.map(
        (need) =>
          `${speakInstant(need.startsAt)}, ${nameOf(need.service)}, ${need.reference} ${need.ref}, ${need.homeName} to ${need.supportingName}, ${STEPS[need.step] ?? need.step}`,
      ),
      17,
    ),
    ...section(
      "Desks",
      facts.numbers.map(({ name, phone }) =>
        phone === null ? `${name} (no desk number)` : `${speakPhone(phone)} rings at ${name}`,
      ),
      17,
    ),
  ],
  link: "/board",
  linkText: "Open the board",
});

const HOUR_MS = 3_600_000;

/** When the page is mailed next: each hour in which the federation works, and at opening. */
export const nextFallbackMailAt = (now: Date): Date => {
  const next = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS + HOUR_MS);
  return isOpenAt(defaultOpeningHours, next) ? next : nextOpening(defaultOpeningHours, now);
};

/** Which hour's page it is, in UTC so that no hour is missing or doubled: `2026-12-21T09Z`. */
export const hourOf = (at: Date): string => `${at.toISOString().slice(0, 13)}Z`;

/** A group's code may hold what a file's name may not. */
export const pageStem = (groupCode: string): string =>
  `covershare-${groupCode.replaceAll(/[^A-Za-z0-9-]/g, "_").slice(0, 50)}`;

/** What the page of an hour is called, attached and on disk. */
export const pageName = (groupCode: string, at: Date): string => `${pageStem(groupCode)}-${hourOf(at)}.html`;
