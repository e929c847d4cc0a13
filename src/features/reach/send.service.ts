import type { Database, Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { jitter } from "../../platform/ids/ids.ts";
import { noteWork } from "../../platform/telemetry/trace.ts";
import { system, recordAudit } from "../audit/index.ts";
import { brokersOf, membershipOf } from "../practices/index.ts";
import type { Courier, Outcome } from "./courier.ts";
import { mailboxChanged } from "./reach.events.ts";
import {
  claimEnvelope,
  endEnvelope,
  forgetSubscription,
  noteMailboxFailed,
  noteMailboxWorks,
  organisationOf,
  postponeEnvelope,
  type ClaimedEnvelope,
} from "./send.repository.ts";

export type Couriers = Readonly<Partial<Record<ClaimedEnvelope["channel"], Courier>>>;

const LONGEST_WAIT_SECONDS = 15 * 60;

/** After the first failure about a second, then doubling to a quarter of an hour; half to one and a half times, so that a server that comes back is not met by all at once. */
export const waitAfter = (attempts: number): number =>
  Math.min(2 ** Math.min(attempts - 1, 12), LONGEST_WAIT_SECONDS) * (0.5 + jitter());

/** Tells the practice and its brokers that a mailbox has died, or works again. */
export const announceMailbox = async (tx: Tx, organisationCode: string, state: "works" | "failing" | "unconfirmed") => {
  const membership = await membershipOf(tx.q, organisationCode);
  const brokers = membership === undefined ? [] : await brokersOf(tx, membership.groupCode);
  for (const stream of new Set([organisationCode, ...brokers]))
    tx.emit(eventFor(mailboxChanged, stream, { organisationCode, state }));
};

/** A message to an organisation's mailbox came back or could not be sent: if it is dead by that, everybody concerned hears. */
export const noteFailure = async (
  tx: Tx,
  { recipient, address }: Pick<ClaimedEnvelope, "recipient" | "address">,
  code: string,
  isFinal: boolean,
): Promise<void> => {
  const organisationCode = organisationOf(recipient);
  if (organisationCode === undefined) return;
  if (!(await noteMailboxFailed(tx, organisationCode, address, code, isFinal))) return;
  await recordAudit(tx, system, "mailbox.fail", organisationCode, { code });
  await announceMailbox(tx, organisationCode, "failing");
};

const failMailbox = async (database: Database, envelope: ClaimedEnvelope, code: string, isFinal: boolean) =>
  database.transact(async (tx) => noteFailure(tx, envelope, code, isFinal));

const settle = async (database: Database, envelope: ClaimedEnvelope, outcome: Outcome): Promise<void> => {
  const { id, attempts, recipient, address } = envelope;
  switch (outcome.kind) {
    case "accepted": {
      // First of all, and alone in its statement: what lies between the server's yes and this is what may go twice.
      await endEnvelope(database.q, id, "sent", null);
      const organisationCode = organisationOf(recipient);
      if (organisationCode !== undefined) await noteMailboxWorks(database.q, organisationCode, address);
      return;
    }
    case "refused":
      await endEnvelope(database.q, id, "bounced", outcome.code);
      await failMailbox(database, envelope, outcome.code, true);
      return;
    case "gone":
      await endEnvelope(database.q, id, "bounced", outcome.code);
      await forgetSubscription(database.q, address);
      return;
    case "later":
      await postponeEnvelope(database.q, id, waitAfter(attempts), outcome.code);
  }
};

const sendOne = async (database: Database, couriers: Couriers, envelope: ClaimedEnvelope): Promise<void> => {
  noteWork();
  const courier = couriers[envelope.channel];
  if (envelope.isOver) await endEnvelope(database.q, envelope.id, "dropped", "over");
  else if (courier === undefined) await endEnvelope(database.q, envelope.id, "dropped", `${envelope.channel}-off`);
  else if (envelope.isStale) {
    await endEnvelope(database.q, envelope.id, "failed", "two-days");
    await failMailbox(database, envelope, "two-days", false);
  } else await settle(database, envelope, await courier.deliver(envelope));
};

/**
 * Sends whatever is due, `atOnce` at a time: claimed by one process (a lease), carried out of any transaction, and marked.
 * A process that dies leaves its claim to lapse; then another sends it, under the same Message-ID.
 */
export const sendDue = async (database: Database, couriers: Couriers, atOnce: number): Promise<void> => {
  const claim = async (): Promise<ClaimedEnvelope | undefined> => claimEnvelope(database.q);
  const worker = async (first: ClaimedEnvelope | undefined): Promise<void> => {
    for (let mine = first; mine !== undefined; mine = await claim()) await sendOne(database, couriers, mine);
  };
  // Nearly every second there is nothing, and then one has looked for all.
  const first = await claim();
  if (first === undefined) return;
  const others = Array.from({ length: atOnce - 1 }, async () => worker(await claim()));
  await Promise.all([worker(first), ...others]);
};
