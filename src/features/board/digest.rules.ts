import {
  bankHoliday,
  isWorkingDay,
  londonDate,
  londonInstant,
  openDays,
  speakDay,
  speakInstant,
  type OpeningHours,
} from "../calendar/index.ts";
import type { Risk, RiskKind } from "./board.schema.ts";

/*
 * When a federation is mailed what breaks before next opening, and how far that mail looks (F1, T1).
 *
 * Every working day at 16:00, up to the closing of the next working day: what is due then can only be settled today, or in
 * a hurry tomorrow. Before bank holidays a day earlier: where tomorrow is the last working day before days off that hold a
 * bank holiday, today's mail looks past them, to the closing of the first working day after. So two mails, and one whole
 * working day between them, are left for what would break over Christmas or Easter; an ordinary weekend needs none of it.
 */

const SEND_AT = "16:00";
/** Closing of the core hours (C3). */
const CLOSES = "18:30";

const DAY_MS = 86_400_000;
const nextDate = (date: string): string =>
  new Date(Date.parse(`${date}T12:00:00Z`) + DAY_MS).toISOString().slice(0, 10);

/** The working day after a London date, and the days off between them. */
const workingDayAfter = (date: string): { readonly date: string; readonly between: readonly string[] } => {
  const between: string[] = [];
  let at = nextDate(date);
  while (!isWorkingDay(at)) {
    between.push(at);
    at = nextDate(at);
  }
  return { date: at, between };
};

/** The next time, strictly after `now`, at which the mail goes. */
export const nextDigestAt = (now: Date): Date => {
  const today = londonDate(now);
  const todays = londonInstant(today, SEND_AT);
  if (isWorkingDay(today) && todays > now) return todays;
  return londonInstant(workingDayAfter(today).date, SEND_AT);
};

export interface DigestSpan {
  /** What is due or starts before this is in it. */
  readonly until: Date;
  /** The London date on which it ends. */
  readonly date: string;
  /** The bank holiday that it looks past a day early. */
  readonly holiday: string | undefined;
}

export const digestSpan = (now: Date): DigestSpan => {
  const next = workingDayAfter(londonDate(now));
  const after = workingDayAfter(next.date);
  const holiday = after.between.map(bankHoliday).find((name) => name !== undefined);
  const { date } = holiday === undefined ? next : after;
  return { until: londonInstant(date, CLOSES), date, holiday };
};

/** The same for a desk of these hours: its closing on that day, or on the first open one after it. */
export const digestUntil = ({ date, until }: DigestSpan, hours: readonly OpeningHours[]): Date =>
  openDays(hours, londonInstant(date, "00:00"), 1)[0]?.closesAt ?? until;

const WORDS: Readonly<Record<RiskKind, readonly [one: string, many: string]>> = {
  uncovered: ["uncovered", "uncovered"],
  returned: ["came back", "came back"],
  silent: ["silent desk", "silent desks"],
  unanswered: ["unanswered", "unanswered"],
  "not-blocked": ["not blocked", "not blocked"],
  "not-told": ["patient not told", "patients not told"],
  "ring-patient": ["patient to ring", "patients to ring"],
};

const ORDER: readonly RiskKind[] = [
  "ring-patient",
  "returned",
  "uncovered",
  "silent",
  "unanswered",
  "not-blocked",
  "not-told",
];

/** Needs are counted, but desks are rung once for each request. */
const countOf = (risks: readonly Risk[], kind: RiskKind): number =>
  risks.filter((risk) => risk.kind === kind).reduce((sum, risk) => sum + (kind === "silent" ? 1 : risk.needs), 0);

/** "5 uncovered, 1 silent desk"; undefined: nothing. */
export const summarise = (risks: readonly Risk[]): string | undefined => {
  const parts = ORDER.flatMap((kind) => {
    const count = countOf(risks, kind);
    return count === 0 ? [] : [`${count} ${WORDS[kind][count === 1 ? 0 : 1]}`];
  });
  return parts.length === 0 ? undefined : parts.join(", ");
};

/**
 * A desk's number for reading aloud, its area code in brackets: digits in one run of ten or more could be taken for an NHS
 * number, and would be struck out of a message (P1).
 */
export const speakPhone = (phone: string): string => {
  const national = /^(0\d{4})(\d{6})$/.exec(phone);
  if (national !== null) return `(${national[1] ?? ""}) ${national[2] ?? ""}`;
  return `(${phone.slice(0, 7)}) ${phone.slice(7)}`;
};

const lineOf = (risk: Risk, nameOf: (service: string) => string): string => {
  const [word] = WORDS[risk.kind];
  const ring =
    risk.phone === null ? `ring ${risk.deskName}` : `ring ${risk.deskName}, ${speakPhone(risk.phone)} at the desk`;
  const what = `${risk.needs} × ${risk.services.map(nameOf).join(", ")}`;
  return `By ${speakInstant(risk.at)}: ${word}. ${what}, ${risk.reference} of ${risk.homeName}: ${ring}`;
};

/** A mail holds 60 lines. */
const AT_MOST = 54;

/** What the mail says. It goes also when nothing breaks: one that does not come is itself a warning. */
export const digestMail = (risks: readonly Risk[], span: DigestSpan, nameOf: (service: string) => string) => {
  const until = speakInstant(span.until);
  const what = summarise(risks);
  const more = risks.length - AT_MOST;
  return {
    subject: `Before ${until}: ${what ?? "nothing breaks"}`,
    lines: [
      ...(span.holiday === undefined
        ? []
        : [
            `This looks past the days off (${span.holiday}), to ${speakDay(span.until)}: a day early, while there is time.`,
          ]),
      what === undefined
        ? `Everything that is due or starts before ${until} is settled.`
        : `Not settled, and due or starting before ${until}:`,
      ...risks.slice(0, AT_MOST).map((risk) => lineOf(risk, nameOf)),
      ...(more > 0 ? [`And ${more} more on the board.`] : []),
    ],
    link: "/board",
    linkText: "Open the board",
  };
};
