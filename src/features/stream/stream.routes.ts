import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Queryable } from "../../platform/db/database.ts";
import type { EventContract } from "../../platform/event-log/event-contract.ts";
import { countedAddress } from "../../platform/http/address.ts";
import type { Gatekeeper } from "../../platform/http/server.ts";
import type { Logger } from "../../platform/log/log.ts";
import type { OnFrames } from "../../platform/realtime/fan-out.ts";
import { createHub, type Admission, type Hub, type HubSettings } from "../../platform/realtime/hub.ts";
import { addStreamRoute, isUpgrade } from "../../platform/realtime/transport.ts";
import type { WakeBus } from "../../platform/realtime/wake-bus.ts";
import { anyone, read, signedIn, type Actor, type AppRoute } from "../access/index.ts";
import { isAllowedOrigin, type CookieSettings } from "../identity/index.ts";
import { buildAsyncApi } from "./async-api.ts";
import { streamOriginRefused } from "./stream.errors.ts";
import { currentOffset, endedAmong, type Listener } from "./stream.service.ts";

/** Where the stream is. Not an AppRoute, because its answer is a socket; its access is `signedIn` all the same. */
export const STREAM_PATH = "/v1/stream";

/** The routes about the stream. `contracts` are all events there are. */
export const streamRoutes = (contracts: readonly EventContract[], version: string): AppRoute[] => {
  const document = buildAsyncApi(contracts, version);
  return [
    read(
      {
        method: "GET",
        path: `${STREAM_PATH}/offset`,
        summary: "The last offset of your organisation's event log, for a client that wants only what comes next",
        tag: "stream",
        access: signedIn,
        response: z.strictObject({ offset: z.int() }),
      },
      async ({ actor }, database) => ({ body: { offset: await currentOffset(database.q, actor) } }),
    ),
    read(
      {
        method: "GET",
        path: "/asyncapi.json",
        summary: "The description of the stream (AsyncAPI 3)",
        tag: "documents",
        access: anyone,
        response: z.record(z.string(), z.unknown()),
      },
      async () => ({ body: document }),
    ),
  ];
};

export interface StreamParts {
  readonly q: Queryable;
  readonly bus: WakeBus;
  readonly gatekeeper: Gatekeeper<Actor>;
  readonly cookies: CookieSettings;
  readonly log: Logger;
  readonly settings?: Partial<HubSettings>;
  /** Told of the frames that are sent. */
  readonly onFrames?: OnFrames | undefined;
}

const wantsHeartbeat = z.object({ heartbeat: z.literal("1") });

/** Who connects, decided before the upgrade: by token, or by session cookie from one of our own pages (S2). */
const admitWith =
  ({ gatekeeper, cookies }: StreamParts) =>
  async (request: FastifyRequest): Promise<Admission<Listener>> => {
    const actor = gatekeeper.admit(await gatekeeper.identify(request), signedIn);
    const needsOrigin = isUpgrade(request) && actor.credential.kind === "session";
    const isOurs = request.headers.origin !== undefined && isAllowedOrigin(cookies, request.headers, request.host);
    if (needsOrigin && !isOurs) throw streamOriginRefused();
    return {
      who: { organisationCode: actor.organisationCode, credential: actor.credential },
      // Exactly the log of the organisation acted for (S7).
      stream: actor.organisationCode,
      user: actor.userId,
      address: countedAddress(request.ip),
      wantsHeartbeat: wantsHeartbeat.safeParse(request.query).success,
    };
  };

/** Adds `GET /v1/stream` and answers its hub, whose `hint` the hooks after a commit may call. The server closes it. */
export const addStream = (server: FastifyInstance, parts: StreamParts): Hub<Listener> => {
  const { q, bus, log, settings, onFrames } = parts;
  const hub = createHub<Listener>({
    q,
    bus,
    log,
    onFrames,
    endedAmong: (listeners) => endedAmong(q, listeners),
    ...(settings === undefined ? {} : { settings }),
  });
  addStreamRoute(server, { path: STREAM_PATH, hub, admit: admitWith(parts) });
  return hub;
};
