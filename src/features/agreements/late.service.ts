import type { Database, Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { groupBy, unique } from "../../platform/lists/lists.ts";
import { brokersOf, openingHoursOf } from "../practices/index.ts";
import { stepLate } from "./agreements.events.ts";
import type { LiveAgreement } from "./agreements.repository.ts";
import { describe } from "./agreements.service.ts";
import { lockUnknownLateness, setLateness, takeLate } from "./late.repository.ts";
import { lateAt, owedSteps, waitingSteps } from "./late.rules.ts";

const AT_ONCE = 500;

/** Works out when agreements that have moved are late with their next step, in open time of its owner's desk. */
const workOutLateness = async (tx: Tx): Promise<number> => {
  const found = await lockUnknownLateness(tx, AT_ONCE);
  if (found.length === 0) return 0;
  const deskOf = ({ step, homeCode, supportingCode }: (typeof found)[number]): string =>
    owedSteps[step].owner === "home" ? homeCode : supportingCode;
  const hours = await openingHoursOf(tx.q, unique(found.map(deskOf)));
  await setLateness(
    tx,
    found.map((one) => ({ id: one.id, step: one.step, lateAt: lateAt(hours.get(deskOf(one)) ?? [], one) })),
  );
  return found.length;
};

/** Tells the owner of a late step, and the brokers: one message for each request, pair of practices and step. */
const chase = async (tx: Tx, late: readonly LiveAgreement[]): Promise<void> => {
  const groups = groupBy(late, (one) => `${one.requestId} ${one.supportingCode} ${one.step}`);
  for (const group of groups.values()) {
    const [first] = group;
    const step = waitingSteps.find((each) => each === first?.step);
    if (first === undefined || step === undefined) continue;
    const { owes, owner } = owedSteps[step];
    const data = {
      reference: first.reference,
      homeCode: first.homeCode,
      supportingCode: first.supportingCode,
      owner,
      owes,
      agreements: group.map(describe),
    };
    const desk = owner === "home" ? first.homeCode : first.supportingCode;
    for (const stream of new Set([desk, ...(await brokersOf(tx, first.groupCode))]))
      tx.emit(eventFor(stepLate, stream, data));
  }
};

/** Chases whoever is late with a step (rule H1), once for each lateness. Says how many agreements were chased. */
export const chaseLateSteps = async (database: Database): Promise<number> => {
  let found = AT_ONCE;
  while (found === AT_ONCE) found = await database.transact(workOutLateness);
  return database.transact(async (tx) => {
    const late = await takeLate(tx, AT_ONCE);
    await chase(tx, late);
    return late.length;
  });
};
