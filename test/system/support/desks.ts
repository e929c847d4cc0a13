import { WebSocket } from "ws";
import { z } from "zod";
import {
  ApiProblem,
  createApiClient,
  openStream,
  type ApiClient,
  type StreamEvent,
} from "../../../src/client/index.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import { offerMade, type OfferView } from "../../../src/features/offers/index.ts";
import { offerPage } from "../../../src/features/offers/offers.schema.ts";
import { requestView, type RequestView } from "../../../src/features/requests/requests.schema.ts";
import { bearer } from "../../support/app.ts";
import { until, type TestDatabase } from "../../support/index.ts";

/** Where a client's next request and next connection go, as behind a load balancer that knows who is up. */
export interface Door {
  address: string;
}

/** Somebody at a desk, as a program: speaks the API and follows the stream, through whichever process its door leads to. */
export interface Desk {
  readonly code: string;
  readonly door: Door;
  readonly api: ApiClient;
  /** Every event that the client handed on, in order. */
  readonly events: readonly StreamEvent[];
  /** Offsets of event frames as they came, one list for each connection that was made: what the server itself did. */
  readonly connections: readonly number[][];
  /** What the client complained of, such as a gap. */
  readonly problems: readonly unknown[];
  isLive(): boolean;
  /** Ids of offers that the stream has told of. */
  offered(): string[];
  /** What waits for this desk's answer. */
  waiting(): Promise<readonly OfferView[]>;
  close(): void;
}

export type Outcome = { readonly won: z.output<typeof agreedBody> } | { readonly lost: ApiProblem };

const agreedBody = z.looseObject({
  state: z.string(),
  agreed: z.array(z.looseObject({ id: z.string(), ref: z.string() })),
  stillWanted: z.number(),
});

const frameOffset = z.looseObject({ offset: z.int(), id: z.string() });

const offsetOf = (data: unknown): number | undefined => {
  const parsed = frameOffset.safeParse(typeof data === "string" ? JSON.parse(data) : undefined);
  return parsed.success ? parsed.data.offset : undefined;
};

/** Reconnects at once and without spreading: a test has one client, and waits for it. */
const hasty = { backoff: { baseMs: 20, maxMs: 200 }, restartSpreadMs: 50 };

/** An API client of the actor through the door; commands outlive a process that dies. */
export const apiOf = async (db: TestDatabase, actor: Actor, door: Door): Promise<ApiClient> => {
  const headers = await bearer(db, actor);
  return createApiClient({
    baseUrl: "",
    headers: () => headers,
    // Many on few cores: a busy "not now" is no answer yet, so it is tried often.
    attempts: 10,
    backoff: { baseMs: 50, maxMs: 1_000 },
    fetch: async (path, init) => fetch(typeof path === "string" ? door.address + path : path, init),
  });
};

/** Sits the actor down: resolves once the stream is live. */
export const openDesk = async (db: TestDatabase, actor: Actor, door: Door): Promise<Desk> => {
  const headers = await bearer(db, actor);
  const api = await apiOf(db, actor, door);
  const events: StreamEvent[] = [];
  const connections: number[][] = [];
  const problems: unknown[] = [];
  const stream = openStream({
    url: "/v1/stream",
    after: 0,
    settings: hasty,
    onEvent: (event) => void events.push(event),
    onReset: async () => {
      throw new Error("nothing was pruned, so nobody may be told to start afresh");
    },
    onProblem: (problem) => void problems.push(problem),
    createSocket: (path, protocols) => {
      const seen: number[] = [];
      connections.push(seen);
      const socket = new WebSocket(`${door.address.replace("http", "ws")}${path}`, [...protocols], { headers });
      socket.addEventListener("message", ({ data }) => {
        const offset = offsetOf(data);
        if (offset !== undefined) seen.push(offset);
      });
      return socket;
    },
  });
  await until(() => stream.status().state === "live", { withinMs: 15_000, what: "the stream is live" });
  return {
    code: actor.organisationCode,
    door,
    api,
    events,
    connections,
    problems,
    isLive: () => stream.status().state === "live",
    offered: () =>
      events.filter(({ type }) => type === offerMade.type).map(({ data }) => offerMade.data.parse(data).offerId),
    waiting: async () => {
      const { value } = await api.get({
        path: "/v1/offers?awaiting=me&limit=200",
        parse: (body) => offerPage.parse(body),
      });
      return value.items;
    },
    close: () => stream.close(),
  };
};

/** Accepts an offer, all of it or the ticked times; what is not a refusal with a problem document is thrown. */
export const accept = async (api: ApiClient, offerId: string, slots?: readonly string[]): Promise<Outcome> => {
  try {
    const { value } = await api.command({
      method: "POST",
      path: `/v1/offers/${offerId}/accept`,
      body: slots === undefined ? {} : { slots },
      parse: (body) => agreedBody.parse(body),
    });
    return { won: value };
  } catch (error) {
    if (error instanceof ApiProblem) return { lost: error };
    throw error;
  }
};

export const winsOf = (outcomes: readonly Outcome[]) =>
  outcomes.flatMap((outcome) => ("won" in outcome ? [outcome.won] : []));
export const lossesOf = (outcomes: readonly Outcome[]): ApiProblem[] =>
  outcomes.flatMap((outcome) => ("lost" in outcome ? [outcome.lost] : []));

/** What a loser is told (O4). */
export const whatIsLeft = z.looseObject({
  status: z.literal(409),
  code: z.enum(["offer-closed", "slots-not-in-offer"]),
  state: z.string(),
  answeredBy: z.string().nullable(),
  stillWanted: z.int().min(0),
  otherOffers: z.array(z.uuid()),
});

/** Posts a cover request and resolves to its reference. */
export const post = async (api: ApiClient, request: Readonly<Record<string, unknown>>): Promise<string> => {
  const { value } = await api.command({
    method: "POST",
    path: "/v1/cover-requests",
    body: { reason: "staff-absence", ...request },
    parse: (body) => requestView.parse(body).reference,
  });
  return value;
};

export const readRequest = async (api: ApiClient, reference: string): Promise<RequestView> => {
  const { value } = await api.get({
    path: `/v1/cover-requests/${reference}`,
    parse: (body) => requestView.parse(body),
  });
  return value;
};

/** Desks that accept whatever they hear of on the stream, when told to look. */
export const answering = (desks: readonly Desk[]) => {
  const answered = new Set<string>();
  const outcomes: Outcome[] = [];
  return {
    /** What each answer came to, so far. */
    outcomes,
    /** Accepts every offer heard of since, all desks at once. */
    answerAll: async (): Promise<void> => {
      const fresh = desks.flatMap((desk) =>
        desk.offered().flatMap((id) => (answered.has(id) ? [] : [{ api: desk.api, id }])),
      );
      for (const { id } of fresh) answered.add(id);
      outcomes.push(...(await Promise.all(fresh.map(async ({ api, id }) => accept(api, id)))));
    },
  };
};
