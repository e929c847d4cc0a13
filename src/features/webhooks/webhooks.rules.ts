import { createHmac } from "node:crypto";
import type { LoggedEvent } from "../../platform/event-log/event-log.ts";

/*
 * Standard Webhooks 1.0 (https://www.standardwebhooks.com): what is posted, how it is signed, and when it is tried again.
 */

/** Bytes of a secret, after its prefix `whsec_` (the standard asks for 24 to 64). */
export const SECRET_PREFIX = "whsec_";

/** Both secrets sign for a day after a rotation, so that the receiver changes over without losing a message. */
export const OVERLAP_HOURS = 24;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = DAY_MS;
/** Without one success for so long, an endpoint is dead: it is disabled, and its organisation is told. */
export const DEAD_AFTER_MS = 5 * DAY_MS;

/**
 * When a message that has failed is tried again: 5 s, 20 s, 80 s, 5 min, 21 min, 1.4 h, 6 h, then daily, each half to one
 * and a half times as long (`chance` in [0, 1) decides), never sooner than the receiver asked. The last try is at the very
 * end of the five days; undefined after it.
 */
export const nextTry = (failing: {
  readonly failures: number;
  readonly since: Date;
  readonly now: Date;
  readonly retryAfterSeconds: number | null;
  readonly chance: number;
}): Date | undefined => {
  const dead = failing.since.getTime() + DEAD_AFTER_MS;
  const now = failing.now.getTime();
  if (now >= dead) return undefined;
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 4 ** Math.min(failing.failures - 1, 12));
  const asked = Math.min(LONGEST_WAIT_MS, (failing.retryAfterSeconds ?? 0) * 1_000);
  return new Date(Math.min(dead, now + Math.max(asked, Math.min(LONGEST_WAIT_MS, wait * (0.5 + failing.chance)))));
};

/** One message as it goes out: its body is made once, because the signature is of its very bytes. */
export interface Message {
  /** The webhook-id. */
  readonly id: string;
  readonly type: string;
  /** In the organisation's log; null for a test. */
  readonly offset: number | null;
  readonly body: string;
}

const message = (
  id: string,
  type: string,
  offset: number | null,
  rest: Readonly<Record<string, unknown>>,
): Message => ({
  id,
  type,
  offset,
  body: JSON.stringify({ type, ...rest }),
});

/** An event of the log, with its offset: whoever receives can see that nothing is missing, or ask for a replay. */
export const eventMessage = (event: Omit<LoggedEvent, "trace">): Message =>
  message(event.id, event.type, event.offset, {
    timestamp: event.at.toISOString(),
    organisation: event.stream,
    offset: event.offset,
    data: event.data,
  });

/** Says that history up to `offset` is no longer kept (S4): read a snapshot; what comes next follows it. */
export const resetMessage = (endpointId: string, organisation: string, offset: number, at: Date): Message =>
  message(`reset-${endpointId}-${offset}`, "reset", offset, {
    timestamp: at.toISOString(),
    organisation,
    offset,
    data: {},
  });

export const testMessage = (id: string, organisation: string, at: Date): Message =>
  message(id, "test", null, { timestamp: at.toISOString(), organisation, data: { hello: "from Covershare" } });

/** One `v1` signature of `id.timestamp.body` by a secret `whsec_…` of base64. */
export const signatureOf = (secret: string, id: string, timestamp: number, body: string): string => {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
};

/** @param at when this try is made, seconds since 1970: a receiver refuses what is older than some minutes. */
export const headersOf = (
  { id, body }: Message,
  secrets: readonly string[],
  at: number,
): Readonly<Record<string, string>> => ({
  "content-type": "application/json; charset=utf-8",
  "user-agent": "Covershare-Webhooks/1",
  "webhook-id": id,
  "webhook-timestamp": String(at),
  "webhook-signature": secrets.map((secret) => signatureOf(secret, id, at, body)).join(" "),
});

/** Only 2xx says that a message has arrived; a redirect is not followed. 410 says that nobody will ever listen again. */
export const judgeAnswer = (status: number | null): "delivered" | "gone" | "failed" => {
  if (status !== null && status >= 200 && status < 300) return "delivered";
  return status === 410 ? "gone" : "failed";
};
