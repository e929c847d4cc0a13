import { appNow, type Queryable, type Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { newSecret, sha256 } from "../../platform/ids/ids.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { mailIsOff, noMailbox, noPushService, testTooSoon } from "./channels.errors.ts";
import {
  confirmTest,
  isTestSecret,
  noteTest,
  optIn,
  optOut,
  putMailbox,
  readChannel,
  removeMailbox,
  type Channel,
} from "./channels.repository.ts";
import type { ChannelsView, MailboxState, ReachParts } from "./channels.schema.ts";
import { insertDeliveries } from "./deliveries.repository.ts";
import { isPushService } from "./push/push.rules.ts";
import {
  putSubscription,
  removeListed,
  removeSubscription,
  type Subscription,
} from "./push/subscriptions.repository.ts";
import { announceMailbox } from "./send.service.ts";

export const stateOf = (channel: Pick<Channel, "mailbox" | "confirmedAt" | "failingSince">): MailboxState =>
  channel.mailbox === null
    ? "none"
    : channel.failingSince !== null
      ? "failing"
      : channel.confirmedAt === null
        ? "unconfirmed"
        : "works";

const requireChannel = async (q: Queryable, actor: Actor): Promise<Channel> => {
  const channel = await readChannel(q, actor);
  if (channel === undefined) throw notFound("organisation");
  return channel;
};

/** How the actor's organisation is reached. */
export const readChannels = async (q: Queryable, actor: Actor, parts: ReachParts): Promise<ChannelsView> => {
  const {
    isTestFresh: _fresh,
    confirmedAt,
    testSentAt,
    failingSince,
    lastSentAt,
    ...plain
  } = await requireChannel(q, actor);
  return {
    ...plain,
    hasMail: parts.hasMail,
    hasPush: parts.pushKey !== undefined,
    pushKey: parts.pushKey ?? null,
    mailboxState: stateOf({ ...plain, confirmedAt, failingSince }),
    confirmedAt: confirmedAt?.toISOString() ?? null,
    testSentAt: testSentAt?.toISOString() ?? null,
    failingSince: failingSince?.toISOString() ?? null,
    lastSentAt: lastSentAt?.toISOString() ?? null,
  };
};

/**
 * Sends the mailbox a message with a link that only somebody who reads it has: whoever then says, signed in, that it
 * arrived, shows that mail reaches this desk. Nothing else is sent before.
 */
export const sendTest = async (tx: Tx, actor: Actor, parts: ReachParts): Promise<void> => {
  if (!parts.hasMail) throw mailIsOff();
  const channel = await requireChannel(tx.q, actor);
  if (channel.mailbox === null) throw noMailbox();
  if (channel.isTestFresh) throw testTooSoon();
  const secret = newSecret();
  await noteTest(tx, actor.organisationCode, sha256(secret));
  const content = {
    subject: "Test from Covershare: did this arrive?",
    lines: [
      "Somebody at your practice asked Covershare to tell this mailbox when neighbours need help.",
      "Open the link, sign in, and press the button: then requests come here too. Until then nothing else does.",
    ],
    link: `/settings/channels/confirm/${secret}`,
    linkText: "Yes, it arrived",
    ring: null,
  };
  const { organisationCode } = actor;
  await insertDeliveries(tx, [
    {
      organisationCode,
      recipients: [{ channel: "email", recipient: `desk:${organisationCode}`, isReachable: true }],
      cause: `test:${sha256(secret)}`,
      kind: "test",
      priority: "asap",
      offerId: null,
      content,
      dueAt: await appNow(tx.q),
    },
  ]);
  await recordAudit(tx, actor, "mailbox.test", organisationCode);
};

/** Sets, changes or removes the desk's mailbox; a new address is sent the test message at once. */
export const setMailbox = async (tx: Tx, actor: Actor, mailbox: string | null, parts: ReachParts): Promise<void> => {
  const { organisationCode } = actor;
  if (mailbox === null) {
    await removeMailbox(tx, organisationCode);
  } else {
    if (!(await putMailbox(tx, organisationCode, mailbox))) return;
    if (parts.hasMail) await sendTest(tx, actor, parts);
  }
  await recordAudit(tx, actor, "mailbox.change", organisationCode, { has: mailbox !== null });
  await announceMailbox(tx, organisationCode, "unconfirmed");
};

/** @throws not-found for a secret that is not of this organisation's last test message, or too old. */
export const requireTestSecret = async (q: Queryable, actor: Actor, secret: string): Promise<void> => {
  if (!(await isTestSecret(q, actor.organisationCode, sha256(secret)))) throw notFound("test message");
};

/** Somebody signed in says that the test message arrived. Saying it twice changes nothing. */
export const confirmMailbox = async (tx: Tx, actor: Actor, secret: string): Promise<void> => {
  await requireTestSecret(tx.q, actor, secret);
  await confirmTest(tx, actor);
  await recordAudit(tx, actor, "mailbox.confirm", actor.organisationCode);
  await announceMailbox(tx, actor.organisationCode, "works");
};

/** The actor wants to be told at the own address too, or no longer. */
export const setOptedIn = async (tx: Tx, actor: Actor, isOptedIn: boolean): Promise<void> => {
  await (isOptedIn ? optIn(tx, actor) : optOut(tx, actor));
  await recordAudit(tx, actor, isOptedIn ? "reach.opt-in" : "reach.opt-out", actor.userId);
};

/** The actor's browser is told too, of what concerns the organisation acted for. @throws `push-service-unknown` */
export const addBrowser = async (tx: Tx, actor: Actor, given: Subscription, parts: ReachParts): Promise<void> => {
  if (parts.pushKey === undefined || !isPushService(given.endpoint, parts.pushServices)) throw noPushService();
  await putSubscription(tx, actor, given);
  await recordAudit(tx, actor, "reach.browser-add", actor.userId);
};

export const removeBrowser = async (tx: Tx, actor: Actor, endpoint: string): Promise<void> => {
  await removeSubscription(tx, actor, endpoint);
  await recordAudit(tx, actor, "reach.browser-remove", actor.userId);
};

/** Stops telling one of the actor's browsers. Of one that is gone, or somebody else's, there is nothing to stop (P3). */
export const stopBrowser = async (tx: Tx, actor: Actor, id: string): Promise<void> => {
  if (await removeListed(tx, actor, id)) await recordAudit(tx, actor, "reach.browser-remove", actor.userId);
};
