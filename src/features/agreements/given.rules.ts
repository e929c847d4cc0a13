import type { Side } from "./handover.rules.ts";

/** What became of one time that a practice gave (rule H4). */
export type Became = "used" | "ahead" | "given-back" | "not-used" | "taken-back";

/** `taken-back`: the practice itself could not keep it; no blame, and no thanks owed for it either. */
export const becameOf = (one: { readonly step: string; readonly cancelledBySide: Side | null }): Became => {
  if (one.step === "attended") return "used";
  if (one.step === "dna" || one.step === "not-done") return "not-used";
  if (one.step === "cancelled") return one.cancelledBySide === "supporting" ? "taken-back" : "given-back";
  return "ahead";
};

const WORDS: readonly (readonly [Became, string])[] = [
  ["used", "used"],
  ["ahead", "still ahead"],
  ["given-back", "given back"],
  ["not-used", "not used"],
  ["taken-back", "taken back by us"],
];

/** `4 used, 1 given back`: what there was none of is left out. */
export const speakTally = (all: readonly Became[]): string =>
  WORDS.flatMap(([became, words]) => {
    const count = all.filter((each) => each === became).length;
    return count === 0 ? [] : [`${count} ${words}`];
  }).join(", ");
