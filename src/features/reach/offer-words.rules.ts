import { groupBy } from "../../platform/lists/lists.ts";
import { londonDate, londonTime, speakDay, speakInstant } from "../calendar/index.ts";
import { speakMiles, speakPriority, type Priority } from "../requests/index.ts";

/** An offer as a message tells of it; ended needs and times are not in it. */
export interface OfferFacts {
  readonly id: string;
  readonly desk: string;
  readonly reference: string;
  readonly state: string;
  readonly kind: "slots" | "call";
  readonly awaiting: "supporting" | "home";
  readonly priority: Priority;
  readonly homeName: string;
  readonly supportingName: string;
  readonly km: number;
  readonly expiresAt: Date;
  readonly wanted: readonly {
    readonly service: string;
    readonly minutes: number;
    readonly count: number;
    readonly dueBy: Date;
  }[];
  readonly requires: readonly string[];
  readonly times: readonly Date[];
}

export interface Words {
  readonly subject: string;
  readonly lines: readonly string[];
  readonly link: string;
  readonly linkText: string;
}

/** `10:30` today, `Wed 23 Dec, 10:30` on another day. */
const soon = (at: Date, now: Date): string => (londonDate(at) === londonDate(now) ? londonTime(at) : speakInstant(at));

const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1).trimEnd()}…`);

const timesByDay = (times: readonly Date[]): string[] => {
  const days = groupBy(times, speakDay);
  return [...days].map(([day, onDay]) => `${day}: ${onDay.map(londonTime).join(", ")}`);
};

type Names = (code: string) => string;

/**
 * What lets the reader decide before opening anything: what, how many, by when, how far, and until when to answer: "5 ×
 * Simple dressing, 20 min, by Thu 24 Dec, 0.7 miles, answer by 10:30".
 */
export const offerWords = (offer: OfferFacts, serviceName: Names, requirementName: Names, now: Date): Words => {
  const wanted = offer.wanted.map(
    ({ service, minutes, count }) => `${count} × ${serviceName(service)}, ${minutes} min`,
  );
  const latest = offer.wanted.map(({ dueBy }) => dueBy).toSorted((a, b) => b.getTime() - a.getTime())[0];
  const by = latest === undefined ? "" : `, by ${speakDay(latest)}`;
  const answerBy = soon(offer.expiresAt, now);
  const urgency = offer.priority === "routine" ? "" : `${speakPriority(offer.priority)}: `;
  const fromHome = offer.awaiting === "supporting";
  const asks = offer.kind === "call" ? "can you take any?" : "can you take these?";
  return {
    subject: fromHome
      ? `${urgency}${cut(wanted.join("; "), 80)}${by}, ${speakMiles(offer.km)}, answer by ${answerBy}`
      : `${urgency}${offer.reference}: ${cut(offer.supportingName, 60)} offers ${offer.times.length} ${
          offer.times.length === 1 ? "time" : "times"
        }, answer by ${answerBy}`,
    lines: [
      fromHome
        ? `${offer.homeName}, ${speakMiles(offer.km)} away: ${asks}`
        : `${offer.supportingName}, ${speakMiles(offer.km)} away, offers:`,
      ...offer.wanted.map(
        ({ service, minutes, count, dueBy }) =>
          `${count} × ${serviceName(service)}, ${minutes} min, by ${speakInstant(dueBy)}`,
      ),
      ...timesByDay(offer.times),
      ...(offer.requires.length === 0 ? [] : [`Needed: ${offer.requires.map(requirementName).join(", ")}`]),
      `Answer by ${speakInstant(offer.expiresAt)} (${offer.reference})`,
    ],
    link: `/offers/${offer.id}`,
    linkText: "Look at it and answer",
  };
};

export const nudgeWords = (words: Words): Words => ({
  ...words,
  subject: `Please look again: ${words.subject}`,
  lines: ["The federation asks you to look again.", ...words.lines],
});

/** A kind end to what was asked (O5). */
export const standDownWords = (offer: OfferFacts): Words => ({
  subject: `${offer.reference}: no longer needed, thank you`,
  lines: [`What ${offer.homeName} asked you for is covered. There is nothing to do.`],
  link: "/desk",
  linkText: "Open My desk",
});
