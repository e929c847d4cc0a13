import type { Evidence, Rule, Violation } from "./evidence.ts";
import { acknowledgedIsStored, forgeriesAreRefused, repeatsAgree } from "./rules/commands.ts";
import { needAgreedOnce, slotGivenOnce, statesAgree } from "./rules/giving.ts";
import { countsAreCurrent, everyoneIsInformed, offersShownAreReal } from "./rules/informing.ts";
import { clientsReceiveEverything, offsetsAreContiguous } from "./rules/streams.ts";
import { auditIsComplete, keyedOnce } from "./rules/trail.ts";
import { endingsAreOwned, openNeedsHaveNoPlace, postsExist } from "./rules/work.ts";

/** Every promise, one rule each. */
export const rules: readonly Rule[] = [
  postsExist,
  acknowledgedIsStored,
  repeatsAgree,
  forgeriesAreRefused,
  keyedOnce,
  auditIsComplete,
  needAgreedOnce,
  slotGivenOnce,
  statesAgree,
  openNeedsHaveNoPlace,
  endingsAreOwned,
  offersShownAreReal,
  everyoneIsInformed,
  countsAreCurrent,
  offsetsAreContiguous,
  clientsReceiveEverything,
];

/** Trusts nobody: judges the clients' own logs and the rows of the database by every rule. */
export const check = (evidence: Evidence): Violation[] => rules.flatMap((rule) => rule(evidence));
