import { setTimeout as delay } from "node:timers/promises";
import { wallClock } from "../../../platform/clock/clock.ts";
import type { Courier, Outcome } from "../courier.ts";
import { renderPush } from "../letter.rules.ts";
import { encryptPush, isPushService, vapidHeader } from "./push.rules.ts";
import type { Subscription } from "./subscriptions.repository.ts";

export interface PushSettings {
  readonly privateKey: string;
  /** `mailto:` or https address of who runs this, for the push services. */
  readonly subject: string;
  readonly services: readonly string[];
  /** The browser behind an address; undefined: its user took the permission back. */
  readonly find: (id: string) => Promise<Subscription | undefined>;
}

const HOUR_MS = 3_600_000;
const LONGEST_MS = 20_000;

const outcomeOf = (status: number): Outcome => {
  if (status >= 200 && status < 300) return { kind: "accepted" };
  if (status === 404 || status === 410) return { kind: "gone", code: String(status) };
  return status === 429 || status >= 500
    ? { kind: "later", code: String(status) }
    : { kind: "refused", code: String(status) };
};

/** Posts to the push service of each browser (RFC 8030). A repeat has the same topic and tag: it replaces the first. */
export const createPushCourier = (settings: PushSettings): Courier => {
  const stopping = new AbortController();
  return {
    deliver: async ({ id, address, content }) => {
      const found = await settings.find(address);
      if (found === undefined || !isPushService(found.endpoint, settings.services))
        return { kind: "gone", code: "no-address" };
      const expiresAt = new Date(wallClock.now().getTime() + 12 * HOUR_MS);
      try {
        const answer = await fetch(found.endpoint, {
          method: "POST",
          redirect: "error",
          signal: AbortSignal.any([AbortSignal.timeout(LONGEST_MS), stopping.signal]),
          headers: {
            authorization: vapidHeader(found.endpoint, { ...settings, expiresAt }),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            ttl: String(4 * 3_600),
            urgency: "high",
            topic: id.replaceAll("-", ""),
          },
          body: new Uint8Array(encryptPush(JSON.stringify(renderPush(content, id)), found)),
        });
        await Promise.race([answer.body?.cancel(), delay(1_000)]);
        return outcomeOf(answer.status);
      } catch {
        return { kind: "later", code: "not-reached" };
      }
    },
    close: () => stopping.abort(),
  };
};
