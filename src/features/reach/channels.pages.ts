import { z } from "zod";
import { appNow, type Database } from "../../platform/db/database.ts";
import { none, redirect, view, type View } from "../../platform/web/page.ts";
import { atDesk, brokersOnly, form, managersOnly, page, signedIn, type Actor, type AppPage } from "../access/index.ts";
import { speakInstant } from "../calendar/index.ts";
import { listDeliveries, listUnreachable } from "./channels.repository.ts";
import {
  browserBody,
  confirmBody,
  mailboxBody,
  stopBrowserBody,
  type DeliveryView,
  type MailboxState,
  type ReachParts,
} from "./channels.schema.ts";
import {
  addBrowser,
  confirmMailbox,
  readChannels,
  requireTestSecret,
  sendTest,
  setMailbox,
  setOptedIn,
  stopBrowser,
} from "./channels.service.ts";
import { isMessageKind, messageKinds } from "./message-kinds.ts";
import { listBrowsers } from "./push/subscriptions.repository.ts";

const PATH = "/settings/channels";

const spoken = (at: string | null): string | null => (at === null ? null : speakInstant(new Date(at)));

const STATES: Readonly<Record<DeliveryView["state"], { readonly text: string; readonly tone: string }>> = {
  queued: { text: "Waiting to go", tone: "yellow" },
  sent: { text: "Sent", tone: "blue" },
  delivered: { text: "Delivered", tone: "blue" },
  bounced: { text: "Came back", tone: "red" },
  failed: { text: "Could not be sent", tone: "red" },
  "not-sent": { text: "Not sent", tone: "grey" },
};

const WHY: Readonly<Record<string, string>> = {
  over: "It was over before it could go",
  "no-address": "There was no confirmed mailbox",
  "mail-off": "No mail server is set up here",
  "email-off": "No mail server is set up here",
  "push-off": "This Covershare sends nothing to browsers",
  stale: "It was too old",
  "two-days": "Tried for two days",
};

const isOurWord = (why: string): boolean => why in WHY;

const presentDelivery = (each: DeliveryView) => ({
  what: isMessageKind(each.kind) ? messageKinds[each.kind] : "A message",
  reference: each.reference,
  offerId: each.offerId,
  to: each.to === "desk" ? "Mailbox" : each.channel === "push" ? "A browser" : "A colleague",
  at: speakInstant(new Date(each.sentAt ?? each.createdAt)),
  state:
    each.actedAt !== null
      ? { text: "Answered", tone: "blue" }
      : each.seenAt !== null
        ? { text: "Seen", tone: "blue" }
        : STATES[each.state],
  why:
    each.why === null || each.state === "sent"
      ? null
      : isOurWord(each.why)
        ? (WHY[each.why] ?? null)
        : `The mail system said ${each.why}`,
});

const MAILBOX: Readonly<Record<MailboxState, { readonly text: string; readonly tone: string }>> = {
  none: { text: "None yet", tone: "yellow" },
  unconfirmed: { text: "Not confirmed yet", tone: "yellow" },
  works: { text: "Works", tone: "blue" },
  failing: { text: "Does not take our messages", tone: "red" },
};

const SHOWN = 20;

const show = async (actor: Actor, { q }: Database, parts: ReachParts): Promise<View> => {
  const channels = await readChannels(q, actor, parts);
  const browsers = await listBrowsers(q, actor);
  const recent = await listDeliveries(q, actor, { limit: SHOWN });
  return view({
    template: "reach/channels.njk",
    title: "How we are reached",
    data: {
      channels,
      browsers: browsers.map(({ createdAt, ...each }) => ({ ...each, since: speakInstant(createdAt) })),
      mailbox: MAILBOX[channels.mailboxState],
      confirmed: spoken(channels.confirmedAt),
      tested: spoken(channels.testSentAt),
      failing: spoken(channels.failingSince),
      lastSent: spoken(channels.lastSentAt),
      isManager: actor.roles.some((role) => role === "manager" || role === "admin"),
      isAtDesk: actor.roles.some((role) => role !== "admin"),
      recent: recent.filter(({ organisationCode }) => organisationCode === actor.organisationCode).map(presentDelivery),
    },
  });
};

const done = (title: string, text?: string) =>
  redirect(PATH, { kind: "done", title, ...(text === undefined ? {} : { text }) });

const BROKEN: Readonly<Record<MailboxState, string>> = {
  none: "No mailbox given",
  unconfirmed: "Test message not confirmed",
  failing: "Mailbox refuses our messages",
  works: "",
};

/** How a practice is reached when nobody looks at its desk, and for the broker whom mail does not reach. */
export const channelPages = (parts: ReachParts): readonly AppPage[] => {
  const again = async ({ actor }: { actor: Actor }, database: Database): Promise<View> => show(actor, database, parts);
  return [
    page(
      { path: PATH, summary: "How the organisation is reached", access: signedIn, params: none, query: none },
      async ({ actor }, database) => show(actor, database, parts),
    ),
    form(
      {
        path: PATH,
        summary: "Change the desk's mailbox",
        access: managersOnly,
        params: none,
        input: mailboxBody,
        read: (fields) => ({ mailbox: fields.text("mailbox") ?? null }),
        messages: { mailbox: "Enter an address like reception@practice.nhs.uk" },
        again,
      },
      async ({ actor, input }, tx) => {
        await setMailbox(tx, actor, input.mailbox, parts);
        if (input.mailbox === null) return done("The mailbox is removed. Requests are shown on My desk only.");
        return done(
          "The mailbox is saved.",
          parts.hasMail ? "A test message is on its way: open its link to confirm." : undefined,
        );
      },
    ),
    form(
      {
        path: `${PATH}/test`,
        summary: "Send the mailbox a test message",
        access: atDesk,
        params: none,
        input: z.object({}),
        read: () => ({}),
        again,
      },
      async ({ actor }, tx) => {
        await sendTest(tx, actor, parts);
        return done("A test message is on its way.", "Look in the mailbox, open its link and press the button.");
      },
    ),
    form(
      {
        path: `${PATH}/own-address`,
        summary: "Be told at one's own address too, or no longer",
        access: signedIn,
        params: none,
        input: z.object({ isOptedIn: z.boolean() }),
        read: (fields) => ({ isOptedIn: fields.text("own") === "yes" }),
        again,
      },
      async ({ actor, input }, tx) => {
        await setOptedIn(tx, actor, input.isOptedIn);
        return done(input.isOptedIn ? "You are told by mail too." : "You are no longer told by mail.");
      },
    ),
    form(
      {
        path: `${PATH}/browsers`,
        summary: "Tell this browser too",
        access: signedIn,
        params: none,
        input: browserBody,
        read: (fields) => ({
          endpoint: fields.text("endpoint"),
          p256dh: fields.text("p256dh"),
          auth: fields.text("auth"),
        }),
        fieldOf: () => "browser",
        messages: { browser: "This browser did not say how it is reached" },
        again,
      },
      async ({ actor, input }, tx) => {
        await addBrowser(tx, actor, input, parts);
        return done("This browser is told too.");
      },
    ),
    form(
      {
        path: `${PATH}/browsers/remove`,
        summary: "Tell one of one's browsers no longer",
        access: signedIn,
        params: none,
        input: stopBrowserBody,
        read: (fields) => ({ browser: fields.text("browser") }),
        messages: { browser: "Choose one of your browsers" },
        again,
      },
      async ({ actor, input }, tx) => {
        await stopBrowser(tx, actor, input.browser);
        return done("That browser is no longer told.");
      },
    ),
    page(
      {
        path: `${PATH}/confirm/:secret`,
        summary: "Did the test message arrive?",
        access: signedIn,
        params: confirmBody,
        query: none,
      },
      async ({ actor, params }, { q }) => {
        await requireTestSecret(q, actor, params.secret);
        return view({ template: "reach/confirm.njk", title: "Did it arrive?", data: { secret: params.secret } });
      },
    ),
    form(
      {
        path: `${PATH}/confirm/:secret`,
        summary: "Say that the test message arrived",
        access: signedIn,
        params: confirmBody,
        input: z.object({}),
        read: () => ({}),
        again,
      },
      async ({ actor, params }, tx) => {
        await confirmMailbox(tx, actor, params.secret);
        return done("Thank you. Requests now come to your mailbox too.");
      },
    ),
    page(
      {
        path: "/board/unreachable",
        summary: "Desks that mail does not reach",
        access: brokersOnly,
        params: none,
        query: none,
      },
      async ({ actor }, { q }) => {
        const found = actor.groupCode === null ? [] : await listUnreachable(q, actor.groupCode, 200);
        return view({
          template: "reach/unreachable.njk",
          title: "Desks we cannot reach by mail",
          data: {
            hasMail: parts.hasMail,
            now: speakInstant(await appNow(q)),
            desks: found.map((each) => ({ ...each, why: BROKEN[each.state], since: spoken(each.since) })),
          },
        });
      },
    ),
  ];
};
