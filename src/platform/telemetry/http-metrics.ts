import type { FastifyInstance } from "fastify";
import { equalSecrets } from "../ids/ids.ts";
import type { Metrics } from "./metrics.ts";

export const METRICS_PATH = "/metrics";

/** Counts every request by its route: never by its address, which has no end of values. */
export const measureRequests = (server: FastifyInstance, metrics: Metrics): void => {
  server.addHook("onResponse", async (request, reply) => {
    metrics.observeRequest(
      { method: request.method, route: request.routeOptions.url ?? "-", status: String(reply.statusCode) },
      reply.elapsedTime / 1_000,
    );
  });
};

/**
 * `GET /metrics` for Prometheus, with `Authorization: Bearer <token>`. Without a token in the configuration there is no
 * such address; with a wrong one it looks the same (P3): figures of a group are nobody else's business.
 */
export const addMetricsRoute = (server: FastifyInstance, metrics: Metrics, token: string | undefined): void => {
  if (token === undefined) return;
  server.get(METRICS_PATH, async (request, reply) => {
    const given = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (given === undefined || !equalSecrets(given, token)) {
      reply.callNotFound();
      return reply;
    }
    return reply
      .header("cache-control", "no-store")
      .type(metrics.contentType)
      .send(await metrics.text());
  });
};
