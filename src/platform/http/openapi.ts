import { z } from "zod";
import { unique } from "../lists/lists.ts";
import type { Route } from "./route.ts";

/*
 * The OpenAPI 3.1 document of the routes, made from the schemas that parse their input and describe their answers: there
 * is no second description that could fall behind.
 */

type Json = Readonly<Record<string, unknown>>;

export interface ApiDescription {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /** Name of the session cookie. */
  readonly cookieName: string;
  /** Every code that a problem document may carry, with what it means. */
  readonly problemCodes: Readonly<Record<string, string>>;
  /** What is posted to addresses that clients have named. */
  readonly webhooks: readonly { readonly name: string; readonly summary: string; readonly body: z.ZodType }[];
}

/** JSON Schema 2020-12 of a zod schema: what is sent (`input`, before defaults and transforms) or answered (`output`). */
export const jsonSchema = (schema: z.ZodType, io: "input" | "output"): Json => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    target: "draft-2020-12",
    io,
    unrepresentable: "any",
    reused: "inline",
    override: ({ zodSchema, jsonSchema: made }) => {
      // Dates leave as ISO 8601 text.
      if (zodSchema._zod.def.type !== "date") return;
      made.type = "string";
      made.format = "date-time";
    },
  });
  return rest;
};

const PROBLEM = "application/problem+json";

const problemSchema = (codes: Readonly<Record<string, string>>): Json => ({
  type: "object",
  description: "RFC 9457 problem document. Decide by `code`; the texts are for people and may change.",
  required: ["type", "title", "status", "code", "detail"],
  properties: {
    type: { type: "string", pattern: "^urn:covershare:problem:[a-z0-9-]+$" },
    title: { type: "string" },
    status: { type: "integer", minimum: 400, maximum: 599 },
    code: {
      type: "string",
      enum: Object.keys(codes),
      description: Object.entries(codes)
        .map(([code, meaning]) => `- \`${code}\`: ${meaning}`)
        .join("\n"),
    },
    detail: { type: "string" },
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["pointer", "message"],
        properties: { pointer: { type: "string" }, message: { type: "string" } },
      },
    },
  },
});

const PROBLEMS: Readonly<Record<number, string>> = {
  400: "The address or body cannot be read.",
  401: "Nobody is signed in, or not any more.",
  403: "Known, and not allowed; or the CSRF token or origin is wrong.",
  404: "It does not exist, or is not yours: the same answer.",
  409: "Things have moved on; says what is still possible.",
  412: "Changed since it was read.",
  413: "The body is too large.",
  414: "A part of the address is too long.",
  415: "The body is not JSON, or compressed.",
  422: "The input breaks a rule; `errors` lists each problem.",
  428: "If-Match is missing.",
  429: "Too many calls or tries; Retry-After says when to come back.",
  500: "Something went wrong here; nothing was half done.",
  503: "Not available just now; Retry-After says when to try again.",
};

/** The statuses of the problems a route may answer. */
export const problemStatuses = <A>(route: Route<A>): readonly number[] => {
  const isPublic = route.access.kind === "public";
  const changes = route.method !== "GET";
  return [
    400,
    // Signing in is public, and refused.
    ...(isPublic && !changes ? [] : [401]),
    ...(isPublic && !changes ? [] : [403]),
    ...(route.params === undefined && !changes ? [] : [404]),
    ...(changes ? [409] : []),
    ...(route.needsIfMatch === true ? [412, 428] : []),
    ...(changes ? [413] : []),
    ...(route.params === undefined ? [] : [414]),
    415,
    422,
    429,
    500,
    503,
  ].toSorted((left, right) => left - right);
};

const parameters = (schema: z.ZodType | undefined, place: "path" | "query"): Json[] => {
  if (schema === undefined) return [];
  const shape = z
    .object({
      properties: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
      required: z.array(z.string()).default([]),
    })
    .parse(jsonSchema(schema, "input"));
  return Object.entries(shape.properties).map(([name, one]) => ({
    name,
    in: place,
    required: place === "path" || shape.required.includes(name),
    schema: one,
  }));
};

const header = (name: string, required: boolean, description: string): Json => ({
  name,
  in: "header",
  required,
  description,
  schema: { type: "string" },
});

const success = <A>(route: Route<A>): Json => {
  if (route.produces !== undefined)
    return { "200": { description: "The answer.", content: { [route.produces]: { schema: { type: "string" } } } } };
  if (route.response === undefined) return { "204": { description: "Done; there is nothing to say." } };
  const description = "The answer. Instants are ISO 8601 in UTC.";
  return {
    "2XX": { description, content: { "application/json": { schema: jsonSchema(route.response, "output") } } },
  };
};

const operation = <A>(route: Route<A>): Json => ({
  operationId: `${route.method.toLowerCase()} ${route.path}`.replaceAll(/[^A-Za-z0-9]+/g, "-").replace(/-$/, ""),
  summary: route.summary,
  tags: [route.tag],
  ...(route.access.kind === "roles" ? { description: `Roles: ${route.access.roles.join(", ")}.` } : {}),
  security: route.access.kind === "public" ? [] : [{ session: [], csrf: [] }, { token: [] }],
  parameters: [
    ...parameters(route.params, "path"),
    ...parameters(route.query, "query"),
    ...(route.kind === "command"
      ? [header("Idempotency-Key", false, "Repeating the command with the same key gives the first answer.")]
      : []),
    ...(route.needsIfMatch === true ? [header("If-Match", true, "The ETag that was last read.")] : []),
  ],
  ...(route.body === undefined
    ? {}
    : {
        requestBody: { required: true, content: { "application/json": { schema: jsonSchema(route.body, "input") } } },
      }),
  responses: {
    ...success(route),
    ...Object.fromEntries(
      problemStatuses(route).map((status) => [String(status), { $ref: `#/components/responses/${status}` }]),
    ),
  },
});

/** A message of ours to somebody's own address, signed by Standard Webhooks. */
const webhook = ({ name, summary, body }: ApiDescription["webhooks"][number]): Json => ({
  post: {
    operationId: `webhook-${name.replaceAll(/[^A-Za-z0-9]+/g, "-")}`,
    summary,
    parameters: [
      header("webhook-id", true, "The same for each try of one message: what was seen before may be left out."),
      header("webhook-timestamp", true, "When this try was made, in seconds since 1970."),
      header("webhook-signature", true, "v1,BASE64 of HMAC-SHA256 over id.timestamp.body; several during a rotation."),
    ],
    requestBody: { required: true, content: { "application/json": { schema: jsonSchema(body, "output") } } },
    responses: {
      "2XX": { description: "It has arrived. Anything else, a redirect too, is tried again for five days." },
      "410": { description: "Nobody listens there any more: the webhook is disabled." },
    },
  },
});

/** `/v1/offers/{id}` of `/v1/offers/:id`. */
export const templated = (path: string): string => path.replaceAll(/:(\w+)/g, "{$1}");

export const openApiDocument = <A>(about: ApiDescription, routes: readonly Route<A>[]): Json => {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) (paths[templated(route.path)] ??= {})[route.method.toLowerCase()] = operation(route);
  return {
    openapi: "3.1.0",
    info: {
      title: about.title,
      version: about.version,
      description: about.description,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    paths,
    webhooks: Object.fromEntries(about.webhooks.map((one) => [one.name, webhook(one)])),
    tags: unique(routes.map((route) => route.tag)).map((name) => ({ name })),
    components: {
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: about.cookieName },
        csrf: { type: "apiKey", in: "header", name: "x-csrf-token", description: "For commands by session cookie." },
        token: { type: "http", scheme: "bearer", description: "An API token, `cs_…`." },
      },
      schemas: { Problem: problemSchema(about.problemCodes) },
      responses: Object.fromEntries(
        Object.entries(PROBLEMS).map(([status, description]) => [
          status,
          { description, content: { [PROBLEM]: { schema: { $ref: "#/components/schemas/Problem" } } } },
        ]),
      ),
    },
  };
};
