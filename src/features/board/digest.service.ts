import { appNow, type Database, type Tx } from "../../platform/db/database.ts";
import { londonDate } from "../calendar/index.ts";
import { queueMail } from "../reach/index.ts";
import { serviceNames } from "../services/index.ts";
import { listRisks } from "./board.repository.ts";
import { digestMail, digestSpan, digestUntil, nextDigestAt } from "./digest.rules.ts";
import { horizonsOf } from "./horizon.service.ts";
import { brokerIds, isAnyDue, schedule, takeDue, type Due } from "./schedule.repository.ts";

const AT_MOST = 1_000;
const AT_ONCE = 50;

/** Has a federation's mailbox and its brokers told the same, each once under this cause. */
export const tellFederation = async (
  tx: Tx,
  organisationCode: string,
  message: Omit<Parameters<typeof queueMail>[1], "organisationCode" | "userId">,
): Promise<number> => {
  let queued = (await queueMail(tx, { ...message, organisationCode })).queued;
  for (const userId of await brokerIds(tx, organisationCode))
    queued += (await queueMail(tx, { ...message, userId })).queued;
  return queued;
};

const send = async (tx: Tx, now: Date, { organisationCode, groupCode }: Due): Promise<void> => {
  const span = digestSpan(now);
  const horizons = await horizonsOf(tx.q, groupCode, (hours) => digestUntil(span, hours));
  const risks = await listRisks(tx.q, groupCode, horizons, AT_MOST);
  await tellFederation(tx, organisationCode, {
    cause: `digest:${organisationCode}:${londonDate(now)}`,
    kind: "what-breaks",
    ...digestMail(risks, span, await serviceNames(tx.q)),
  });
};

/** Gives new federations their first time. */
export const scheduleDigests = async (database: Database): Promise<void> => {
  await database.transact(async (tx) => schedule(tx, "digest", nextDigestAt(await appNow(tx.q))));
};

/**
 * Sends what breaks before next opening to every federation whose 16:00 has come. A matcher that was away sends it late,
 * once, and as it stands then.
 */
export const sendDigests = async (database: Database): Promise<void> => {
  if (!(await isAnyDue(database.q, "digest"))) return;
  await database.transact(async (tx) => {
    const now = await appNow(tx.q);
    for (const due of await takeDue(tx, "digest", nextDigestAt(now), AT_ONCE)) await send(tx, now, due);
  });
};
