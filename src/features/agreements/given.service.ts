import type { Queryable } from "../../platform/db/database.ts";
import { unique } from "../../platform/lists/lists.ts";
import { speakInstant } from "../calendar/index.ts";
import { serviceNames } from "../services/index.ts";
import { givenBy } from "./given.repository.ts";
import { becameOf, speakTally, type Became } from "./given.rules.ts";
import { speakStep } from "./step.words.ts";

const BECAME: Readonly<Record<Became, string>> = {
  used: "Used",
  ahead: "Still ahead",
  "given-back": "Given back: free again",
  "not-used": "Not used",
  "taken-back": "Taken back by us",
};

/** What became of every time that an organisation gave, request by request, with thanks (rule H4). Whoever asks for the names of services anyway hands the question on. */
export const readGiven = async (
  q: Queryable,
  organisationCode: string,
  options: { days: number; limit: number },
  names = serviceNames(q),
) => {
  const [given, nameOf] = await Promise.all([givenBy(q, organisationCode, options), names]);
  return unique(given.map(({ reference }) => reference)).map((reference) => {
    const slots = given.filter((one) => one.reference === reference);
    const became = slots.map(becameOf);
    return {
      reference,
      homeName: slots[0]?.homeName ?? "",
      tally: speakTally(became),
      isOver: !became.includes("ahead"),
      slots: slots.map((slot) => ({
        id: slot.id,
        ref: slot.ref,
        service: nameOf(slot.service),
        when: speakInstant(slot.startsAt),
        became: BECAME[becameOf(slot)],
        step: speakStep(slot.step),
        isAhead: becameOf(slot) === "ahead",
      })),
    };
  });
};
