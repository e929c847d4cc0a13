import { z } from "zod";
import type { Poster } from "../../platform/outbound/poster.ts";
import { command, custom, managersOnly, read, type AppRoute } from "../access/index.ts";
import { resendMessage, sendTest } from "./sending.service.ts";
import { listDeliveries, listWebhooks } from "./webhooks.repository.ts";
import {
  deliveryQuery,
  deliveryView,
  messageParams,
  replayBody,
  sentView,
  webhookBody,
  webhookParams,
  webhookPatch,
  webhookView,
  webhookWithSecret,
} from "./webhooks.schema.ts";
import {
  changeWebhook,
  createWebhook,
  ownWebhook,
  removeWebhook,
  replayFrom,
  rotateSecret,
  type WebhookSettings,
} from "./webhooks.service.ts";

export interface WebhookParts {
  readonly settings: WebhookSettings;
  /** For what is sent while somebody waits: a test, or one message again. */
  readonly poster: Poster;
}

const shared = { tag: "Webhooks", access: managersOnly } as const;
const notStored = { "cache-control": "no-store" };

/** Routes about outgoing webhooks (Standard Webhooks). Those that answer a secret keep no answer for an Idempotency-Key. */
export const webhookRoutes = ({ settings, poster }: WebhookParts): readonly AppRoute[] => [
  read(
    {
      ...shared,
      method: "GET",
      path: "/v1/webhooks",
      summary: "Your organisation's webhooks, and how far each has come in its event log",
      response: z.strictObject({ items: z.array(webhookView) }),
    },
    async ({ actor }, { q }) => ({ body: { items: await listWebhooks(q, actor.organisationCode) } }),
  ),
  custom(
    {
      ...shared,
      method: "POST",
      path: "/v1/webhooks",
      summary: "Have your organisation's events posted to an address; the signing secret is shown this once",
      body: webhookBody,
      response: webhookWithSecret,
    },
    async ({ actor, body }, database) => {
      const created = await database.transact(async (tx) => createWebhook(tx, actor, settings, body));
      return { status: 201, body: created, etag: created.version, headers: notStored };
    },
  ),
  read(
    {
      ...shared,
      method: "GET",
      path: "/v1/webhooks/:id",
      summary: "One webhook",
      params: webhookParams,
      response: webhookView,
    },
    async ({ actor, params }, { q }) => {
      const found = await ownWebhook(q, actor, params.id);
      return { body: found, etag: found.version };
    },
  ),
  command(
    {
      ...shared,
      method: "PATCH",
      path: "/v1/webhooks/:id",
      summary: "Change a webhook's address or types, pause it, or switch it on again where it stopped",
      params: webhookParams,
      needsIfMatch: true,
      body: webhookPatch,
      response: webhookView,
    },
    async ({ actor, params, body, ifMatch }, tx) => {
      const changed = await changeWebhook(tx, actor, settings, params.id, ifMatch ?? 0, body);
      return { body: changed, etag: changed.version };
    },
  ),
  command(
    { ...shared, method: "DELETE", path: "/v1/webhooks/:id", summary: "Remove a webhook", params: webhookParams },
    async ({ actor, params }, tx) => {
      await removeWebhook(tx, actor, params.id);
      return { status: 204 };
    },
  ),
  custom(
    {
      ...shared,
      method: "POST",
      path: "/v1/webhooks/:id/rotate",
      summary: "A new signing secret, shown this once; for 24 hours the former one signs too",
      params: webhookParams,
      response: webhookWithSecret,
    },
    async ({ actor, params }, database) => {
      const rotated = await database.transact(async (tx) => rotateSecret(tx, actor, settings, params.id));
      return { body: rotated, etag: rotated.version, headers: notStored };
    },
  ),
  custom(
    {
      ...shared,
      method: "POST",
      path: "/v1/webhooks/:id/test",
      summary: "Send a message of type `test` now, and say what was answered",
      params: webhookParams,
      response: sentView,
    },
    async ({ actor, params }, database) => ({
      body: await sendTest(database, { poster, sealer: settings.sealer }, actor, params.id),
    }),
  ),
  command(
    {
      ...shared,
      method: "POST",
      path: "/v1/webhooks/:id/replay",
      summary: "Go on after another offset: an earlier one sends history again, a later one skips",
      params: webhookParams,
      body: replayBody,
      response: webhookView,
    },
    async ({ actor, params, body }, tx) => {
      const replaying = await replayFrom(tx, actor, params.id, body.after);
      return { body: replaying, etag: replaying.version };
    },
  ),
  custom(
    {
      ...shared,
      method: "POST",
      path: "/v1/webhooks/:id/messages/:offset/resend",
      summary: "Send one message of the log again now, out of turn and with the id that it had",
      params: messageParams,
      response: sentView,
    },
    async ({ actor, params }, database) => ({
      body: await resendMessage(database, { poster, sealer: settings.sealer }, actor, params.id, params.offset),
    }),
  ),
  read(
    {
      ...shared,
      method: "GET",
      path: "/v1/webhooks/:id/deliveries",
      summary: "What became of a webhook's messages, the latest first",
      params: webhookParams,
      query: deliveryQuery,
      response: z.strictObject({ items: z.array(deliveryView) }),
    },
    async ({ actor, params, query }, { q }) => {
      await ownWebhook(q, actor, params.id);
      return { body: { items: await listDeliveries(q, params.id, query) } };
    },
  ),
];
