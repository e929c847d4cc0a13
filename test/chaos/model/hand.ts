import { z } from "zod";
import type { StreamEvent } from "../../../src/client/index.ts";

/** An offer that waits for this desk, as its stream told it. */
export interface WaitingOffer {
  readonly id: string;
  readonly kind: "slots" | "call";
  readonly needs: number;
  readonly slots: readonly string[];
}

/** What a desk has in hand: nothing but what its own stream has told it. */
export interface Hand {
  readonly offers: ReadonlyMap<string, WaitingOffer>;
  /** Own requests that still look. */
  readonly requests: ReadonlySet<string>;
  /** Live agreements on either side, by id, with the step they stand at. */
  readonly agreements: ReadonlyMap<string, { readonly side: "home" | "supporting"; readonly step: string }>;
  hear(event: StreamEvent): void;
  /** Answered, or left to lapse. */
  putAside(offerId: string): void;
}

const made = z.object({
  offerId: z.string(),
  kind: z.enum(["slots", "call"]),
  awaiting: z.enum(["home", "supporting"]),
  homeCode: z.string(),
  supportingCode: z.string(),
  needs: z.number(),
  slots: z.array(z.object({ id: z.string() })),
});
const changed = z.object({ offerId: z.string(), state: z.string() });
const counted = z.object({ reference: z.string(), homeCode: z.string(), looking: z.number() });
const agreed = z.object({
  homeCode: z.string(),
  supportingCode: z.string(),
  agreements: z.array(z.object({ id: z.string() })),
});
const cancelled = z.object({ agreement: z.object({ id: z.string() }) });
const stepped = z.object({ agreements: z.array(z.object({ id: z.string(), step: z.string() })) });

export const openHand = (code: string): Hand => {
  const offers = new Map<string, WaitingOffer>();
  const requests = new Set<string>();
  const agreements = new Map<string, { readonly side: "home" | "supporting"; readonly step: string }>();
  const heard: Readonly<Record<string, (data: unknown) => void>> = {
    "offer.made": (data) => {
      const { offerId, kind, awaiting, homeCode, supportingCode, needs, slots } = made.parse(data);
      if ((awaiting === "home" ? homeCode : supportingCode) !== code) return;
      offers.set(offerId, { id: offerId, kind, needs, slots: slots.map(({ id }) => id) });
    },
    "offer.changed": (data) => {
      const { offerId, state } = changed.parse(data);
      if (state !== "waiting") offers.delete(offerId);
    },
    "request.changed": (data) => {
      const { reference, homeCode, looking } = counted.parse(data);
      if (homeCode !== code) return;
      if (looking > 0) requests.add(reference);
      else requests.delete(reference);
    },
    "agreement.made": (data) => {
      const { homeCode, agreements: fresh } = agreed.parse(data);
      for (const { id } of fresh)
        agreements.set(id, { side: homeCode === code ? "home" : "supporting", step: "agreed" });
    },
    "agreement.cancelled": (data) => void agreements.delete(cancelled.parse(data).agreement.id),
    "agreement.stepped": (data) => {
      for (const { id, step } of stepped.parse(data).agreements) {
        const known = agreements.get(id);
        if (known !== undefined) agreements.set(id, { ...known, step });
      }
    },
  };
  return {
    offers,
    requests,
    agreements,
    hear: ({ type, data }) => heard[type]?.(data),
    putAside: (offerId) => void offers.delete(offerId),
  };
};
