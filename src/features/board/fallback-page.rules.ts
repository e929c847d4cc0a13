import { speakInstant } from "../calendar/index.ts";
import { speakPhone } from "./digest.rules.ts";
import { STEPS, type FallbackFacts, type NameOf } from "./fallback.rules.ts";

/*
 * The page for when everything is down, as one file: nothing in it comes from elsewhere.
 */

const PRIORITY = { asap: "As soon as possible", urgent: "Urgent", routine: "Routine" } as const;

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0) ?? 0};`);

/** On a telephone each row is a block of its own, and each cell says what it is. */
const table = (
  name: string,
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  none: string,
): string =>
  rows.length === 0
    ? `<h2>${escape(caption)}</h2><p>${escape(none)}</p>`
    : [
        `<h2>${escape(caption)}</h2>`,
        `<style>@media screen and (max-width:40rem){${heads.map((head, at) => `.${name} td:nth-child(${at + 1})::before{content:"${head}: "}`).join("")}}</style>`,
        `<table class="${name}"><thead><tr>${heads.map((head) => `<th scope="col">${escape(head)}</th>`).join("")}</tr></thead><tbody>`,
        ...rows.map((cells) => `<tr>${cells.map((cell) => `<td>${escape(cell)}</td>`).join("")}</tr>`),
        "</tbody></table>",
      ].join("\n");

const STYLE = `body{font:16px/1.4 Arial,sans-serif;margin:1rem auto;max-width:70rem;padding:0 1rem;color:#212b32}
table{border-collapse:collapse;width:100%;margin:0 0 1.5rem}th,td{border:1px solid #768692;padding:.3rem .5rem;text-align:left;vertical-align:top}
th{background:#f0f4f5}thead{display:table-header-group}@page{margin:12mm}tr{break-inside:avoid}h2{margin:1.5rem 0 .5rem}
@media screen and (max-width:40rem){table,tbody,tr,td{display:block}thead{position:absolute;left:-999rem}tr{border:1px solid #768692;margin:0 0 .5rem}td{border:0;overflow-wrap:anywhere}td::before{font-weight:bold}}
@media print{body{font-size:11px;max-width:none;margin:0}}`;

/** What did not fit, in words; none where everything did. */
const leftOutOf = (whole: FallbackFacts, shown: FallbackFacts): string[] => {
  const lines = whole.open.length - shown.open.length;
  const agreed = whole.agreed.length - shown.agreed.length;
  const numbers = whole.numbers.length - shown.numbers.length;
  const after = (last: Date | undefined): string => (last === undefined ? "" : `, later than ${speakInstant(last)}`);
  return [
    ...(lines > 0 ? [`${lines} more that look for a place${after(shown.open.at(-1)?.dueBy)}`] : []),
    ...(agreed > 0 ? [`${agreed} more agreed${after(shown.agreed.at(-1)?.startsAt)}`] : []),
    ...(numbers > 0 ? [`the numbers of ${numbers} more practices`] : []),
  ];
};

const pageOf = (facts: FallbackFacts, nameOf: NameOf, leftOut: readonly string[]): string => {
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
${leftOut.length === 0 ? "" : `<p><strong>Not on this page, to keep it small: ${escape(leftOut.join("; "))}.</strong> The whole page lies where FALLBACK_DIR says.</p>\n`}${table("open", "Still looking for a place", ["By", "What", "Reference", "For", "Urgency", "Asked"], open, "Nothing is looking for a place.")}
${table("agreed", "Agreed, still to come", ["When", "What", "Reference", "Patient of", "Goes to", "Status"], agreed, "Nothing is agreed from now on.")}
${table("numbers", "Numbers that ring at the desk", ["Practice", "Number"], numbers, "No practice belongs to the group.")}
</body></html>
`;
};

/**
 * The page as HTML, for a browser without a network and for paper: whole, or within `atMost` bytes, and then it says what was
 * left out. What is furthest ahead goes first, agreed times before needs that look for a place; the numbers stay.
 */
export const fallbackHtml = (facts: FallbackFacts, nameOf: NameOf, atMost = Number.POSITIVE_INFINITY): string => {
  const fits = (shown: FallbackFacts): string | undefined => {
    const html = pageOf(shown, nameOf, leftOutOf(facts, shown));
    return Buffer.byteLength(html) <= atMost ? html : undefined;
  };
  let shown = facts;
  for (;;) {
    const html = fits(shown);
    if (html !== undefined) return html;
    const { agreed, open, numbers } = shown;
    if (agreed.length > 0) shown = { ...shown, agreed: agreed.slice(0, Math.floor(agreed.length * 0.8)) };
    else if (open.length > 0) shown = { ...shown, open: open.slice(0, Math.floor(open.length * 0.8)) };
    else if (numbers.length > 0) shown = { ...shown, numbers: numbers.slice(0, Math.floor(numbers.length * 0.8)) };
    else return pageOf(shown, nameOf, leftOutOf(facts, shown));
  }
};
