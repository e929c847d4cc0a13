import fc from "fast-check";
import type { AppRoute } from "../../../src/features/access/index.ts";
import { jsonSchema } from "../../../src/platform/http/openapi.ts";
import { fill } from "./addresses.ts";
import { arbitraryOf, type Hints } from "./from-schema.ts";
import { brokenBodies, contentTypes, nasty, spoil } from "./nasty.ts";

/** One request as it will be injected, without who sends it. */
export interface Generated {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string | undefined;
  /** The address was spoiled: it may lead to another route, or to none. */
  readonly isAstray: boolean;
  /** Sent twice at the same moment. */
  readonly isTwice: boolean;
}

const asText = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined"));

/** Percent-encoded, also what encodeURIComponent refuses. */
const encode = (value: unknown): string => encodeURIComponent(Buffer.from(asText(value)).toString("utf8"));

const record = (schema: AppRoute["params"], hints: Hints): fc.Arbitrary<Record<string, unknown>> =>
  schema === undefined
    ? fc.constant({})
    : arbitraryOf(jsonSchema(schema, "input"), hints).map((value) => ({ ...(typeof value === "object" ? value : {}) }));

const choices = fc.array(fc.nat(34), { minLength: 1, maxLength: 5 });

/** The body as sent: fitting, spoiled in one place, something else entirely, or no JSON. */
const payloads = (route: AppRoute, hints: Hints): fc.Arbitrary<string | undefined> => {
  if (route.method === "GET") return fc.constant(undefined);
  const fitting = route.body === undefined ? fc.constant({}) : arbitraryOf(jsonSchema(route.body, "input"), hints);
  return fc.oneof(
    { weight: 10, arbitrary: fitting.map(asText) },
    {
      weight: 5,
      arbitrary: fc
        .tuple(fitting, choices, nasty)
        .map(([value, where, evil]) => JSON.stringify(spoil(value, where, evil))),
    },
    { weight: 1, arbitrary: nasty.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.constantFrom(...brokenBodies) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
};

const rawTail = fc.constantFrom(
  "",
  "",
  "",
  "",
  "",
  "%zz",
  "%00",
  "%ed%a0%80",
  "?%",
  "?a=1&a=2",
  "?limit=1e9",
  "/..",
  "x".repeat(400),
);

/** Requests for one route: mostly near enough to reach its handler, the rest as bad as it gets. */
export const requestsFor = (route: AppRoute, hints: Hints): fc.Arbitrary<Generated> =>
  fc
    .record({
      params: record(route.params, hints),
      query: record(route.query, hints),
      payload: payloads(route, hints),
      evil: nasty,
      spoilParam: fc.nat(11),
      spoilQuery: fc.nat(7),
      tail: rawTail,
      type: fc.oneof(
        { weight: 15, arbitrary: fc.constant("application/json") },
        { weight: 1, arbitrary: fc.constantFrom(...contentTypes) },
      ),
      ifMatch: fc.constantFrom('"1"', '"1"', '"1"', '"2"', 'W/"1"', "*", '"99999999999"', "nonsense"),
      key: fc.oneof(
        { weight: 16, arbitrary: fc.constant(undefined) },
        { weight: 2, arbitrary: fc.constantFrom("repeated-key-1", "repeated-key-2", "repeated-key-3") },
        { weight: 1, arbitrary: fc.constantFrom("short", "x".repeat(200), "not\tallowed") },
      ),
      isTwice: fc.nat(15).map((chance) => chance === 0),
    })
    .map(({ params, query, payload, evil, spoilParam, spoilQuery, tail, type, ifMatch, key, isTwice }) => {
      const filled = Object.fromEntries(
        Object.entries(params).map(([name, value]) => [name, asText(spoilParam === 0 ? evil : value)]),
      );
      const asked = Object.entries(
        spoilQuery === 0 ? { ...query, extra: evil } : spoilQuery === 1 ? spoilAll(query, evil) : query,
      )
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${encode(name)}=${encode(value)}`)
        .join("&");
      const address = fill(
        route.path,
        Object.fromEntries(Object.entries(filled).map(([name, value]) => [name, wellFormed(value)])),
      );
      return {
        url: `${address}${asked === "" ? "" : `?${asked}`}${asked === "" ? tail : ""}`,
        headers: {
          ...(payload === undefined ? {} : { "content-type": type }),
          ...(route.needsIfMatch === true ? { "if-match": ifMatch } : {}),
          ...(key === undefined ? {} : { "idempotency-key": key }),
        },
        payload,
        isAstray: (asked === "" && tail !== "") || Object.values(filled).includes(""),
        isTwice,
      };
    });

const wellFormed = (value: string): string => Buffer.from(value).toString("utf8");

const spoilAll = (query: Record<string, unknown>, evil: unknown): Record<string, unknown> =>
  Object.fromEntries(Object.keys(query).map((name) => [name, evil]));
