import { DomainError } from "../../platform/errors/domain-error.ts";
import type { OfferState } from "./offers.schema.ts";

/** What the loser of a race may know: how the offer stands, and what is still possible (rule O4). */
export interface StillPossible {
  readonly state: OfferState;
  /** Who of the own desk answered, where it was the own desk. */
  readonly answeredBy: string | null;
  /** Needs of this request that still look for a place. */
  readonly stillWanted: number;
  /** The home practice withdrew everything that this offer was about, or sorted it by other means. */
  readonly isTakenBack: boolean;
  /** Other offers of this request that wait for the same desk. */
  readonly otherOffers: readonly string[];
}

const WORDS: Readonly<Record<OfferState, string>> = {
  waiting: "The time for an answer has just passed.",
  accepted: "This offer was accepted already.",
  "part-accepted": "This offer was answered already.",
  declined: "This offer was declined already.",
  lapsed: "The time for an answer has passed.",
  "stood-down": "These appointments have just been covered elsewhere. Thank you for answering.",
};

const TAKEN_BACK = "The practice that asked needs these appointments no longer. Thank you for answering.";

const wordsOf = ({ state, isTakenBack }: StillPossible): string =>
  state === "stood-down" && isTakenBack ? TAKEN_BACK : WORDS[state];

export const offerClosed = (possible: StillPossible): DomainError =>
  new DomainError(
    "conflict",
    "offer-closed",
    `${wordsOf(possible)}${possible.answeredBy === null ? "" : ` ${possible.answeredBy} answered it.`} Nothing was changed.`,
    { details: { ...possible } },
  );

export const notYoursToAnswer = (): DomainError =>
  new DomainError("forbidden", "not-yours-to-answer", "This offer waits for another organisation's answer.");

export const roleMayNotAnswer = (roles: readonly string[]): DomainError =>
  new DomainError(
    "forbidden",
    "role-may-not-answer",
    `Your practice lets these roles answer offers: ${roles.join(", ")}. Ask one of them, or a manager to change the settings.`,
  );

export const callNeedsTimes = (): DomainError =>
  new DomainError(
    "invalid",
    "call-needs-times",
    "This is a call without times. Answer it with the times that you can offer, or decline it.",
  );

/** The offer still waits, but others covered some of its needs since it was read (O5). `slots` are the ticked ones that have gone. */
export const slotsNotInOffer = (slotIds: readonly string[], possible: StillPossible | undefined): DomainError =>
  new DomainError(
    "conflict",
    "slots-not-in-offer",
    "Some of the ticked times are not, or no longer, part of this offer. Nothing was changed.",
    { details: { ...possible, slots: slotIds } },
  );

export const timesDoNotFit = (): DomainError =>
  new DomainError(
    "invalid",
    "times-do-not-fit",
    "None of these times suits an appointment of this offer: it is too short, or one at which the patient cannot come.",
  );

export const extendedAlready = (): DomainError =>
  new DomainError("conflict", "extended-already", "This offer was given more time already; that is possible once.");

export const nothingWanted = (possible: StillPossible): DomainError =>
  new DomainError(
    "conflict",
    "nothing-wanted",
    possible.isTakenBack
      ? `${TAKEN_BACK} Nothing was changed.`
      : "Thank you: these appointments have just been covered elsewhere, so none of the times is needed. Nothing was changed.",
    { details: { ...possible } },
  );

export const nobodyToNudge = (): DomainError =>
  new DomainError("conflict", "nobody-to-nudge", "No offer of this request waits for an answer. Nothing was changed.");

/** A broker ticked times that are not free any more, or that nobody of this request may be given. */
export const timesTaken = (): DomainError =>
  new DomainError(
    "conflict",
    "already-given",
    "One of these times has just been taken, or nothing of this request fits it any more. Nothing was changed.",
  );
