/*
 * A calendar as RFC 5545 has it: lines end with CRLF and are folded at 75 octets, texts are escaped, instants are in UTC
 * (so that nobody needs a VTIMEZONE), and what was cancelled is said rather than left out, because a calendar program keeps
 * what it has read.
 */

export interface CalendarEntry {
  /** The same for the life of an agreement, whatever becomes of its time. */
  readonly uid: string;
  /** Grows with each change of time and with the cancellation (§3.8.7.4). */
  readonly sequence: number;
  readonly changedAt: Date;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly isCancelled: boolean;
  readonly summary: string;
  readonly description: string;
  readonly location: string;
}

const MOST_OCTETS = 75;

/** §3.3.11: backslash, semicolon, comma and line breaks have a meaning of their own; other control characters have none. */
export const escapeText = (text: string): string =>
  text
    .replaceAll("\\", "\\\\")
    .replaceAll(";", "\\;")
    .replaceAll(",", "\\,")
    .replaceAll(/\r\n|\r|\n/g, "\\n")
    // oxlint-disable-next-line no-control-regex -- these are what must go
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "");

/** §3.1: no line has more than 75 octets; what follows begins with a space. A character is never cut in two. */
export const foldLine = (line: string): string => {
  const parts: string[] = [""];
  let octets = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (octets + size > MOST_OCTETS) {
      parts.push("");
      octets = 1;
    }
    parts[parts.length - 1] += character;
    octets += size;
  }
  return parts.join("\r\n ");
};

/** §3.3.5, form 2: `20261222T093000Z`. */
const utc = (at: Date): string => `${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;

const entryLines = (entry: CalendarEntry): string[] => [
  "BEGIN:VEVENT",
  `UID:${escapeText(entry.uid)}`,
  `SEQUENCE:${entry.sequence}`,
  // Without a METHOD this is when the entry last changed (§3.8.7.2): the same text for the same facts.
  `DTSTAMP:${utc(entry.changedAt)}`,
  `LAST-MODIFIED:${utc(entry.changedAt)}`,
  `DTSTART:${utc(entry.startsAt)}`,
  `DTEND:${utc(entry.endsAt)}`,
  `STATUS:${entry.isCancelled ? "CANCELLED" : "CONFIRMED"}`,
  `SUMMARY:${escapeText(entry.isCancelled ? `Cancelled: ${entry.summary}` : entry.summary)}`,
  `DESCRIPTION:${escapeText(entry.description)}`,
  `LOCATION:${escapeText(entry.location)}`,
  "CLASS:PRIVATE",
  `TRANSP:${entry.isCancelled ? "TRANSPARENT" : "OPAQUE"}`,
  "END:VEVENT",
];

/** The whole calendar. Programs are asked to read it again every 15 minutes (RFC 7986 §5.7, and the older word for it). */
export const calendarText = (name: string, entries: readonly CalendarEntry[]): string =>
  [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Covershare//Agreed cover//EN",
    "CALSCALE:GREGORIAN",
    `NAME:${escapeText(name)}`,
    `X-WR-CALNAME:${escapeText(name)}`,
    "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
    "X-PUBLISHED-TTL:PT15M",
    ...entries.flatMap(entryLines),
    "END:VCALENDAR",
  ]
    .map((line) => `${foldLine(line)}\r\n`)
    .join("");
