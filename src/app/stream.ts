import type { FastifyInstance, FastifyRequest } from "fastify";
import { signedIn, type Actor } from "../features/access/index.ts";
import { isAllowedOrigin, type CookieSettings } from "../features/identity/index.ts";
import { DomainError } from "../platform/errors/domain-error.ts";
import type { Gatekeeper } from "../platform/http/server.ts";
import type { Logger } from "../platform/log/log.ts";
import type { Hub } from "../platform/realtime/hub.ts";
import { addStreamRoute } from "../platform/realtime/transport.ts";

export interface StreamParts {
  readonly hub: Hub<Actor>;
  readonly gatekeeper: Gatekeeper<Actor>;
  readonly cookies: CookieSettings;
  readonly log: Logger;
}

/** `GET /v1/stream`: an actor receives exactly the log of the organisation acted for (S1, S2). */
export const addStream = async (server: FastifyInstance, parts: StreamParts): Promise<void> => {
  const { hub, gatekeeper, cookies, log } = parts;
  await addStreamRoute(server, {
    path: "/v1/stream",
    hub,
    log,
    admit: async (request: FastifyRequest) => {
      const actor = gatekeeper.admit(await gatekeeper.identify(request), signedIn);
      // A handshake is a GET, which the gatekeeper does not ask where it comes from; a browser sends its cookie to any of them.
      if (actor.credential.kind === "session" && !isAllowedOrigin(cookies, request.headers, request.host)) {
        throw new DomainError("forbidden", "foreign-origin", "This page may not follow the stream.");
      }
      return {
        who: actor,
        stream: actor.organisationCode,
        user: actor.userId,
        address: request.ip,
        wantsHeartbeat: false,
      };
    },
  });
};
