import { ServerResponse, type IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { WebSocketServer } from "ws";
import { DomainError } from "../errors/domain-error.ts";
import { problem } from "../http/problem.ts";
import { createGate } from "./gate.ts";
import type { Admission, Hub } from "./hub.ts";
import { SUBPROTOCOL } from "./protocol.ts";
import { StreamSocket } from "./session.ts";

/*
 * From an HTTP request to a socket. Upgrades go through Fastify's routing like any request, so that its hooks, its errors
 * and the gatekeeper apply; what is refused is refused as HTTP. `ws` does the handshake. The request is let go of with the
 * upgrade: kept, it and its response were half of what a connection weighs (which is why this is no plugin's).
 */

export interface StreamRouteOptions<A> {
  readonly path: string;
  readonly hub: Hub<A>;
  /** Decides before the upgrade who follows what (rule S2); throws to refuse. */
  readonly admit: (request: FastifyRequest) => Promise<Admission<A>>;
}

/** A client says one short thing; the default of ws would take 100 MiB. */
const MAX_FRAME_BYTES = 4 * 1024;
/** Look-ups of who connects at once: fewer than a process has database connections. */
const ADMISSIONS_AT_ONCE = 8;

const nothingThere = new DomainError("not-found", "not-found", "There is no stream at this address.");
const gone = new DomainError("unavailable", "restarting", "Whoever asked has gone.");

const offeredProtocols = (request: FastifyRequest): string[] =>
  (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());

interface Upgrade {
  readonly socket: Socket;
  readonly head: Buffer;
}
const upgrades = new WeakMap<IncomingMessage, Upgrade>();

/** Whether this request asks to become a socket. */
export const isUpgrade = (request: FastifyRequest): boolean => upgrades.has(request.raw);

const destroy = function (this: Duplex): void {
  this.destroy();
};

interface Following {
  /** From here on somebody else ends this socket. */
  release(socket: Socket): void;
  hold(socket: Socket): void;
  endAll(): void;
}

/**
 * Routes every upgrade, and follows the sockets, so that closing can end them all. Once an HTTP server has handed a socket
 * over it forgets it, yet waits for it when closing; and a refusal sent while closing leaves the socket half open for ever.
 */
const routeUpgrades = (server: FastifyInstance): Following => {
  const sockets = new Set<Duplex>();
  let isEnding = false;
  // One for all sockets: there are thousands.
  const forget = function (this: Duplex): void {
    sockets.delete(this);
  };
  const hold = (socket: Duplex): void => {
    sockets.add(socket);
    socket.on("close", forget);
  };
  server.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    hold(socket);
    // Node has taken its own listener away, and ws adds its own only with the handshake.
    socket.on("error", destroy);
    if (!(socket instanceof Socket)) {
      socket.destroy();
      return;
    }
    // After the answer has been written: the client should learn that it may come back.
    if (isEnding) setTimeout(() => socket.destroy(), 100);
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    // A refusal; what became a socket has no response any more.
    response.once("finish", () => socket.destroySoon());
    upgrades.set(request, { socket, head });
    server.routing(request, response);
  });
  return {
    release: (socket) => {
      socket.off("close", forget);
      sockets.delete(socket);
    },
    hold,
    endAll: () => {
      isEnding = true;
      for (const socket of sockets) socket.destroy();
    },
  };
};

/** Adds the stream's route. Refusals are problem documents, because they come before the upgrade. */
export const addStreamRoute = <A>(server: FastifyInstance, options: StreamRouteOptions<A>): void => {
  const { hub } = options;
  const gate = createGate(ADMISSIONS_AT_ONCE);
  const admissions = new WeakMap<FastifyRequest, Admission<A>>();
  const handshakes = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_FRAME_BYTES,
    // Compression took seven eighths of the throughput, for messages of a few hundred bytes.
    perMessageDeflate: false,
    WebSocket: StreamSocket,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  const following = routeUpgrades(server);
  server.addHook("preClose", async () => {
    await hub.close();
    following.endAll();
  });
  server.addHook("preValidation", async (request) => {
    if (isUpgrade(request) && request.routeOptions.url !== options.path) throw nothingThere;
  });
  server.route({
    method: "GET",
    url: options.path,
    preValidation: async (request) => {
      const admission = await gate(async () => {
        if (request.raw.socket.destroyed) throw gone;
        return options.admit(request);
      });
      if (!isUpgrade(request)) return;
      if (!offeredProtocols(request).includes(SUBPROTOCOL)) {
        throw new DomainError("invalid", "subprotocol-missing", `Connect with the subprotocol ${SUBPROTOCOL}.`);
      }
      hub.mayConnect(admission.user, admission.address);
      admissions.set(request, admission);
    },
    handler: async (request, reply) => {
      const upgrade = upgrades.get(request.raw);
      const admission = admissions.get(request);
      if (upgrade === undefined || admission === undefined)
        return reply
          .code(426)
          .headers({ upgrade: "websocket", connection: "upgrade" })
          .type("application/problem+json; charset=utf-8")
          .send(JSON.stringify(problem(426, "upgrade-required", "Connect here with a WebSocket.")));
      void reply.hijack();
      const { socket, head } = upgrade;
      reply.raw.detachSocket(socket);
      socket.off("error", destroy);
      // Released first: of three listeners for the close Node would keep a list with room for twenty.
      following.release(socket);
      handshakes.handleUpgrade(request.raw, socket, head, (webSocket) => {
        if (!hub.attach(webSocket, socket, admission)) following.hold(socket);
      });
      return reply;
    },
  });
};
