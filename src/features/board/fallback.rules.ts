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

const STEPS: Readonly<Record<string, string>> = {
  agreed: "agreed, not blocked there yet",
  blocked: "blocked there, details not sent",
  passed: "details sent, not booked there yet",
  booked: "booked, patient not told",
  told: "patient told",
};

const PRIORITY = { asap: "As soon as possible", urgent: "Urgent", routine: "Routine" } as const;

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0) ?? 0};`);

type NameOf = (service: string) => string;

const table = (caption: string, heads: readonly string[], rows: readonly (readonly string[])[], none: string): string =>
  rows.length === 0
    ? `<h2>${escape(caption)}</h2><p>${escape(none)}</p>`
    : [
        `<h2>${escape(caption)}</h2>`,
        `<table><thead><tr>${heads.map((head) => `<th scope="col">${escape(head)}</th>`).join("")}</tr></thead><tbody>`,
        ...rows.map((cells) => `<tr>${cells.map((cell) => `<td>${escape(cell)}</td>`).join("")}</tr>`),
        "</tbody></table>",
      ].join("\n");

const STYLE = `body{font:16px/1.4 Arial,sans-serif;margin:1rem auto;max-width:70rem;padding:0 1rem;color:#212b32}
table{border-collapse:collapse;width:100%;margin:0 0 1.5rem}th,td{border:1px solid #768692;padding:.3rem .5rem;text-align:left;vertical-align:top}
th{background:#f0f4f5}tr{break-inside:avoid}h2{margin:1.5rem 0 .5rem}@media print{body{font-size:11px;max-width:none;margin:0}}`;

/** The whole page as HTML, for a browser without a network and for paper. */
export const fallbackHtml = (facts: FallbackFacts, nameOf: NameOf): string => {
  const open = facts.open.map((line) => [
    speakInstant(line.dueBy),
    `${line.refs.length} × ${nameOf(line.service)}, ${line.minutes} min`,
    `${line.reference} ${line.refs.join(" ")}`,
    line.homeName,
    PRIORITY[line.priority],
    line.asked.join(", ") || "nobody",
  ]);
  const agreed = facts.agreed.map((need) => [
    speakInstant(need.startsAt),
    nameOf(need.service),
    `${need.reference} ${need.ref}`,
    need.homeName,
    need.supportingName,
    STEPS[need.step] ?? need.step,
  ]);
  const numbers = facts.numbers.map(({ name, kind, phone }) => [
    kind === "federation" ? `${name} (federation)` : name,
    phone === null ? "no desk number given" : speakPhone(phone),
  ]);
  const title = `${facts.groupName}, as it stood on ${speakInstant(facts.at)}`;
  return `<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>${escape(title)}</title><style>${STYLE}</style></head>
<body><h1>When Covershare is down: ${escape(facts.groupName)}</h1>
<p><strong>As it stood on ${escape(speakInstant(facts.at))}.</strong> Use it by telephone: who needs what, who is agreed, whom to ring. Patients are known by these references in the practices' own systems. Write down what you agree, and enter it when Covershare is back.</p>
${table("Still looking for a place", ["By", "What", "Reference", "For", "Urgency", "Asked"], open, "Nothing is looking for a place.")}
${table("Agreed, still to come", ["When", "What", "Reference", "Patient of", "Goes to", "Status"], agreed, "Nothing is agreed from now on.")}
${table("Numbers that ring at the desk", ["Practice", "Number"], numbers, "No practice belongs to the group.")}
</body></html>
`;
};

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
        ...(left > 0 ? [`And ${left} more: see the page on the board or on disk.`] : []),
      ];
};

/** The same as the text of a mail, within its 60 lines. */
export const fallbackMail = (facts: FallbackFacts, nameOf: NameOf) => ({
  subject: `If Covershare is down: ${facts.groupName} at ${londonTime(facts.at)}, ${facts.open.reduce((sum, line) => sum + line.refs.length, 0)} looking, ${facts.agreed.length} agreed`,
  lines: [
    `As it stood on ${speakInstant(facts.at)}. Keep the latest of these mails: with it the day can go on by telephone.`,
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
