import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Database, Queryable, Tx } from "../db/database.ts";

/** Who may call a route. Deny by default: every route names one of these, and the guard test walks them all (P3). */
export type Access =
  | { readonly kind: "public" }
  /** Any signed-in user. */
  | { readonly kind: "signed-in" }
  /** Signed in, with one of these roles at the organisation acted for. */
  | { readonly kind: "roles"; readonly roles: readonly string[] };

/** What a handler receives: parsed input only. */
export interface Call<A, P, Q, B> {
  readonly actor: A;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** The version in `If-Match`, where the route asks for one. */
  readonly ifMatch: number | undefined;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What a handler answers. `etag` is the version of what was read or changed. */
export interface Answer {
  readonly status?: 200 | 201 | 202 | 204;
  readonly body?: unknown;
  /** Instead of a body: something that is not JSON, as it is. Of reads only; name its type in the route's `produces`. */
  readonly text?: { readonly type: string; readonly content: string };
  readonly etag?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Description<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Fastify's notation: `/v1/offers/:id/accept`. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly access: Access;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** The body of a successful answer, for OpenAPI and the tests that hold answers against it. */
  readonly response?: z.ZodType;
  /** The content type of a successful answer that is not JSON. */
  readonly produces?: string;
  /** True where `If-Match` is required: 428 without it. */
  readonly needsIfMatch?: boolean;
  /** Bytes; default 64 KiB. */
  readonly bodyLimit?: number;
}

type Run<A> = (call: Call<A, unknown, unknown, unknown>, database: Database, tx: Tx | undefined) => Promise<Answer>;

/** A route with its handler, erased to what the server needs. Actors are a type parameter: the platform knows no roles. */
export interface Route<A> extends Description<z.ZodType, z.ZodType, z.ZodType> {
  /** Commands run in one transaction and honour `Idempotency-Key` (O6); reads and custom routes do not. */
  readonly kind: "read" | "command" | "custom";
  readonly run: Run<A>;
  /** Begins to read for `run` while it is found out who shows this credential, and answers the `run` to go on with. */
  readonly readAhead?: (q: Queryable, credential: string, body: unknown) => Run<A>;
}

type Handler<A, P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, H> = (
  call: Call<A, z.output<P>, z.output<Q>, z.output<B>>,
  handle: H,
) => Promise<Answer>;

const erase = <A, P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  description: Description<P, Q, B>,
  call: Call<A, unknown, unknown, unknown>,
): Call<A, z.output<P>, z.output<Q>, z.output<B>> => ({
  ...call,
  // Parsing again what the server has parsed is how the types are won back without an assertion; identity for parsed input.
  params: parsed(description.params, call.params),
  query: parsed(description.query, call.query),
  body: parsed(description.body, call.body),
});

const parsed = <T extends z.ZodType>(schema: T | undefined, value: unknown): z.output<T> => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/no-unsafe-return -- the one place where a value already parsed by `schema` meets its type
  return (schema === undefined ? undefined : value) as z.output<T>;
};

/** A route that only reads. */
export const readRoute =
  <A>() =>
  <P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
    description: Description<P, Q, B>,
    handler: Handler<A, P, Q, B, Database>,
  ): Route<A> => ({
    ...description,
    kind: "read",
    run: async (call, database) => handler(erase(description, call), database),
  });

/** A route that changes something in one transaction; repeated with the same `Idempotency-Key` it gives its first answer. */
export const commandRoute =
  <A>() =>
  <P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
    description: Description<P, Q, B>,
    handler: Handler<A, P, Q, B, Tx>,
  ): Route<A> => ({
    ...description,
    kind: "command",
    run: async (call, _database, tx) => {
      if (tx === undefined) throw new Error(`${description.path}: a command runs in a transaction`);
      return handler(erase(description, call), tx);
    },
  });

/**
 * A command that somebody waits for: `read` reads what it needs in the time that it takes to find out who calls. It is given
 * the credential, of which nobody knows yet whether it is good, and what it reads is thrown away unless its caller may
 * call. So it only reads, of that credential's organisation; the handler makes sure that this is whom it acts for. When the
 * transaction is tried again nothing is `ahead`: it must see the present.
 */
export const commandReadingAhead =
  <A>() =>
  <P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R>(
    description: Description<P, Q, B>,
    read: (q: Queryable, credential: string, body: z.output<B>) => Promise<R>,
    handler: (call: Call<A, z.output<P>, z.output<Q>, z.output<B>>, tx: Tx, ahead?: Promise<R>) => Promise<Answer>,
  ): Route<A> => ({
    ...commandRoute<A>()(description, async (call, tx) => handler(call, tx)),
    readAhead: (q, credential, body) => {
      let ahead: Promise<R> | undefined = read(q, credential, parsed(description.body, body));
      // Whoever is refused never asks for it.
      ahead.catch(() => undefined);
      return commandRoute<A>()(description, async (call, tx) => {
        const first = ahead;
        ahead = undefined;
        return handler(call, tx, first);
      }).run;
    },
  });

/** A route that decides itself about transactions: sign-in (hashing stays outside), imports, what-if. */
export const customRoute =
  <A>() =>
  <P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
    description: Description<P, Q, B>,
    handler: Handler<A, P, Q, B, Database>,
  ): Route<A> => ({
    ...description,
    kind: "custom",
    run: async (call, database) => handler(erase(description, call), database),
  });
