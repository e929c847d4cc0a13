import { WebSocket } from "ws";
import { z } from "zod";
import { createApiClient, openStream, type ApiClient, type StreamEvent } from "../../client/index.ts";
import { agreementMade, agreementStepped } from "../../features/agreements/index.ts";
import { offerMade, offerView, type OfferView } from "../../features/offers/index.ts";
import { wallClock } from "../../platform/clock/clock.ts";

type MadeOffer = z.output<typeof offerMade.data>;

/** One invented desk: a program that speaks the API and follows the stream as a browser would. */
export interface Desk {
  readonly code: string;
  readonly api: ApiClient;
  /** Offers heard of on the stream, with the monotonic millisecond at which the frame came. */
  readonly heard: ReadonlyMap<string, { readonly offer: MadeOffer; readonly atMs: number }>;
  /** Ids of agreements heard of on the stream. */
  readonly agreements: ReadonlySet<string>;
  /** When the frame came that an agreement had reached a step; undefined: none has. */
  readonly steppedAtMs: (agreementId: string, step: string) => number | undefined;
  readonly firstAgreementAtMs: (reference: string) => number | undefined;
  /** What waits for this desk's answer, of one request. */
  waiting(reference: string): Promise<readonly OfferView[]>;
  isLive(): boolean;
  close(): void;
}

const page = z.object({ items: z.array(offerView) });

export const openDesk = (code: string, address: string, token: string, after: number): Desk => {
  const headers = { authorization: `Bearer ${token}` };
  const api = createApiClient({ baseUrl: address, headers: () => headers });
  const heard = new Map<string, { offer: MadeOffer; atMs: number }>();
  const agreements = new Set<string>();
  const stepped = new Map<string, number>();
  const firstAgreement = new Map<string, number>();
  const onEvent = (event: StreamEvent): void => {
    const atMs = wallClock.monotonicMs();
    if (event.type === offerMade.type) {
      const offer = offerMade.data.parse(event.data);
      heard.set(offer.offerId, { offer, atMs });
    }
    if (event.type === agreementStepped.type) {
      for (const { id, step } of agreementStepped.data.parse(event.data).agreements) stepped.set(`${id} ${step}`, atMs);
    }
    if (event.type === agreementMade.type) {
      const made = agreementMade.data.parse(event.data);
      for (const agreement of made.agreements) agreements.add(agreement.id);
      if (!firstAgreement.has(made.reference)) firstAgreement.set(made.reference, atMs);
    }
  };
  const stream = openStream({
    url: `${address.replace(/^http/, "ws")}/v1/stream`,
    after,
    onEvent,
    onReset: async (offset) => offset,
    createSocket: (url, protocols) => new WebSocket(url, [...protocols], { headers }),
  });
  return {
    code,
    api,
    heard,
    agreements,
    steppedAtMs: (agreementId, step) => stepped.get(`${agreementId} ${step}`),
    firstAgreementAtMs: (reference) => firstAgreement.get(reference),
    waiting: async (reference) => {
      const { value } = await api.get({ path: "/v1/offers?awaiting=me&limit=200", parse: (body) => page.parse(body) });
      return value.items.filter((offer) => offer.reference === reference);
    },
    isLive: () => stream.status().state === "live",
    close: () => stream.close(),
  };
};
