import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Queryable, Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { readHeads } from "../../platform/event-log/event-log.ts";
import { newId } from "../../platform/ids/ids.ts";
import type { Sealer } from "../../platform/secrets/sealer.ts";
import { unique } from "../../platform/lists/lists.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import {
  offsetNotKept,
  tooManyWebhooks,
  webhookAddressRefused,
  webhookChanged,
  webhookTypeUnknown,
} from "./webhooks.errors.ts";
import { changeEndpoint, deleteEndpoint, findWebhook, listWebhooks } from "./webhooks.repository.ts";
import { OVERLAP_HOURS, SECRET_PREFIX } from "./webhooks.rules.ts";
import type { WebhookBody, WebhookPatch, WebhookView, WebhookWithSecret } from "./webhooks.schema.ts";
import { webhookEndpoints } from "./webhooks.table.ts";

/** What the composition root knows and this feature does not. */
export interface WebhookSettings {
  /** Types of all events that there are. */
  readonly eventTypes: readonly string[];
  /** Whether an address may be given at all; names are looked up, and judged, only when something is sent. */
  readonly mayReach: (url: string) => boolean;
  /** Secrets are stored sealed. */
  readonly sealer: Sealer;
}

const MOST = 10;

const newWebhookSecret = (): string => `${SECRET_PREFIX}${randomBytes(32).toString("base64")}`;

const refuseBad = (settings: WebhookSettings, { url, types }: WebhookPatch): void => {
  if (url !== undefined && !settings.mayReach(url)) throw webhookAddressRefused();
  const strange = types?.findIndex((type) => !settings.eventTypes.includes(type)) ?? -1;
  if (strange >= 0) throw webhookTypeUnknown(strange);
};

/** One webhook of the actor's organisation. */
export const ownWebhook = async (q: Queryable, actor: Actor, id: string): Promise<WebhookView> => {
  const found = await findWebhook(q, actor.organisationCode, id);
  if (found === undefined) throw notFound("webhook");
  return found;
};

/** Begins with what happens next, not with history. */
export const createWebhook = async (
  tx: Tx,
  actor: Actor,
  settings: WebhookSettings,
  input: WebhookBody,
): Promise<WebhookWithSecret> => {
  refuseBad(settings, input);
  const { organisationCode } = actor;
  if ((await listWebhooks(tx.q, organisationCode)).length >= MOST) throw tooManyWebhooks(MOST);
  const [head] = await readHeads(tx.q, [organisationCode]);
  const [id, secret] = [newId(), newWebhookSecret()];
  await tx.q.insert(webhookEndpoints).values({
    id,
    organisationCode,
    url: input.url,
    types: unique(input.types),
    state: "active",
    secret: settings.sealer.seal(secret, id),
    afterOffset: head?.lastOffset ?? 0,
    failures: 0,
    createdBy: actor.userId,
    createdAt: sql`app_now()`,
    version: 1,
  });
  await recordAudit(tx, actor, "webhook.create", id, { types: input.types });
  return { ...(await ownWebhook(tx.q, actor, id)), secret };
};

const noFailures = { failures: 0, failingSince: null, dueAt: null } as const;

/** Changes what the patch names. Switched on again, or sent elsewhere, it goes on where it stopped, at once. */
export const changeWebhook = async (
  tx: Tx,
  actor: Actor,
  settings: WebhookSettings,
  id: string,
  version: number | undefined,
  patch: WebhookPatch,
): Promise<WebhookView> => {
  refuseBad(settings, patch);
  const before = await ownWebhook(tx.q, actor, id);
  if (version !== undefined && before.version !== version) throw webhookChanged(before.version);
  const { url, types, isActive } = patch;
  await changeEndpoint(tx.q, id, {
    ...(url === undefined ? {} : { url, ...noFailures }),
    ...(types === undefined ? {} : { types: unique(types) }),
    ...(isActive === undefined ? {} : { state: isActive ? "active" : "paused", endReason: null, ...noFailures }),
  });
  await recordAudit(tx, actor, "webhook.change", id, { changed: Object.keys(patch) });
  return ownWebhook(tx.q, actor, id);
};

export const removeWebhook = async (tx: Tx, actor: Actor, id: string): Promise<void> => {
  if (!(await deleteEndpoint(tx.q, actor.organisationCode, id))) throw notFound("webhook");
  await recordAudit(tx, actor, "webhook.remove", id);
};

/** A new secret; for a day both sign. A second rotation within the day ends the oldest at once. */
export const rotateSecret = async (
  tx: Tx,
  actor: Actor,
  { sealer }: WebhookSettings,
  id: string,
): Promise<WebhookWithSecret> => {
  await ownWebhook(tx.q, actor, id);
  const secret = newWebhookSecret();
  await tx.q.execute(sql`
    update webhook_endpoints set previous_secret = secret, secret = ${sealer.seal(secret, id)}, version = version + 1,
      previous_until = app_now() + ${OVERLAP_HOURS} * interval '1 hour' where id = ${id}`);
  await recordAudit(tx, actor, "webhook.rotate", id);
  return { ...(await ownWebhook(tx.q, actor, id)), secret };
};

/** Goes on after `after`: earlier to send history again, later to skip a message that the receiver will never take. */
export const replayFrom = async (tx: Tx, actor: Actor, id: string, after: number): Promise<WebhookView> => {
  await ownWebhook(tx.q, actor, id);
  const [head] = await readHeads(tx.q, [actor.organisationCode]);
  const { prunedThrough, lastOffset } = head ?? { prunedThrough: 0, lastOffset: 0 };
  if (after < prunedThrough || after > lastOffset) throw offsetNotKept(prunedThrough, lastOffset);
  await changeEndpoint(tx.q, id, { afterOffset: after, ...noFailures });
  await recordAudit(tx, actor, "webhook.replay", id, { after });
  return ownWebhook(tx.q, actor, id);
};
