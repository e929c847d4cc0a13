import { groupBy, unique } from "../../platform/lists/lists.ts";
import { isSameLondonDay, londonTime, speakDay, speakInstant } from "../calendar/index.ts";
import { speakMiles, speakPriority } from "../requests/index.ts";
import { requirementNames, requirements } from "../services/index.ts";
import type { OfferState, OfferView } from "./offers.schema.ts";

/** One tap each; costs nothing and is shown to nobody as a judgement (O7). */
export const declineChoices = [
  { value: "capacity", text: "No room" },
  { value: "staff", text: "No staff for it" },
  { value: "stock", text: "No stock" },
  { value: "not-suitable", text: "Not suitable here" },
  { value: "distance", text: "Too far" },
  { value: "other", text: "Another reason" },
] as const;

const STATES: Readonly<Record<OfferState, string>> = {
  waiting: "Waiting for an answer",
  accepted: "Accepted",
  "part-accepted": "Accepted in part",
  declined: "Declined",
  lapsed: "The time for an answer has passed",
  "stood-down": "No longer needed, thank you",
};

const CHANNELS: Readonly<Record<string, string>> = {
  "in-person": "",
  telephone: "by telephone",
  video: "by video",
  "home-visit": "at the patient's home",
};

const isRequirement = (code: string): code is (typeof requirements)[number] =>
  requirements.some((each) => each === code);
const requirementName = (code: string): string => (isRequirement(code) ? requirementNames[code] : code);

/** `10:30` today, `Wed 23 Dec, 10:30` on another day. */
export const speakSoon = (at: Date, now: Date): string =>
  isSameLondonDay(at, now) ? londonTime(at) : speakInstant(at);

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

type Names = (code: string) => string;

/** "9 × Simple dressing, 20 min", one text for each service and length. */
const wantedOf = (needs: OfferView["needs"], nameOf: Names): string[] => {
  // Nearly always there is one kind: looking along a list is cheaper than a key for each need.
  const kinds: { readonly like: OfferView["needs"][number]; count: number }[] = [];
  for (const need of needs) {
    const kind = kinds.find(
      ({ like }) => like.service === need.service && like.minutes === need.minutes && like.channel === need.channel,
    );
    if (kind === undefined) kinds.push({ like: need, count: 1 });
    else kind.count += 1;
  }
  return kinds.map(({ like, count }) => {
    const how = CHANNELS[like.channel] ?? like.channel;
    return `${count} × ${nameOf(like.service)}, ${like.minutes} min${how === "" ? "" : `, ${how}`}`;
  });
};

/** "Tue 22 Dec: 14:00, 14:20; Wed 23 Dec: 09:00". */
const timesByDay = (slots: OfferView["slots"]): string => {
  const times = slots.map(({ startsAt }) => new Date(startsAt));
  const days = groupBy(times, speakDay);
  return [...days].map(([day, onDay]) => `${day}: ${onDay.map(londonTime).join(", ")}`).join("; ");
};

/** The page says distance in miles, and the question of a call, in places of their own. */
const isNews = (reason: string): boolean => !/^\d+(?:\.\d+)? km$|can you take any\?$/.test(reason);

interface Viewer {
  readonly code: string;
  readonly now: Date;
  readonly nameOf: Names;
}

/** What still counts of an offer: ended needs and times are left out while it waits; once it has ended, all are shown. */
const counting = <T extends { readonly isLive: boolean }>(offer: OfferView, all: readonly T[]): T[] =>
  offer.state === "waiting" ? all.filter(({ isLive }) => isLive) : [...all];

/** An offer in a line or two, as a desk lists it where many wait. */
export const presentInShort = (offer: OfferView, viewer: Viewer) => {
  const isHome = offer.awaiting === "home";
  const wanted = wantedOf(counting(offer, offer.needs), viewer.nameOf).join("; ");
  const who = isHome ? offer.supportingName : offer.homeName;
  return {
    id: offer.id,
    reference: offer.reference,
    isCall: offer.kind === "call",
    isHome,
    isNudged: offer.nudgedAt !== null && offer.state === "waiting",
    priority: offer.priority,
    priorityWords: speakPriority(offer.priority),
    who,
    miles: speakMiles(offer.km),
    wanted,
    answerBy: speakSoon(new Date(offer.expiresAt), viewer.now),
    headline: `${wanted} for ${who}`,
  };
};

/** An offer as a desk reads it. */
export const presentOffer = (offer: OfferView, viewer: Viewer) => {
  const isWaiting = offer.state === "waiting";
  const needs = counting(offer, offer.needs);
  const slots = counting(offer, offer.slots);
  const forUs = offer.awaiting === "home" ? offer.homeCode === viewer.code : offer.supportingCode === viewer.code;
  const dueBy = needs
    .map((need) => need.dueBy)
    .toSorted()
    .at(-1);
  return {
    ...presentInShort(offer, viewer),
    isWaiting,
    mayAnswer: isWaiting && forUs,
    state: offer.state,
    stateWords: STATES[offer.state],
    reasons: sentence(offer.reasons.filter(isNews).join(", ")),
    count: needs.length,
    refs: needs.map(({ ref }) => ref),
    requires: unique(needs.flatMap((need) => need.requires))
      .map(requirementName)
      .join(", "),
    by: dueBy === undefined ? "" : speakInstant(new Date(dueBy)),
    expiresAt: offer.expiresAt,
    mayExtend: offer.extendedAt === null,
    times: timesByDay(slots),
    slots: slots.map(({ id, startsAt, siteName }) => ({ id, when: speakInstant(new Date(startsAt)), siteName })),
  };
};
