import { z } from "zod";

/**
 * What a need can require of a place and a place can provide: codes, never free text (P1). Stored by code; the names are
 * what staff read.
 */
export const requirements = [
  "step-free",
  "couch",
  "hoist",
  "bariatric-couch",
  "wheelchair-toilet",
  "induction-loop",
  "interpreter",
  "bsl-interpreter",
  "female-clinician",
  "male-clinician",
  "chaperone",
  "quiet-room",
  "parking",
  "latex-free",
  "doppler",
  "vaccine-fridge",
] as const;
export type Requirement = (typeof requirements)[number];

export const requirementNames: Readonly<Record<Requirement, string>> = {
  "step-free": "Step-free access",
  couch: "Height-adjustable couch",
  hoist: "Hoist",
  "bariatric-couch": "Bariatric couch",
  "wheelchair-toilet": "Wheelchair-accessible toilet",
  "induction-loop": "Hearing loop",
  interpreter: "Interpreter, there or by telephone",
  "bsl-interpreter": "British Sign Language interpreter",
  "female-clinician": "Female clinician",
  "male-clinician": "Male clinician",
  chaperone: "Chaperone",
  "quiet-room": "Quiet place to wait",
  parking: "Parking at the door",
  "latex-free": "Latex-free room",
  doppler: "Doppler for ankle pressure",
  "vaccine-fridge": "Vaccine fridge",
};

export const requirementSchema = z.enum(requirements, "This is not a requirement that Covershare knows.");

/** A list of requirements, as codes. Keep it by `orderedRequirements`, so that equal lists are equal values. */
export const requirementListSchema = z.array(requirementSchema).max(requirements.length);

/** Without repeats and in the order above. */
export const orderedRequirements = (codes: readonly string[]): Requirement[] =>
  requirements.filter((code) => codes.includes(code));
