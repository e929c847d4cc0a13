import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { roles, type Actor, type AppRoute, type Role } from "../../src/features/access/index.ts";
import { jsonSchema } from "../../src/platform/http/openapi.ts";
import { sitePages } from "../browser/support/site.ts";
import { aPractice, TEST_GROUP } from "../support/index.ts";
import { fill, paramsFor, type Params } from "./support/addresses.ts";
import { at, fittingHints } from "./support/fitting-hints.ts";
import { arbitraryOf } from "./support/from-schema.ts";
import { openWholeApi, type WholeApi } from "./support/whole-api.ts";
import { aCookie, anInvitation, aWorkingPractice, withRole, type Belongings } from "./support/world.ts";

/*
 * Script in every field of every command: generated from the schemas, so that a field which is added tomorrow is tried too.
 * Where the schema takes it, it is sent; what was taken must stand in no page as it was sent. The same in every query.
 */

const EVIL = `"><script>pwned(1)</script>`;
const RAW = /<script>pwned/;

let api: WholeApi;
let own: Belongings;
let asking: Belongings;
const actors = new Map<Role, Actor>();
beforeAll(async () => {
  api = await openWholeApi();
  const { db } = api;
  const federation = await aPractice(db, { kind: "federation", listSize: null });
  own = await aWorkingPractice(db, TEST_GROUP);
  asking = await aWorkingPractice(db, TEST_GROUP, own.code);
  for (const role of roles)
    actors.set(role, await withRole(db, role, role === "broker" || role === "admin" ? federation.code : own.code));
}, 120_000);
afterAll(async () => api.close());

type Path = readonly (string | number)[];

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Where texts stand in a value. */
const textsAt = (value: unknown): Path[] => {
  if (typeof value === "string") return [[]];
  const entries = Array.isArray(value) ? [...value.entries()] : isRecord(value) ? Object.entries(value) : [];
  return entries.flatMap(([key, part]) => textsAt(part).map((path): Path => [key, ...path]));
};

const replaced = (value: unknown, [key, ...rest]: Path, by: string): unknown => {
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((part: unknown, at) => (at === key ? replaced(part, rest, by) : part));
  return isRecord(value) ? { ...value, [key]: replaced(value[key], rest, by) } : value;
};

/** One body for each field of this command that holds text, with script in that field. */
const spoiledBodies = ({ body }: AppRoute, hints: ReturnType<typeof fittingHints>) => {
  if (body === undefined) return [];
  const byField = new Map<string, unknown>();
  for (const value of fc.sample(arbitraryOf(jsonSchema(body, "input"), hints), { numRuns: 80, seed: 5 }))
    if (body.safeParse(value).success)
      for (const path of textsAt(value)) {
        const field = path.map((key) => (typeof key === "number" ? "[]" : key)).join(".");
        if (!byField.has(field)) byField.set(field, replaced(value, path, EVIL));
      }
  return [...byField].map(([field, value]) => ({ field, value, fits: body.safeParse(value).success }));
};

/** Whoever may; at a desk rather than at the federation, where what was sent is shown. */
const callerOf = ({ access }: AppRoute): Role => {
  const may = access.kind === "roles" ? roles.filter((role) => access.roles.includes(role)) : [];
  return may.find((role) => role !== "broker") ?? may[0] ?? "manager";
};

const headersOf = async (role: Role): Promise<Record<string, string>> => {
  const actor = actors.get(role);
  if (actor === undefined) throw new Error(`nobody is ${role}`);
  const { sessionId: _, ...headers } = await aCookie(api.db, actor);
  return headers;
};

const placeOf = (route: AppRoute): Params =>
  paramsFor(route, own) ?? { code: "bp", date: at(4, 0).slice(0, 10), service: "smear" };

/** What is wrong with how an answer shows what was sent; undefined when nothing is. */
const faultOf = (what: string, answer: { statusCode: number; headers: Record<string, unknown>; body: string }) => {
  if (answer.statusCode >= 500) return `${what}: ${answer.statusCode}`;
  // JSON may hold it: no browser reads it as a page.
  if (answer.headers["x-content-type-options"] !== "nosniff") return `${what}: may be sniffed`;
  const isMarkup = /html|xml|svg/.test(String(answer.headers["content-type"]));
  return isMarkup && RAW.test(answer.body) ? `${what}: stands in ${String(answer.headers["content-type"])}` : undefined;
};

describe("script in every field", () => {
  it("of every command is refused, or kept as text and shown as text on every page", async () => {
    const { db, server } = api;
    const faults: string[] = [];
    const taken: string[] = [];
    let fields = 0;
    const hints = fittingHints(own, [asking], { token: [await anInvitation(db, own.code)] });
    for (const route of api.routes.filter(({ method }) => method !== "GET"))
      for (const { field, value, fits } of spoiledBodies(route, hints)) {
        fields += 1;
        const what = `${route.method} ${route.path} ${field}`;
        const answer = await server.inject({
          method: route.method,
          url: fill(route.path, placeOf(route)),
          headers: {
            ...(await headersOf(callerOf(route))),
            "content-type": "application/json",
            ...(route.needsIfMatch === true ? { "if-match": '"1"' } : {}),
          },
          payload: JSON.stringify(value),
        });
        const fault = faultOf(what, answer);
        if (fault !== undefined) faults.push(fault);
        if (!fits && answer.statusCode < 300) faults.push(`${what}: taken, although its schema refuses it`);
        if (answer.statusCode < 300) taken.push(what);
      }
    expect(faults).toEqual([]);
    expect(fields).toBeGreaterThan(60);
    // These are all fields of free text that a signed-in person can fill with anything (P1): a new one is to be thought about.
    expect(taken.toSorted()).toEqual([
      "POST /v1/bulletin text",
      "POST /v1/bulletin/:id/answers text",
      "POST /v1/tokens name",
      "PUT /v1/services/:code handoverChecklist.[]",
      "PUT /v1/services/:code name",
    ]);

    let shown = 0;
    for (const role of ["manager", "broker"] as const) {
      const headers = await headersOf(role);
      for (const { path } of sitePages.filter(({ method, path }) => method === "GET" && !path.includes(":"))) {
        const page = await server.inject({ url: path, headers: { ...headers, accept: "text/html" } });
        const fault = faultOf(`${role} at ${path}`, page);
        if (fault !== undefined) faults.push(fault);
        if (page.body.includes("&lt;script&gt;pwned")) shown += 1;
      }
    }
    expect(faults).toEqual([]);
    expect(shown).toBeGreaterThan(0);
  }, 200_000);

  it("of every query and address is no markup in any answer, JSON, CSV, calendar or page", async () => {
    const { server } = api;
    const faults: string[] = [];
    const evil = encodeURIComponent(EVIL);
    const named = z.looseObject({ properties: z.record(z.string(), z.unknown()).default({}) });
    for (const route of api.routes.filter(({ method }) => method === "GET")) {
      const names = Object.keys(
        named.parse(route.query === undefined ? {} : jsonSchema(route.query, "input")).properties,
      );
      const headers = await headersOf(callerOf(route));
      const address = fill(route.path, placeOf(route));
      for (const name of [...names, "unknown"])
        for (const accept of ["*/*", "text/html"]) {
          const answer = await server.inject({ url: `${address}?${name}=${evil}`, headers: { ...headers, accept } });
          const fault = faultOf(`${route.path}?${name}`, answer);
          if (fault !== undefined) faults.push(fault);
        }
      const astray = await server.inject({
        url: route.path.replaceAll(/:\w+/g, evil),
        headers: { ...headers, accept: "text/html" },
      });
      const fault = faultOf(`${route.path} led astray`, astray);
      if (fault !== undefined) faults.push(fault);
    }
    expect(faults).toEqual([]);
  }, 200_000);
});
