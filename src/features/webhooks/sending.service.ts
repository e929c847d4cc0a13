import { sql } from "drizzle-orm";
import { z } from "zod";
import { wallClock } from "../../platform/clock/clock.ts";
import { appNow, rows, type Database, type Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { jitter, newId } from "../../platform/ids/ids.ts";
import type { PostResult, Poster } from "../../platform/outbound/poster.ts";
import type { Sealer } from "../../platform/secrets/sealer.ts";
import { recordAudit, system } from "../audit/index.ts";
import type { Actor } from "../access/index.ts";
import { webhookDisabled } from "./webhooks.events.ts";
import {
  changeEndpoint,
  countFailure,
  giveBack,
  moveOn,
  noteDelivery,
  readTarget,
  readWanted,
  type Target,
} from "./webhooks.repository.ts";
import {
  eventMessage,
  headersOf,
  judgeAnswer,
  nextTry,
  resetMessage,
  testMessage,
  type Message,
} from "./webhooks.rules.ts";
import type { DeliveryView, SentView } from "./webhooks.schema.ts";

const progress = z.object({ afterOffset: z.coerce.number(), version: z.number() });

/*
 * An endpoint gets its organisation's log in order, one message at a time: a message that fails holds back those behind it,
 * so that what a receiver has is always a prefix of the log (of the types that it asked for). Where an endpoint stands is
 * one number; it moves after the receiver has answered, so a process that dies between the two sends that message again,
 * with the same webhook-id: at least once, and a receiver that remembers ids takes it once.
 */

export interface SendingParts {
  readonly database: Database;
  readonly poster: Poster;
  readonly sealer: Sealer;
  /** How long one turn may be silent before another process takes the endpoint: longer than a post may take. */
  readonly leaseMs: number;
  /** Tells the organisation's people, beside the event. */
  readonly tellDisabled: (
    tx: Tx,
    disabled: { organisationCode: string; webhookId: string; cause: string },
  ) => Promise<void>;
}

type Held = Target & { readonly leaseId: string };

/** Messages of one turn: then another endpoint may have its turn. */
const TURN = 25;

/** As the poster says, or that we could not sign it. */
type Posted = Omit<PostResult, "problem"> & { readonly problem: PostResult["problem"] | "secret-unreadable" };

type Ways = Pick<SendingParts, "poster" | "sealer">;

const post = async ({ poster, sealer }: Ways, target: Target, message: Message): Promise<Posted> => {
  const [secret, previous] = [target.secret, target.previousSecret].map((stored) =>
    stored === null ? undefined : sealer.open(stored, target.id),
  );
  // Unsigned it must not go, and signed by anything else its receiver would refuse it: tried again, as when nobody answers.
  if (secret === undefined) return { status: null, problem: "secret-unreadable", ms: 0, retryAfterSeconds: null };
  const secrets = [secret, ...(previous === undefined ? [] : [previous])];
  // The machine's clock: a receiver compares the timestamp with its own, and refuses what is minutes away from it.
  const at = Math.floor(wallClock.now().getTime() / 1_000);
  return poster.post(target.url, headersOf(message, secrets, at), message.body);
};

const deliveryOf = (target: Target, kind: DeliveryView["kind"], message: Message, result: Posted) => ({
  endpointId: target.id,
  kind,
  messageId: message.id,
  offset: message.offset,
  type: message.type,
  isDelivered: judgeAnswer(result.status) === "delivered",
  status: result.status,
  problem: result.problem,
  ms: result.ms,
});

const disable = async (parts: SendingParts, tx: Tx, target: Held, reason: "dead" | "gone"): Promise<void> => {
  const { id, organisationCode } = target;
  await changeEndpoint(tx.q, id, { state: "disabled", endReason: reason, dueAt: null });
  const [{ afterOffset, version } = { afterOffset: 0, version: 0 }] = await rows(
    tx.q,
    progress,
    sql`select after_offset as "afterOffset", version from webhook_endpoints where id = ${id}`,
  );
  tx.emit(eventFor(webhookDisabled, organisationCode, { webhookId: id, reason, afterOffset }));
  await recordAudit(tx, system, "webhook.disable", id, { reason });
  // Each time that it stops is told once.
  await parts.tellDisabled(tx, { organisationCode, webhookId: id, cause: `webhook:${id}:${version}` });
};

const fail = async (
  parts: SendingParts,
  held: Held,
  kind: "event" | "reset",
  message: Message,
  result: Posted,
): Promise<void> => {
  await parts.database.transact(async (tx) => {
    const failing = await countFailure(tx, held);
    // Somebody changed, replayed or removed it meanwhile: that decides.
    if (failing === undefined) return;
    await noteDelivery(tx.q, deliveryOf(held, kind, message, result));
    if (judgeAnswer(result.status) === "gone") return disable(parts, tx, held, "gone");
    const { retryAfterSeconds } = result;
    const dueAt = nextTry({ ...failing, retryAfterSeconds, chance: jitter() });
    if (dueAt === undefined) return disable(parts, tx, held, "dead");
    await tx.q.execute(
      sql`update webhook_endpoints set due_at = ${dueAt.toISOString()}::timestamptz where id = ${held.id}`,
    );
  });
};

/** Posts one message in its turn; false: the turn is over. */
const deliver = async (
  parts: SendingParts,
  held: Held,
  kind: "event" | "reset",
  message: Message,
  offset: number,
): Promise<boolean> => {
  const result = await post(parts, held, message);
  if (result.problem === "stopped") {
    // We are stopping, which says nothing about the receiver: another process sends it again.
    await giveBack(parts.database.q, held);
    return false;
  }
  if (judgeAnswer(result.status) !== "delivered") {
    await fail(parts, held, kind, message, result);
    return false;
  }
  return parts.database.transact(async (tx) => {
    const isOurs = await moveOn(tx.q, held, offset, parts.leaseMs);
    if (isOurs) await noteDelivery(tx.q, deliveryOf(held, kind, message, result));
    return isOurs;
  });
};

/** One endpoint's turn: up to 25 messages of its log, in order, until it has all, one fails, or `isStopping`. */
export const sendTurn = async (parts: SendingParts, held: Held, isStopping: () => boolean): Promise<void> => {
  const { q } = parts.database;
  let after = held.afterOffset;
  const log = await readWanted(q, held.organisationCode, after, held.types, TURN);
  if (log.prunedThrough > after) {
    const lost = resetMessage(held.id, held.organisationCode, log.prunedThrough, log.now);
    if (!(await deliver(parts, held, "reset", lost, log.prunedThrough))) return;
    after = log.prunedThrough;
  }
  for (const event of log.events) {
    if (isStopping()) return giveBack(q, held);
    if (event.offset <= after) continue;
    if (!(await deliver(parts, held, "event", eventMessage(event), event.offset))) return;
    after = event.offset;
  }
  // Nothing more of the wanted types up to the head that was read together with them.
  if (log.events.length < TURN && log.lastOffset > after) await moveOn(q, held, log.lastOffset, parts.leaseMs);
  await giveBack(q, held);
};

const sendOne = async (
  database: Database,
  ways: Ways,
  target: Target,
  kind: "resend" | "test",
  message: Message,
): Promise<SentView> => {
  const result = await post(ways, target, message);
  const delivery = deliveryOf(target, kind, message, result);
  await noteDelivery(database.q, delivery);
  const { isDelivered, status, problem, ms } = delivery;
  return { isDelivered, status, problem, ms };
};

/** Sends one message now, out of turn, and says what was answered: nothing else about the endpoint changes. */
export const sendTest = async (database: Database, ways: Ways, actor: Actor, id: string): Promise<SentView> => {
  const target = await readTarget(database.q, actor.organisationCode, id);
  if (target === undefined) throw notFound("webhook");
  const message = testMessage(newId(), actor.organisationCode, await appNow(database.q));
  return sendOne(database, ways, target, "test", message);
};

/** Sends one event of the log again, with the id that it had. */
export const resendMessage = async (
  database: Database,
  ways: Ways,
  actor: Actor,
  id: string,
  offset: number,
): Promise<SentView> => {
  const target = await readTarget(database.q, actor.organisationCode, id);
  if (target === undefined) throw notFound("webhook");
  const { events } = await readWanted(database.q, actor.organisationCode, offset - 1, [], 1);
  const [event] = events;
  if (event === undefined || event.offset !== offset) throw notFound("message");
  return sendOne(database, ways, target, "resend", eventMessage(event));
};
