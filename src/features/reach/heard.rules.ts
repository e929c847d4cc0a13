import { speakInstant } from "../calendar/index.ts";
import type { Priority } from "../requests/index.ts";
import type { MessageKind } from "./message-kinds.ts";
import { heard, type HeardEvent, type Time } from "./heard.schema.ts";

/*
 * Which events of an organisation's own log its people are told about, and in what words. Offers are only named here; what
 * they say is written when they are sent. A tolerant reader: it asks of an event only what it uses, so that a contract may
 * grow.
 */

/** What an offer's row says that its events do not. */
export interface KnownOffer {
  /** Whose answer it waits for. */
  readonly desk: string;
  readonly state: string;
  readonly awaiting: "supporting" | "home";
  readonly kind: "slots" | "call";
  readonly priority: Priority;
}

/** Looked up for a whole batch of events. */
export interface Known {
  readonly offers: ReadonlyMap<string, KnownOffer>;
  /** Both sides of an agreement, by its id. */
  readonly agreements: ReadonlyMap<string, { readonly homeCode: string; readonly supportingCode: string }>;
  readonly nameOf: (organisationCode: string) => string;
  readonly now: Date;
}

export interface Heard {
  readonly cause: string;
  readonly kind: MessageKind;
  readonly priority: Priority;
  readonly offerId: string | null;
  readonly content: Readonly<Record<string, unknown>>;
}

const appointments = (count: number): string => (count === 1 ? "1 appointment" : `${count} appointments`);
const spoken = (each: Time): string => `${each.ref}, ${speakInstant(each.startsAt)}`;
const inOrder = (all: readonly Time[]): string[] =>
  all.toSorted((a, b) => a.startsAt.getTime() - b.startsAt.getTime()).map(spoken);

const DAY_MS = 86_400_000;
const soonest = (all: readonly Time[], now: Date): Priority =>
  all.some(({ startsAt }) => startsAt.getTime() - now.getTime() < DAY_MS) ? "urgent" : "routine";

interface Words {
  readonly subject: string;
  readonly lines: readonly string[];
  readonly link: string;
  readonly linkText: string;
  readonly ring?: string;
}

const tell = (event: HeardEvent, kind: MessageKind, priority: Priority, words: Words): Heard[] => [
  {
    cause: `${event.type}:${event.id}`,
    kind,
    priority,
    offerId: null,
    content: { ring: null, ...words },
  },
];

const ofOffer = (event: HeardEvent, known: Known): Heard[] => {
  const { offerId, state } = heard["offer.changed"].partial({ state: true }).parse(event.data);
  const offer = known.offers.get(offerId);
  if (offer === undefined || offer.desk !== event.stream) return [];
  const { priority } = offer;
  const about = { offerId, priority, content: {} };
  if (event.type === "offer.changed")
    return state === "stood-down" ? [{ ...about, cause: `stand-down:${offerId}`, kind: "stand-down" }] : [];
  // Ended before we came to it: nobody is asked for what is over.
  if (offer.state !== "waiting") return [];
  return event.type === "offer.made"
    ? [{ ...about, cause: `offer:${offerId}`, kind: "offer" }]
    : [{ ...about, cause: `nudge:${event.id}`, kind: "nudge", priority: priority === "asap" ? "asap" : "urgent" }];
};

const requestLink = (reference: string): Pick<Words, "link" | "linkText"> => ({
  link: `/requests/${reference}`,
  linkText: `Open ${reference}`,
});
const deskLink = { link: "/desk", linkText: "Open My desk" } as const;

const ofMade = (event: HeardEvent, known: Known): Heard[] => {
  const made = heard["agreement.made"].parse(event.data);
  const { reference, homeCode, supportingCode, agreements } = made;
  // Whoever gave the answer that made it knows already; an offer agreed at once, or by a broker's hand, nobody answered.
  const answered = made.offerId === null ? undefined : known.offers.get(made.offerId)?.desk;
  if (event.stream === answered) return [];
  const priority = soonest(agreements, known.now);
  if (event.stream === homeCode)
    return tell(event, "agreed", priority, {
      subject: `${reference}: ${known.nameOf(supportingCode)} takes ${appointments(agreements.length)}`,
      lines: [...inOrder(agreements), "Next: ask the patients, and pass on their details by your usual route."],
      ...requestLink(reference),
    });
  if (event.stream !== supportingCode) return [];
  return tell(event, "taken", "urgent", {
    subject: `${reference}: ${appointments(agreements.length)} agreed with ${known.nameOf(homeCode)}. Please block the times`,
    lines: inOrder(agreements),
    ...deskLink,
  });
};

const ofCancelled = (event: HeardEvent, known: Known): Heard[] => {
  const { reference, agreement, bySide, needState, ringPatient } = heard["agreement.cancelled"].parse(event.data);
  const sides = known.agreements.get(agreement.id);
  if (sides === undefined) return [];
  const side = event.stream === sides.homeCode ? "home" : event.stream === sides.supportingCode ? "supporting" : null;
  if (side === null || side === bySide) return [];
  if (side === "supporting")
    return tell(event, "cancelled", "urgent", {
      subject: `${reference} ${agreement.ref}: cancelled, the time is yours again`,
      lines: [`${spoken(agreement)}, for ${known.nameOf(sides.homeCode)}`],
      ...deskLink,
    });
  const next = ["open", "offered"].includes(needState) ? "We are asking others." : "It is not looked for any more.";
  return tell(event, "cancelled", "urgent", {
    subject: ringPatient
      ? `${reference} ${agreement.ref}: cancelled. Please ring the patient`
      : `${reference} ${agreement.ref}: cancelled`,
    lines: [`${spoken(agreement)}, at ${known.nameOf(sides.supportingCode)}`, next],
    ...requestLink(reference),
    ring: sides.supportingCode,
  });
};

const ofMoved = (event: HeardEvent, known: Known): Heard[] => {
  const { reference, agreement, before, ringPatient } = heard["agreement.moved"].parse(event.data);
  const sides = known.agreements.get(agreement.id);
  if (sides?.homeCode !== event.stream) return [];
  return tell(event, "moved", ringPatient ? "urgent" : soonest([agreement], known.now), {
    subject: `${reference} ${agreement.ref}: now ${speakInstant(agreement.startsAt)}${ringPatient ? ". Please ring the patient" : ""}`,
    lines: [
      `Now ${speakInstant(agreement.startsAt)}, before ${speakInstant(before)}`,
      known.nameOf(sides.supportingCode),
    ],
    ...requestLink(reference),
    ring: sides.supportingCode,
  });
};

const OWED: Readonly<Record<string, string>> = {
  blocked: "block the times in your clinical system",
  passed: "pass on the patients’ details",
  booked: "book the patients in",
  told: "tell the patients",
  outcome: "say who came",
};

const ofLate = (event: HeardEvent, known: Known): Heard[] => {
  const late = heard["agreement.step-late"].parse(event.data);
  const owes = late.owner === "home" ? late.homeCode : late.supportingCode;
  if (event.stream !== owes) return [];
  return tell(event, "late", soonest(late.agreements, known.now) === "urgent" ? "urgent" : "routine", {
    subject: `${late.reference}: still to do, ${OWED[late.owes] ?? late.owes}`,
    lines: inOrder(late.agreements),
    ...deskLink,
  });
};

const ofRelease = (event: HeardEvent, known: Known): Heard[] => {
  const { reference, homeCode, supportingCode, agreements } = heard["agreement.release-due"].parse(event.data);
  if (event.stream !== homeCode) return [];
  const [first] = agreements.map(({ releaseAt }) => releaseAt).toSorted((a, b) => a.getTime() - b.getTime());
  const by = first === undefined ? "" : ` by ${speakInstant(first)}`;
  return tell(event, "release", "urgent", {
    subject: `${reference}: pass on details${by}, or ${appointments(agreements.length)} ${agreements.length === 1 ? "goes" : "go"} back`,
    lines: [
      ...agreements.map((each) => `${spoken(each)}: goes back ${speakInstant(each.releaseAt)}`),
      `At ${known.nameOf(supportingCode)}`,
    ],
    ...requestLink(reference),
  });
};

const ofSwapped = (event: HeardEvent, known: Known): Heard[] => {
  const { homeCode, supportingCode, agreements } = heard["agreement.swapped"].parse(event.data);
  if (event.stream !== supportingCode) return [];
  return tell(event, "swapped", soonest(agreements, known.now), {
    subject: `${known.nameOf(homeCode)} swapped two of its times with you`,
    lines: agreements.map((each) => `${each.reference} ${spoken(each)}, before ${speakInstant(each.before)}`),
    ...deskLink,
  });
};

const ofTally = (event: HeardEvent, known: Known): Heard[] => {
  const tally = heard["agreement.tally"].parse(event.data);
  if (event.stream === tally.homeCode) return [];
  const parts = [
    [tally.used, "used"],
    [tally.ahead, "still to come"],
    [tally.givenBack, "given back"],
    [tally.notUsed, "not used"],
  ] as const;
  return tell(event, "thanks", "routine", {
    subject: `Thank you: what became of your times for ${known.nameOf(tally.homeCode)}`,
    lines: [
      `${tally.reference}: ${parts
        .filter(([count]) => count > 0)
        .map(([count, word]) => `${count} ${word}`)
        .join(", ")}`,
    ],
    ...deskLink,
  });
};

const ofReturned = (event: HeardEvent): Heard[] => {
  const { reference, homeCode, ref } = heard["need.returned"].parse(event.data);
  if (event.stream !== homeCode) return [];
  return tell(event, "returned", "urgent", {
    subject: `${reference} ${ref}: nobody could take it, it is back with you`,
    lines: ["Please say on its page what happens now."],
    ...requestLink(reference),
  });
};

const readers: Readonly<Record<string, (event: HeardEvent, known: Known) => Heard[]>> = {
  "offer.made": ofOffer,
  "offer.nudged": ofOffer,
  "offer.changed": ofOffer,
  "agreement.made": ofMade,
  "agreement.cancelled": ofCancelled,
  "agreement.moved": ofMoved,
  "agreement.step-late": ofLate,
  "agreement.release-due": ofRelease,
  "agreement.swapped": ofSwapped,
  "agreement.tally": ofTally,
  "need.returned": ofReturned,
};

/** What one event of an organisation's own log gives its people to hear; most give nothing. */
export const heardIn = (event: HeardEvent, known: Known): Heard[] => readers[event.type]?.(event, known) ?? [];
