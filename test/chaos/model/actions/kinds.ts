import { answer, confirm, gone, importBook, publish } from "./giving.ts";
import { amend, postAction, sort, takeNote, withdraw } from "./asking.ts";
import { assign, broker } from "./brokering.ts";
import type { Action, Weighted } from "./doing.ts";
import { cancel, patientNo, release, step, swap, undo } from "./handover.ts";
import { usePage } from "./pages.ts";

const look: Action = async ({ client }) => void (await client.look());

/** What each kind of client does, and how often beside the rest. */
export const deskActions: Weighted = [
  [answer, 36],
  [postAction, 18],
  [step, 12],
  [usePage, 12],
  [look, 8],
  [publish, 5],
  [cancel, 3],
  [withdraw, 3],
  [amend, 3],
  [gone, 3],
  [patientNo, 3],
  [undo, 2],
  [swap, 2],
  [takeNote, 2],
  [release, 1],
  [sort, 1],
  [confirm, 1],
];
export const brokerActions: Weighted = [
  [broker, 4],
  [assign, 2],
  [usePage, 2],
  [look, 1],
];
export const importerActions: Weighted = [[importBook, 1]];
