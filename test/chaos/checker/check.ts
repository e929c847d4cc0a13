import type { Evidence, Rule, Violation } from "./evidence.ts";
import { acknowledgedIsStored, forgeriesAreRefused, repeatsAgree } from "./rules/commands.ts";
import { needAgreedOnce, slotGivenOnce, statesAgree } from "./rules/giving.ts";
import { countsAreCurrent, everyoneIsInformed, offersShownAreReal } from "./rules/informing.ts";
import { derivedOnce, hooksKeepOrder, sentHasArrived } from "./rules/outbound.ts";
import { readsOnlyItsOwn } from "./rules/reading.ts";
import { clientsReceiveEverything, closesHaveCause, offsetsAreContiguous } from "./rules/streams.ts";
import { auditIsComplete, keyedOnce } from "./rules/trail.ts";
import { endingsAreOwned, importsAreWhole, openNeedsHaveNoPlace, postsExist } from "./rules/work.ts";

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
  importsAreWhole,
  offersShownAreReal,
  everyoneIsInformed,
  countsAreCurrent,
  offsetsAreContiguous,
  clientsReceiveEverything,
  closesHaveCause,
  readsOnlyItsOwn,
  derivedOnce,
  sentHasArrived,
  hooksKeepOrder,
];

/** Trusts nobody: judges the clients' own logs and the rows of the database by every rule. */
export const check = (evidence: Evidence): Violation[] => rules.flatMap((rule) => rule(evidence));
