import { z } from "zod";
import type { Database } from "../../platform/db/database.ts";
import { blank, type FormState } from "../../platform/web/fields.ts";
import { none, redirect, view, type Redirect, type View } from "../../platform/web/page.ts";
import { form, managersOnly, openForm, page, type Actor, type AppPage } from "../access/index.ts";
import { speakInstant } from "../calendar/index.ts";
import { resendMessage, sendTest } from "./sending.service.ts";
import { listDeliveries, listWebhooks } from "./webhooks.repository.ts";
import type { WebhookParts } from "./webhooks.routes.ts";
import {
  messageParams,
  replayBody,
  webhookBody,
  webhookParams,
  type DeliveryView,
  type SentView,
  type WebhookView,
} from "./webhooks.schema.ts";
import {
  changeWebhook,
  createWebhook,
  ownWebhook,
  removeWebhook,
  replayFrom,
  rotateSecret,
} from "./webhooks.service.ts";

const PROBLEMS: Readonly<Record<string, string>> = {
  "private-address": "the address is not on the public internet",
  "not-found": "no such name was found",
  "not-reached": "nobody listens there",
  timeout: "no answer in time",
  tls: "its certificate could not be trusted",
  broken: "the connection broke",
  stopped: "Covershare was stopping",
  "secret-unreadable": "Covershare could not sign it: make a new secret",
};

/** `It answered 500`, or why there was no answer. */
const speakAnswer = (sent: Pick<SentView, "status" | "problem">): string =>
  sent.status === null ? (PROBLEMS[sent.problem ?? "broken"] ?? "no answer") : `answered ${sent.status}`;

const stateOf = (webhook: WebhookView): { words: string; tone: string } => {
  if (webhook.state === "paused") return { words: "Paused", tone: "grey" };
  if (webhook.state === "disabled") return { words: "Stopped", tone: "red" };
  return webhook.failures > 0 ? { words: "Failing", tone: "orange" } : { words: "On", tone: "blue" };
};

const speak = (iso: string | null): string | undefined => (iso === null ? undefined : speakInstant(new Date(iso)));

const presentWebhook = (webhook: WebhookView) => ({
  ...webhook,
  ...stateOf(webhook),
  isActive: webhook.state === "active",
  isFailing: webhook.state === "active" && webhook.failures > 0,
  behind: webhook.lastOffset - webhook.afterOffset,
  since: speak(webhook.failingSince),
  nextTry: speak(webhook.nextTryAt),
  rotating: speak(webhook.rotatingUntil),
  what: webhook.types.length === 0 ? "Everything" : webhook.types.join(", "),
});

const presentDelivery = (delivery: DeliveryView) => ({
  ...delivery,
  when: speakInstant(new Date(delivery.lastAt)),
  answer: speakAnswer(delivery),
  isDelivered: delivery.state === "delivered",
});

type Shown = { readonly secret?: string; readonly sent?: SentView };

const SHOWN_DELIVERIES = 30;

/** Pages on which a manager connects the practice's own tools. What shows a secret shows it once. */
export const webhookPages = ({ settings, poster }: WebhookParts): readonly AppPage[] => {
  const typeChoices = settings.eventTypes.map((type) => ({ value: type, text: type }));

  const showList = async (actor: Actor, { q }: Database, state: FormState = blank()): Promise<View> =>
    view({
      template: "webhooks/list.njk",
      title: "Webhooks",
      form: state,
      data: {
        webhooks: (await listWebhooks(q, actor.organisationCode)).map(presentWebhook),
        typeChoices: settings.eventTypes.map((type) => ({ value: type, text: type })),
      },
    });

  const showOne = async (actor: Actor, { q }: Database, id: string, shown: Shown = {}): Promise<View> => {
    const webhook = await ownWebhook(q, actor, id);
    const deliveries = await listDeliveries(q, id, { limit: SHOWN_DELIVERIES });
    return view({
      template: "webhooks/one.njk",
      title: "Webhook",
      data: {
        webhook: presentWebhook(webhook),
        deliveries: deliveries.map(presentDelivery),
        typeChoices,
        secret: shown.secret,
        sent: shown.sent === undefined ? undefined : { ...shown.sent, answer: speakAnswer(shown.sent) },
      },
    });
  };

  const ofOne = {
    access: managersOnly,
    params: webhookParams,
    again: async ({ actor, params }: { actor: Actor; params: { id: string } }, database: Database): Promise<View> =>
      showOne(actor, database, params.id),
  } as const;
  const pressed = { ...ofOne, input: z.object({}), read: () => ({}) } as const;
  const back = (id: string, title: string): Redirect => redirect(`/settings/webhooks/${id}`, { kind: "done", title });

  return [
    page(
      { path: "/settings/webhooks", summary: "Webhooks", access: managersOnly, params: none, query: none },
      async ({ actor }, database) => showList(actor, database),
    ),
    openForm(
      {
        path: "/settings/webhooks",
        summary: "Add a webhook; its secret is shown once",
        access: managersOnly,
        params: none,
        input: webhookBody,
        read: (fields) => ({ url: fields.text("url") ?? "", types: fields.list("types") }),
        again: async ({ actor }, database, state) => showList(actor, database, state),
      },
      async ({ actor, input }, database) => {
        const made = await database.transact(async (tx) => createWebhook(tx, actor, settings, input));
        return showOne(actor, database, made.id, { secret: made.secret });
      },
    ),
    page(
      {
        path: "/settings/webhooks/:id",
        summary: "One webhook with its latest messages",
        access: managersOnly,
        params: webhookParams,
        query: none,
      },
      async ({ actor, params }, database) => showOne(actor, database, params.id),
    ),
    openForm(
      { ...pressed, path: "/settings/webhooks/:id/test", summary: "Send a test message to a webhook" },
      async ({ actor, params }, database) => {
        const sent = await sendTest(database, { poster, sealer: settings.sealer }, actor, params.id);
        return showOne(actor, database, params.id, { sent });
      },
    ),
    openForm(
      { ...pressed, path: "/settings/webhooks/:id/rotate", summary: "A new secret for a webhook, shown once" },
      async ({ actor, params }, database) => {
        const { secret } = await database.transact(async (tx) => rotateSecret(tx, actor, settings, params.id));
        return showOne(actor, database, params.id, { secret });
      },
    ),
    ...(["pause", "resume"] as const).map((verb) =>
      form(
        { ...pressed, path: `/settings/webhooks/:id/${verb}`, summary: `${verb} a webhook` },
        async ({ actor, params }, tx) => {
          await changeWebhook(tx, actor, settings, params.id, undefined, { isActive: verb === "resume" });
          return back(
            params.id,
            verb === "resume" ? "It goes on where it stopped." : "Paused. Nothing is lost meanwhile.",
          );
        },
      ),
    ),
    form(
      {
        ...ofOne,
        path: "/settings/webhooks/:id/change",
        summary: "Change a webhook's address, or what it sends",
        input: webhookBody,
        read: (fields) => ({ url: fields.text("url") ?? "", types: fields.list("types") }),
      },
      async ({ actor, params, input }, tx) => {
        await changeWebhook(tx, actor, settings, params.id, undefined, input);
        return back(params.id, "The webhook is changed.");
      },
    ),
    form(
      {
        ...ofOne,
        path: "/settings/webhooks/:id/replay",
        summary: "Send messages again, or skip some",
        input: replayBody,
        read: (fields) => ({ after: fields.number("after") }),
      },
      async ({ actor, params, input }, tx) => {
        await replayFrom(tx, actor, params.id, input.after);
        return back(params.id, `Messages after number ${input.after} are sent.`);
      },
    ),
    openForm(
      {
        ...pressed,
        path: "/settings/webhooks/:id/messages/:offset/resend",
        summary: "Send one message again",
        params: messageParams,
      },
      async ({ actor, params }, database) => {
        const sent = await resendMessage(
          database,
          { poster, sealer: settings.sealer },
          actor,
          params.id,
          params.offset,
        );
        return showOne(actor, database, params.id, { sent });
      },
    ),
    form(
      { ...pressed, path: "/settings/webhooks/:id/remove", summary: "Remove a webhook" },
      async ({ actor, params }, tx) => {
        await removeWebhook(tx, actor, params.id);
        return redirect("/settings/webhooks", { kind: "done", title: "The webhook is removed." });
      },
    ),
  ];
};
