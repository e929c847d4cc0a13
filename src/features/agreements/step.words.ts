import type { WalkedStep } from "./handover.rules.ts";

/** How far an agreement is, in the words of the desk. */
const STANDS: Readonly<Record<string, string>> = {
  agreed: "Agreed",
  blocked: "Time blocked",
  passed: "Details sent",
  booked: "Booked",
  told: "Patient told",
  attended: "Seen",
  dna: "Did not attend",
  "not-done": "Not done",
  cancelled: "Given back",
};
export const speakStep = (step: string): string => STANDS[step] ?? step;

/** What a step asks of its owner: the heading of a list, and what each button says that it does. */
export interface StepWords {
  readonly title: string;
  readonly hint: string;
  /** Of one: "Mark as blocked". */
  readonly one: string;
  /** Of several: "Mark all 4 as blocked". */
  readonly all: (count: number) => string;
  readonly ticked: string;
  /** After it was done: "4 marked as blocked". */
  readonly done: (count: number) => string;
}

const them = (count: number): string => (count === 1 ? "1 appointment" : `${count} appointments`);

export const stepWords: Readonly<Record<WalkedStep, StepWords>> = {
  blocked: {
    title: "Block these times in your clinical system",
    hint: "Write the reference in the diary, so that nobody else books the time.",
    one: "Mark as blocked in our system",
    all: (count) => `Mark all ${count} as blocked in our system`,
    ticked: "Only the ticked ones are blocked",
    done: (count) => `${them(count)} marked as blocked.`,
  },
  passed: {
    title: "Agree the time with the patient, then send the details",
    hint: "By the route that you always use for patient details, with the reference. Never here.",
    one: "Agreed and sent",
    all: (count) => `All ${count} are agreed and sent`,
    ticked: "Only the ticked ones are sent",
    done: (count) => `${them(count)} marked as agreed with the patient and sent.`,
  },
  booked: {
    title: "The details have come: book the patient in",
    hint: "Find the reference in what the other practice sent, and book it into the blocked time.",
    one: "Mark as booked",
    all: (count) => `Mark all ${count} as booked`,
    ticked: "Only the ticked ones are booked",
    done: (count) => `${them(count)} marked as booked.`,
  },
  told: {
    title: "Booked there: tell the patient where and when",
    hint: "Only then is an appointment safe.",
    one: "The patient has been told",
    all: (count) => `All ${count} patients have been told`,
    ticked: "Only the ticked ones have been told",
    done: (count) => `${them(count)} marked as told. Thank you.`,
  },
  attended: {
    title: "How did it go?",
    hint: "Say it within a working day: the other practice is responsible for its patient and does not know.",
    one: "Seen",
    all: (count) => `All ${count} were seen`,
    ticked: "The ticked ones were seen",
    done: (count) => `${them(count)} marked as seen. Thank you.`,
  },
  dna: {
    title: "How did it go?",
    hint: "",
    one: "Did not attend",
    all: (count) => `None of the ${count} attended`,
    ticked: "The ticked ones did not attend",
    done: (count) => `${them(count)} marked as not attended. The other practice has been told.`,
  },
  "not-done": {
    title: "How did it go?",
    hint: "",
    one: "Not done",
    all: (count) => `None of the ${count} was done`,
    ticked: "The ticked ones were not done",
    done: (count) => `${them(count)} marked as not done. The other practice has been told.`,
  },
};

/** Why a step was not ticked, or not taken back. */
const WHY_NOT: Readonly<Record<string, string>> = {
  "not-found": "is not here any more",
  "not-your-step": "is for the other practice to say",
  "not-yet": "is not at that step yet",
  "not-started": "has not begun yet",
  ended: "has ended meanwhile",
  finished: "has an outcome already",
  "nothing-to-undo": "has nothing to take back",
  "too-late": "was ticked on an earlier day",
};
export const speakWhyNot = (code: string): string => WHY_NOT[code] ?? code;
