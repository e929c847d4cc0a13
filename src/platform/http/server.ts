import { Socket } from "node:net";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import { withoutSql } from "../db/sql-errors.ts";
import { DomainError } from "../errors/domain-error.ts";
import { newId } from "../ids/ids.ts";
import type { Logger } from "../log/log.ts";
import { traceOfRequest } from "../telemetry/http-tracing.ts";
import { countedAddress } from "./address.ts";
import {
  DEFAULT_CONNECTIONS,
  HEADERS_WITHIN_MS,
  limitConnections,
  parserLimits,
  type ConnectionLimits,
} from "./connections.ts";
import { fingerprint, rememberRefusal, runOnce, type Keyed, type StoredAnswer } from "./idempotency.ts";
import { readInput, type Input } from "./input.ts";
import { acceptOnlyJson, answerBroken, refuseCompressed, requireStorable } from "./intake.ts";
import { invalidInput, problem, toProblem, type Problem } from "./problem.ts";
import type { RateLimiter } from "./rate-limit.ts";
import type { Access, Answer, Call, Route } from "./route.ts";

/** How the platform learns who is calling, without knowing what a user is. */
export interface Gatekeeper<A> {
  /**
   * Begins to find out who is calling, from the headers alone, so that it need not wait for the body; `identify` finds it
   * begun. Answers by what the credential is stored, for reading ahead; undefined where there is none.
   */
  begin?(request: FastifyRequest): string | undefined;
  /** The caller, or undefined for nobody. Throws where a credential is present but must be refused (CSRF). */
  identify(request: FastifyRequest): Promise<A | undefined>;
  /** Throws `unauthenticated` or `forbidden`; returns the actor that may go on. Public routes get the anonymous actor. */
  admit(actor: A | undefined, access: Access): A;
  /** Whose idempotency keys these are. */
  scope(actor: A): string;
}

export interface ServerOptions {
  readonly log: Logger;
  readonly requestTimeoutMs: number;
  /** Addresses of proxies whose X-Forwarded-* headers count. */
  readonly trustProxy: boolean | string[];
  readonly connections?: ConnectionLimits;
  /** How long a client may take to send a request's headers. */
  readonly headersWithinMs?: number;
  /** How long a client may take nothing of an answer. */
  readonly stalledMs?: number;
  /** How often one address may call, whoever it is. */
  readonly perAddress?: RateLimiter;
}

/** Whoever takes nothing of an answer for so long will not take it any more. */
const STALLED_MS = 30_000;

const MAX_BODY = 64 * 1024;
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** An empty server with one JSON parser, request ids and problem documents. Routes are added by `addRoutes` and by pages. */
export const createServer = (options: ServerOptions): FastifyInstance => {
  const server = fastify({
    logger: false,
    bodyLimit: MAX_BODY,
    requestTimeout: options.requestTimeoutMs,
    keepAliveTimeout: 72_000,
    trustProxy: options.trustProxy,
    http: parserLimits(Math.min(options.headersWithinMs ?? HEADERS_WITHIN_MS, options.requestTimeoutMs)),
    // Addresses that cannot be decoded reach no route and no error handler.
    frameworkErrors: (error, request, reply) => {
      void reply.header("x-request-id", request.id);
      sendProblem(options.log, error, request, reply);
    },
    clientErrorHandler: answerBroken,
    // While closing, requests at hand are answered (see stopping.ts); so are those that still come on their connections.
    forceCloseConnections: "idle",
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    genReqId: (request) => {
      const given = request.headers["x-request-id"];
      return typeof given === "string" && REQUEST_ID.test(given) ? given : newId();
    },
  });
  limitConnections(server.server, options.connections ?? DEFAULT_CONNECTIONS);
  server.addHook("onRequest", async (request, reply) => {
    void reply.headers({ "x-request-id": request.id, "x-content-type-options": "nosniff" });
    refuseCompressed(request);
    if (options.perAddress === undefined) return undefined;
    try {
      options.perAddress.take(countedAddress(request.ip));
      return undefined;
    } catch (error) {
      // Answered here and now: a page of its own would ask the database, which is what a flood must not do.
      return sendProblem(options.log, error, request, reply);
    }
  });
  acceptOnlyJson(server);
  server.addHook("preValidation", async (request) => {
    for (const part of [request.params, request.query, request.body]) requireStorable(part);
  });
  // From here on, and not from the connection on: a socket would keep its timer for as long as it is a stream.
  server.addHook("onSend", async ({ raw }) => {
    if (raw.socket instanceof Socket) raw.socket.setTimeout(options.stalledMs ?? STALLED_MS);
  });
  server.addHook("onResponse", async (request, reply) => {
    options.log.info(
      {
        requestId: request.id,
        method: request.method,
        path: request.routeOptions.url ?? "-",
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        ...traceOfRequest(request),
      },
      "answered",
    );
  });
  server.setErrorHandler(async (error, request, reply) => sendProblem(options.log, error, request, reply));
  server.setNotFoundHandler(async (_request, reply) =>
    sendJson(reply, 404, problem(404, "not-found", "There is nothing at this address."), "application/problem+json"),
  );
  return server;
};

/** What is read here may be pseudonymous, and is out of date in a moment: nobody keeps a copy. */
const sendJson = (reply: FastifyReply, status: number, body: unknown, type = "application/json"): FastifyReply =>
  reply.code(status).header("cache-control", "no-store").type(`${type}; charset=utf-8`).send(JSON.stringify(body));

const returning = z.object({ retryAfterSeconds: z.number() });

/** `Retry-After`, where the problem says it. */
export const sayWhenToReturn = (reply: FastifyReply, answer: Problem): void => {
  const said = returning.safeParse(answer);
  if (said.success) void reply.header("retry-after", String(Math.ceil(said.data.retryAfterSeconds)));
};

/** Logs what is our fault, and answers with the problem document. */
export const sendProblem = (
  log: Logger,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply => {
  const answer = toProblem(error);
  if (answer.status >= 500) {
    const cause = withoutSql(error);
    log.error({ requestId: request.id, error: cause.message, stack: cause.stack }, "request failed");
  }
  sayWhenToReturn(reply, answer);
  return sendJson(reply, answer.status, answer, "application/problem+json");
};

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{8,128}$/;

const readKey = (request: FastifyRequest, scope: string): Keyed | undefined => {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key !== "string" || !IDEMPOTENCY_KEY.test(key)) {
    throw invalidInput([{ pointer: "/headers/idempotency-key", message: "Use 8 to 128 visible ASCII characters." }]);
  }
  return { scope, key, fingerprint: fingerprint(request.method, request.url, request.body) };
};

const startRun = <A>(
  { run, readAhead }: Route<A>,
  input: Input | DomainError,
  { q }: Database,
  credential: string | undefined,
): Route<A>["run"] =>
  readAhead === undefined || credential === undefined || input instanceof DomainError
    ? run
    : readAhead(q, credential, input.body);

/** Adds the routes of the JSON API. Every one passes the gatekeeper, then its schemas, then its handler. */
export const addRoutes = <A>(
  server: FastifyInstance,
  routes: readonly Route<A>[],
  database: Database,
  gatekeeper: Gatekeeper<A>,
): void => {
  for (const route of routes) {
    /** By what the credential of a request is stored, until the request is handled. */
    const credentials = new WeakMap<FastifyRequest, string>();
    server.route({
      method: route.method,
      url: route.path,
      bodyLimit: route.bodyLimit ?? MAX_BODY,
      onRequest: (request, _reply, done) => {
        const credential = route.access.kind === "public" ? undefined : gatekeeper.begin?.(request);
        if (credential !== undefined) credentials.set(request, credential);
        done();
      },
      handler: async (request, reply) => {
        // In the time that it takes to find out who calls.
        const input = readInput(route, request);
        const run = startRun(route, input, database, credentials.get(request));
        const actor = gatekeeper.admit(
          route.access.kind === "public" ? undefined : await gatekeeper.identify(request),
          route.access,
        );
        if (input instanceof DomainError) throw input;
        const call = { ...input, actor, request, reply };
        if (route.kind !== "command") return sendAnswer(reply, await run(call, database, undefined));
        return runCommand(run, call, database, gatekeeper.scope(actor));
      },
    });
  }
};

const sendAnswer = (reply: FastifyReply, answer: Answer): FastifyReply => {
  if (answer.etag !== undefined) void reply.header("etag", `"${answer.etag}"`);
  void reply.headers(answer.headers ?? {});
  if (answer.text !== undefined)
    return reply
      .code(answer.status ?? 200)
      .type(answer.text.type)
      .send(answer.text.content);
  if (answer.body === undefined) return reply.code(answer.status ?? 204).send();
  return sendJson(reply, answer.status ?? 200, answer.body);
};

/** What is kept of a command's answer. The body as text: jsonb would change the order of its members. */
const keptAnswer = z.object({
  text: z.string().nullable(),
  etag: z.number().nullable(),
  headers: z.record(z.string(), z.string()),
});

const envelope = ({ body, etag, headers }: Answer): z.output<typeof keptAnswer> => ({
  text: body === undefined ? null : JSON.stringify(body),
  etag: etag ?? null,
  headers: headers ?? {},
});

const replay = (reply: FastifyReply, stored: StoredAnswer): FastifyReply => {
  const { text, etag, headers } = keptAnswer.parse(stored.body);
  void reply.headers({ ...headers, "idempotency-replayed": "true" }).code(stored.status);
  if (etag !== null) void reply.header("etag", `"${etag}"`);
  if (text === null) return reply.send();
  return reply.type(`application/${stored.status >= 400 ? "problem+json" : "json"}; charset=utf-8`).send(text);
};

const runCommand = async <A>(
  run: Route<A>["run"],
  call: Call<A, unknown, unknown, unknown>,
  database: Database,
  scope: string,
): Promise<FastifyReply> => {
  const keyed = readKey(call.request, scope);
  if (keyed === undefined)
    return sendAnswer(call.reply, await database.transact(async (tx) => run(call, database, tx)));
  try {
    let fresh: Answer = {};
    const stored = await database.transact(async (tx) =>
      runOnce(tx, keyed, async (): Promise<StoredAnswer> => {
        fresh = await run(call, database, tx);
        return { status: fresh.status ?? (fresh.body === undefined ? 204 : 200), body: envelope(fresh) };
      }),
    );
    return stored.isRepeat ? replay(call.reply, stored) : sendAnswer(call.reply, fresh);
  } catch (error) {
    const answer = toProblem(error);
    const isFinal = error instanceof DomainError && error.code !== "idempotency-key-reused" && answer.status < 500;
    if (!isFinal) throw error;
    const kept = { status: answer.status, body: envelope({ body: answer }) };
    const earlier = await rememberRefusal(database, keyed, kept);
    if (earlier === undefined) throw error;
    return replay(call.reply, earlier);
  }
};
