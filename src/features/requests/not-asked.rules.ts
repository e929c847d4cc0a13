/*
 * Why a practice is not asked, in the words of a desk (rule M6): each filter of M1, as said of one practice and of several.
 * They stand here because needs keep the codes; matching works them out.
 */
const WORDS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  "not-signed": ["has not signed the sharing agreement", "have not signed the sharing agreement"],
  "own-practice": ["is the practice that is short", "are the practice that is short"],
  "not-accepting": [
    "is not taking requests from neighbours just now",
    "are not taking requests from neighbours just now",
  ],
  excluded: [
    "said no, did not answer in time, or was ruled out for this",
    "said no, did not answer in time, or were ruled out for this",
  ],
  "not-yet-ring": [
    "is not asked yet: asking widens step by step, in opening hours",
    "are not asked yet: asking widens step by step, in opening hours",
  ],
  service: ["has published no clinic for this", "have published no clinic for this"],
  window: ["has no free time in these days", "have no free time in these days"],
  duration: ["has no free time that is long enough", "have no free time that is long enough"],
  channel: ["does not see patients in this way", "do not see patients in this way"],
  requirement: [
    "lacks something that is needed there, such as step-free access",
    "lack something that is needed there, such as step-free access",
  ],
  distance: ["is too far away", "are too far away"],
  "daily-cap": ["has given as many as it can that day", "have given as many as they can that day"],
  "desk-full": [
    "has as many questions waiting as a desk can answer",
    "have as many questions waiting as a desk can answer",
  ],
  held: ["has its free times held for others just now", "have their free times held for others just now"],
};

/** "is too far away" of one practice, "are too far away" of several; the code itself for one that is not known. */
export const notAskedWords = (reason: string, count: number): string => WORDS[reason]?.[count === 1 ? 0 : 1] ?? reason;
