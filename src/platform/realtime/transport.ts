import websocket from "@fastify/websocket";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Duplex } from "node:stream";
import { DomainError } from "../errors/domain-error.ts";
import { problem } from "../http/problem.ts";
import type { Logger } from "../log/log.ts";
import type { Admission, Hub } from "./hub.ts";
import { SUBPROTOCOL } from "./protocol.ts";

export interface StreamRouteOptions<A> {
  readonly path: string;
  readonly hub: Hub<A>;
  /** Decides before the upgrade who follows what (rule S2); throws to refuse. */
  readonly admit: (request: FastifyRequest) => Promise<Admission<A>>;
  readonly log: Logger;
}

/** A client says one short thing; the default of ws would take 100 MiB. */
const MAX_FRAME_BYTES = 4 * 1024;

const nothingThere = new DomainError("not-found", "not-found", "There is no stream at this address.");

const offeredProtocols = (request: FastifyRequest): string[] =>
  (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());

/**
 * Follows every socket that asks for an upgrade, so that closing can end them all. Once an HTTP server has handed a socket
 * over it forgets it, yet waits for it when closing; and a refusal sent while closing leaves the socket half open for ever.
 */
const trackUpgrades = (server: FastifyInstance): { endAll(): void } => {
  const sockets = new Set<Duplex>();
  let isEnding = false;
  server.server.on("upgrade", (_request, socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // After the answer has been written: the client should learn that it may come back.
    if (isEnding) setTimeout(() => socket.destroy(), 100);
  });
  return {
    endAll: () => {
      isEnding = true;
      for (const socket of sockets) socket.destroy();
    },
  };
};

/** Adds the stream's route. Refusals are problem documents, because they come before the upgrade. */
export const addStreamRoute = async <A>(server: FastifyInstance, options: StreamRouteOptions<A>): Promise<void> => {
  const { hub, log } = options;
  const upgrades = trackUpgrades(server);
  const admissions = new WeakMap<FastifyRequest, Admission<A>>();
  await server.register(websocket, {
    options: {
      maxPayload: MAX_FRAME_BYTES,
      // Compression took seven eighths of the throughput, for messages of a few hundred bytes.
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    },
    preClose: async () => {
      await hub.close();
      upgrades.endAll();
    },
    errorHandler: (error, socket) => {
      log.debug({ error: error.message }, "a stream's socket failed");
      socket.terminate();
    },
  });
  // Elsewhere an upgrade would succeed, for anybody, and only then be closed.
  server.addHook("preValidation", async (request) => {
    if (request.ws && request.routeOptions.url !== options.path) throw nothingThere;
  });
  server.route({
    method: "GET",
    url: options.path,
    preValidation: async (request) => {
      const admission = await options.admit(request);
      if (!request.ws) return;
      if (!offeredProtocols(request).includes(SUBPROTOCOL)) {
        throw new DomainError("invalid", "subprotocol-missing", `Connect with the subprotocol ${SUBPROTOCOL}.`);
      }
      hub.mayConnect(admission.user, admission.address);
      admissions.set(request, admission);
    },
    handler: async (_request, reply) =>
      reply
        .code(426)
        .headers({ upgrade: "websocket", connection: "upgrade" })
        .type("application/problem+json; charset=utf-8")
        .send(JSON.stringify(problem(426, "upgrade-required", "Connect here with a WebSocket."))),
    wsHandler: (socket, request) => {
      const admission = admissions.get(request);
      if (admission === undefined) socket.terminate();
      else hub.attach(socket, admission);
    },
  });
};
