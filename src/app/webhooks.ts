import type { Config } from "../config/config.ts";
import { queueMail } from "../features/reach/index.ts";
import { createCourier, type Courier, type CourierParts, type WebhookParts } from "../features/webhooks/index.ts";
import type { Database } from "../platform/db/database.ts";
import type { Logger } from "../platform/log/log.ts";
import type { Sealer } from "../platform/secrets/sealer.ts";
import { createPoster, type Poster } from "../platform/outbound/poster.ts";
import { eventContracts } from "./events.ts";

/** The standard's upper bound is 30 s; receivers that need longer should answer first and work later. */
const POST_TIMEOUT_MS = 10_000;
/** Longer than a post may take, and short enough that the endpoint of a killed matcher does not wait long. */
const LEASE_MS = POST_TIMEOUT_MS + 5_000;
const ENDPOINTS_AT_ONCE = 8;

export const openPoster = ({ webhooks }: Config, timeoutMs = POST_TIMEOUT_MS): Poster =>
  createPoster({ allowsPrivate: webhooks.allowsPrivate, timeoutMs });

/** What the API and the pages of webhooks need. */
export const webhookParts = (poster: Poster, sealer: Sealer): WebhookParts => ({
  settings: { eventTypes: eventContracts.map(({ type }) => type), mayReach: (url) => poster.mayReach(url), sealer },
  poster,
});

const tellDisabled: CourierParts["tellDisabled"] = async (tx, { organisationCode, webhookId, cause }) => {
  await queueMail(tx, {
    organisationCode,
    cause,
    kind: "webhook-stopped",
    subject: "One of your webhooks has stopped",
    lines: [
      "What Covershare sends to one of your own tools did not arrive for some time, so nothing more is sent there.",
      "When the tool is well again, a manager can switch the webhook on: it goes on where it stopped, and nothing is lost.",
    ],
    link: `/settings/webhooks/${webhookId}`,
    linkText: "See the webhook",
  });
};

/** Carries webhooks in a matcher. */
export const openCourier = (parts: {
  readonly database: Database;
  readonly log: Logger;
  readonly poster: Poster;
  readonly sealer: Sealer;
  readonly leaseMs?: number;
}): Courier => createCourier({ leaseMs: LEASE_MS, ...parts, concurrency: ENDPOINTS_AT_ONCE, tellDisabled });
