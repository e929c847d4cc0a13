import type { FastifyInstance, FastifyRequest } from "fastify";
import { beginSpan, type OpenSpan, type SpanSink } from "./trace.ts";

const open = new WeakMap<FastifyRequest, OpenSpan>();

/** The ids of a request, for lines that are written after its own work has ended. */
export const traceOfRequest = (request: FastifyRequest): Readonly<Record<string, string>> =>
  open.get(request)?.fields ?? {};

/** Paths that are asked every few seconds by machines: no spans of them. */
const isRoutine = (path: string): boolean => ["/healthz", "/readyz", "/metrics"].includes(path);

/** Every request is a span, of the caller's trace if it names one (W3C `traceparent`). */
export const addTracing = (server: FastifyInstance, sink: SpanSink | undefined): void => {
  server.addHook("onRequest", (request, _reply, done) => {
    const { traceparent } = request.headers;
    const span = beginSpan({
      name: request.method,
      kind: "server",
      from: { traceparent: typeof traceparent === "string" ? traceparent : "", requestId: request.id },
      sink: isRoutine(request.url) ? undefined : sink,
    });
    open.set(request, span);
    span.run(done);
  });
  // Reading the body comes back on the socket's own stack.
  server.addHook("preValidation", (request, _reply, done) => {
    const span = open.get(request);
    if (span === undefined) done();
    else span.run(done);
  });
  server.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "-";
    open.get(request)?.end({
      name: `${request.method} ${route}`,
      attributes: {
        "http.request.method": request.method,
        "http.route": route,
        "http.response.status_code": reply.statusCode,
        "covershare.request_id": request.id,
      },
      isError: reply.statusCode >= 500,
    });
  });
};
