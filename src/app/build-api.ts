import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { createGatekeeper, createPasswords, type Chooser, type CookieSettings } from "../features/identity/index.ts";
import { createSolverRunner, type Solver } from "../features/matching/index.ts";
import { addStream } from "../features/stream/index.ts";
import type { Config } from "../config/config.ts";
import { limitUsers } from "../platform/http/limited-gatekeeper.ts";
import { createRateLimiter } from "../platform/http/rate-limit.ts";
import { addRoutes, createServer } from "../platform/http/server.ts";
import { finishGently } from "../platform/http/stopping.ts";
import type { HubSettings } from "../platform/realtime/hub.ts";
import { addMetricsRoute, measureRequests } from "../platform/telemetry/http-metrics.ts";
import { addTracing } from "../platform/telemetry/http-tracing.ts";
import { addPages } from "../platform/web/index.ts";
import { reachParts } from "./couriers.ts";
import { createFrame } from "./frame.ts";
import { allPages } from "./pages.ts";
import type { Resources } from "./resources.ts";
import { tellFrames } from "./telemetry.ts";
import { openPoster, webhookParts } from "./webhooks.ts";
import { appRoutes, capacityPorts, requestPorts } from "./routes.ts";

/** When all desks come back at once, more connect than are accepted in a moment; beyond the list they would wait for seconds. */
const BACKLOG = 4_096;

export interface Api {
  /** Built and not listening: tests call `inject`. */
  readonly server: FastifyInstance;
  /** Open streams of this process. */
  readonly streams: () => number;
  /** Listens where the configuration says and resolves to the address, such as `http://127.0.0.1:4310`. */
  listen(): Promise<string>;
}

export interface ApiOptions {
  /** Shorter timeouts for tests. */
  readonly hub?: Partial<HubSettings>;
  readonly headersWithinMs?: number;
  /** One plain line on every page, for example that all of this is invented. */
  readonly banner?: string;
  /** Who to be, offered on the sign-in page: only where everybody is invented. */
  readonly chooser?: Chooser;
}

export const cookieSettings = ({ http }: Config): CookieSettings => ({
  isSecure: http.isSecure,
  allowedOrigins: http.allowedOrigins,
});

/** Pages, JSON API and stream on opened resources. What it opens itself is closed with them: sockets first (1012), then HTTP. */
export const buildApi = async (resources: Resources, options: ApiOptions = {}): Promise<Api> => {
  const { config, database, log } = resources;
  const { metrics, sink } = resources.telemetry;
  const cookies = cookieSettings(config);
  const { limits } = config.http;
  const gatekeeper = limitUsers(
    createGatekeeper({ database, cookies, log }),
    createRateLimiter(limits.userRequestsPerMinute),
  );
  const solver = createSolverRunner();
  resources.releasers.add("the solver's thread", () => solver.close());
  const solve: Solver = (problem) => solver.run(problem);
  const server = createServer({
    log,
    requestTimeoutMs: config.http.requestTimeoutMs,
    trustProxy: config.http.trustProxy.length === 0 ? false : [...config.http.trustProxy],
    connections: {
      max: limits.connections,
      // Behind a proxy all connections come from it; it counts its own.
      maxPerAddress: config.http.trustProxy.length === 0 ? 2 * limits.addressStreams : undefined,
    },
    ...(options.headersWithinMs === undefined ? {} : { headersWithinMs: options.headersWithinMs }),
    perAddress: createRateLimiter(limits.addressRequestsPerMinute),
  });
  addTracing(server, sink);
  measureRequests(server, metrics);
  addMetricsRoute(server, metrics, config.metricsToken);
  finishGently(server, config.shutdownMs / 2);
  // Closing the server sends the streams away first.
  resources.releasers.add("the HTTP server", () => server.close());
  const hub = addStream(server, {
    q: database.q,
    bus: resources.bus,
    gatekeeper,
    cookies,
    log,
    onFrames: tellFrames(log, sink),
    settings: {
      maxSocketsPerUser: limits.userStreams,
      maxSocketsPerAddress: limits.addressStreams,
      ...options.hub,
    },
  });
  resources.onWake((streams) => hub.hint(streams));
  metrics.addGauges([
    { name: "covershare_sockets", help: "Open streams of this process.", read: () => hub.size() },
    {
      name: "covershare_offsets_behind",
      help: "Offsets that the stream furthest behind had not been sent when this process last looked, about a second ago.",
      read: () => hub.behind(),
    },
  ]);
  const poster = openPoster(config);
  resources.releasers.add("posts to others", async () => poster.close());
  const webhooks = webhookParts(poster, resources.sealer);
  const identity = { passwords: createPasswords(), cookies };
  const reach = reachParts(config.reach);
  addRoutes(server, appRoutes({ identity, webhooks, health: resources, solve, reach }), database, gatekeeper);
  await addPages(server, {
    pages: allPages({
      reach,
      requests: requestPorts,
      capacity: capacityPorts,
      identity,
      solve,
      webhooks,
      queue: resources.queue,
      chooser: options.chooser,
    }),
    database,
    gatekeeper,
    log,
    frame: createFrame(database, cookies, options.banner),
    signInPath: "/sign-in",
    isSecure: cookies.isSecure,
  });
  return {
    server,
    streams: () => hub.size(),
    listen: async () => {
      await server.listen({ host: config.http.host, port: config.http.port, backlog: BACKLOG });
      return addressOf(server.server.address(), config.http.host);
    },
  };
};

/** What to type into a browser: a name that resolves here, whichever addresses it listens on. */
const addressOf = (bound: AddressInfo | string | null, host: string): string => {
  const name = ["0.0.0.0", "::"].includes(host) ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${bound !== null && typeof bound === "object" ? bound.port : 0}`;
};
