import type { Letter, LetterPart } from "./letter.schema.ts";

export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const NOTHING_HAPPENS = "Opening a link changes nothing: an answer is given by somebody signed in.";
const NO_REPLY = "Please do not reply, nobody reads this mailbox, and never write a patient’s details here.";

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (each) => ESCAPES[each] ?? each);

const phoneLine = ({ ring }: LetterPart): string | undefined =>
  ring === null ? undefined : `Telephone of ${ring.name}: ${ring.phone}`;

/** Between the things of a bundle stands a mark, so that no number runs from one into the next. */
const partText = (part: LetterPart, baseUrl: string, isOnly: boolean): string => {
  const phone = phoneLine(part);
  return [
    ...(isOnly ? [] : [`• ${part.heading}`]),
    ...part.lines,
    ...(phone === undefined ? [] : [phone]),
    `${part.linkText}: ${baseUrl}${part.link}`,
  ].join(isOnly ? "\n" : "\n  ");
};

const partHtml = (part: LetterPart, baseUrl: string, isOnly: boolean): string => {
  const phone = phoneLine(part);
  const tag = isOnly ? "h1" : "h2";
  const heading = `<${tag} style="font-size:${isOnly ? 20 : 18}px;margin:24px 0 8px">${escaped(part.heading)}</${tag}>\n`;
  const lines = [...part.lines, ...(phone === undefined ? [] : [phone])]
    .map((line) => `<p style="margin:0 0 8px">${escaped(line)}</p>`)
    .join("\n");
  const link = `<p style="margin:16px 0"><a href="${escaped(`${baseUrl}${part.link}`)}" style="color:#005eb8;font-weight:bold">${escaped(part.linkText)} ›</a></p>`;
  return `${heading}${lines}\n${link}`;
};

/** Plain and HTML of a message. What it says was cleaned when it was composed; only our own addresses and the name of a desk's number are added. */
export const renderMail = (message: Letter, baseUrl: string): RenderedMail => {
  const isOnly = message.parts.length === 1;
  const settings = `How ${message.forName} is reached: ${baseUrl}/settings/channels`;
  const { parts } = message;
  const text = [
    ...parts.map((part) => partText(part, baseUrl, isOnly)),
    `${NOTHING_HAPPENS}\n${NO_REPLY}\n${settings}`,
  ].join("\n\n");
  const html = [
    '<!doctype html><html lang="en-GB"><head><meta charset="utf-8"></head>',
    '<body style="font-family:Arial,sans-serif;font-size:16px;line-height:1.5;color:#212b32;max-width:640px;margin:0;padding:16px">',
    isOnly ? "" : `<h1 style="font-size:20px;margin:0 0 16px">${escaped(message.subject)} ›</h1>`,
    ...parts.map((part) => partHtml(part, baseUrl, isOnly)),
    `<p style="font-size:14px;color:#4c6272;margin:24px 0 0">${escaped(NOTHING_HAPPENS)} ${escaped(NO_REPLY)}<br>`,
    `<a href="${escaped(`${baseUrl}/settings/channels`)}" style="color:#005eb8">How ${escaped(message.forName)} is reached</a></p>`,
    "</body></html>",
  ]
    .filter((line) => line !== "")
    .join("\n");
  return { subject: message.subject, text: `${text}\n`, html };
};

/** What a browser shows, of one thing; `tag` lets a repeat replace the same notification. */
export const renderPush = (message: Letter, id: string): Readonly<Record<string, string>> => ({
  title: message.subject,
  body: (message.parts[0]?.lines ?? []).join("\n").slice(0, 600),
  link: message.parts[0]?.link ?? "/desk",
  tag: id,
});
