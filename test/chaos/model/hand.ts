import { z } from "zod";
import type { StreamEvent } from "../../../src/client/index.ts";

/** An offer that waits for this desk, as its stream told it. */
export interface WaitingOffer {
  readonly id: string;
  readonly kind: "slots" | "call";
  readonly needs: number;
  readonly slots: readonly string[];
}

export interface HeldAgreement {
  readonly side: "home" | "supporting";
  readonly step: string;
  readonly reference: string;
  readonly ref: string;
  readonly supportingCode: string;
}

/** What a desk has in hand: nothing but what its own stream has told it. */
export interface Hand {
  readonly offers: ReadonlyMap<string, WaitingOffer>;
  /** Own requests that still look. */
  readonly requests: ReadonlySet<string>;
  /** Live agreements on either side, by id. */
  readonly agreements: ReadonlyMap<string, HeldAgreement>;
  /** Own needs that came back uncovered and that nobody has acknowledged here. */
  readonly returned: readonly { readonly reference: string; readonly ref: string }[];
  /** Patients to ring, by the task's id. */
  readonly tasks: ReadonlySet<string>;
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
  reference: z.string(),
  homeCode: z.string(),
  supportingCode: z.string(),
  agreements: z.array(z.object({ id: z.string(), ref: z.string() })),
});
const returning = z.object({ reference: z.string(), homeCode: z.string(), ref: z.string() });
const task = z.object({ id: z.string(), homeCode: z.string() });
const cancelled = z.object({ agreement: z.object({ id: z.string() }) });
const stepped = z.object({ agreements: z.array(z.object({ id: z.string(), step: z.string() })) });

export const openHand = (code: string): Hand => {
  const offers = new Map<string, WaitingOffer>();
  const requests = new Set<string>();
  const agreements = new Map<string, HeldAgreement>();
  const returned: { reference: string; ref: string }[] = [];
  const tasks = new Set<string>();
  const walk = (data: unknown): void => {
    for (const { id, step } of stepped.parse(data).agreements) {
      const known = agreements.get(id);
      if (known !== undefined) agreements.set(id, { ...known, step });
    }
  };
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
      const { reference, homeCode, supportingCode, agreements: fresh } = agreed.parse(data);
      const side = homeCode === code ? "home" : "supporting";
      for (const { id, ref } of fresh) agreements.set(id, { side, step: "agreed", reference, ref, supportingCode });
    },
    "agreement.cancelled": (data) => void agreements.delete(cancelled.parse(data).agreement.id),
    "agreement.stepped": walk,
    "agreement.swapped": walk,
    "need.returned": (data) => {
      const { homeCode, reference, ref } = returning.parse(data);
      if (homeCode === code) returned.push({ reference, ref });
    },
    "task.made": (data) => {
      const { id, homeCode } = task.parse(data);
      if (homeCode === code) tasks.add(id);
    },
    "task.ended": (data) => void tasks.delete(task.parse(data).id),
  };
  return {
    offers,
    requests,
    agreements,
    returned,
    tasks,
    hear: ({ type, data }) => heard[type]?.(data),
    putAside: (offerId) => void offers.delete(offerId),
  };
};
