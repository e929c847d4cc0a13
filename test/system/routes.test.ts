import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { roles, type AppRoute, type Role } from "../../src/features/access/index.ts";
import { jsonSchema } from "../../src/platform/http/openapi.ts";
import { aPractice, TEST_GROUP } from "../support/index.ts";
import { fill, hasParams, namesNobodys, paramsFor, unknownOf, type Params } from "./support/addresses.ts";
import { arbitraryOf } from "./support/from-schema.ts";
import { openWholeApi, type WholeApi } from "./support/whole-api.ts";
import { aBearer, aCookie, aWorkingPractice, withRole, type Belongings } from "./support/world.ts";

let api: WholeApi;
/** Of the actor's own group, and of another. */
let neighbour: Belongings;
let stranger: Belongings;
const actors = new Map<Role, { authorization: string }>();

beforeAll(async () => {
  api = await openWholeApi();
  const { db } = api;
  const own = await aPractice(db);
  const federation = await aPractice(db, { kind: "federation", listSize: null });
  for (const role of roles)
    actors.set(role, await aBearer(db, await withRole(db, role, role === "broker" ? federation.code : own.code)));
  neighbour = await aWorkingPractice(db, TEST_GROUP);
  stranger = await aWorkingPractice(db, "OTHER-GROUP");
});
afterAll(async () => api.close());

const guarded = (): AppRoute[] => api.routes.filter((route) => route.access.kind !== "public");
const named = (route: AppRoute): string => `${route.method} ${route.path}`;
const headersOf = (role: Role): { authorization: string } => actors.get(role) ?? { authorization: "" };

/** A body that passes the route's schema: refusals must not depend on bad input. */
const validBody = (route: AppRoute): unknown => {
  const { body } = route;
  if (body === undefined) return undefined;
  const arbitrary = arbitraryOf(jsonSchema(body, "input"), { service: ["wound-simple"] });
  const found = fc.sample(arbitrary, { numRuns: 2_000, seed: 7 }).find((value) => body.safeParse(value).success);
  expect(found, `${named(route)}: no generated body passes its schema`).toBeDefined();
  return found;
};

const call = async (route: AppRoute, params: Params, headers: Record<string, string>, body?: unknown) =>
  api.server.inject({
    method: route.method,
    url: fill(route.path, params),
    headers: { ...headers, ...(route.needsIfMatch === true ? { "if-match": '"1"' } : {}) },
    ...(body === undefined ? {} : { payload: z.record(z.string(), z.unknown()).parse(body) }),
  });

/** Known addresses or, where the parameters name nobody's, something well-formed. */
const someParams = (route: AppRoute): Params =>
  paramsFor(route, neighbour) ?? { code: "bp", service: "bp", date: "2026-12-24" };

describe("deny by default", () => {
  it("every route that is not on this list asks for a sign-in", () => {
    const open = api.routes.filter((route) => route.access.kind === "public").map(named);
    expect(open.toSorted()).toEqual([
      "GET /asyncapi.json",
      "GET /healthz",
      "GET /ics/:file",
      "GET /openapi.json",
      "GET /readyz",
      "POST /v1/invitations/:token/accept",
      "POST /v1/sessions",
    ]);
  });

  it("every other route answers 401 to nobody, to a wrong token and to a wrong cookie", async () => {
    for (const route of guarded())
      for (const headers of [{}, { authorization: "Bearer cs_wrong" }, { cookie: `covershare=${"x".repeat(43)}` }]) {
        const answer = await call(route, someParams(route), headers);
        expect([named(route), answer.statusCode]).toEqual([named(route), 401]);
      }
  });

  it("every route answers 403 to every role that it does not name, before it reads the input", async () => {
    for (const route of guarded()) {
      const { access } = route;
      const refused = access.kind === "roles" ? roles.filter((role) => !access.roles.includes(role)) : [];
      for (const role of refused) {
        const answer = await call(route, someParams(route), headersOf(role));
        expect([named(route), role, answer.statusCode]).toEqual([named(route), role, 403]);
      }
    }
  });

  it("every command by cookie is refused without its CSRF token", async () => {
    const actor = await withRole(api.db, "manager", (await aPractice(api.db)).code);
    const { cookie } = await aCookie(api.db, actor);
    for (const route of guarded().filter(({ method }) => method !== "GET")) {
      const answer = await call(route, someParams(route), { cookie });
      expect([named(route), answer.statusCode, answer.json()]).toMatchObject([
        named(route),
        403,
        { code: "csrf-token-wrong" },
      ]);
    }
  });
});

describe("P3: what is not yours does not exist", () => {
  it("the guard knows what the parameters of every route stand for", () => {
    const strange = guarded().filter(
      (route) => hasParams(route) && !namesNobodys(route) && paramsFor(route, neighbour) === undefined,
    );
    expect(strange.map(named)).toEqual([]);
  });

  it("every route × role answers a foreign id with 404, word for word as an unknown one", async () => {
    const walked: string[] = [];
    for (const route of guarded().filter((one) => hasParams(one) && !namesNobodys(one))) {
      const { access } = route;
      const body = validBody(route);
      for (const role of roles.filter(
        (one) => access.kind === "signed-in" || (access.kind === "roles" && access.roles.includes(one)),
      )) {
        // Brokers see their group, and everybody sees the names in it and its bulletin; nobody sees another group's.
        const seesGroup = role === "broker" || /^\/v1\/(?:organisations|bulletin)\//.test(route.path);
        for (const owner of seesGroup ? [stranger] : [neighbour, stranger]) {
          const params = paramsFor(route, owner) ?? {};
          const foreign = await call(route, params, headersOf(role), body);
          const unknown = await call(route, unknownOf(params), headersOf(role), body);
          const what = `${named(route)} as ${role}`;
          expect([what, foreign.statusCode, foreign.body]).toEqual([what, unknown.statusCode, unknown.body]);
          walked.push(`${what}: ${foreign.statusCode}`);
        }
      }
    }
    expect(walked.length).toBeGreaterThan(50);
    // Routes that a token may not use at all refuse that before they look.
    expect(walked.filter((line) => !line.endsWith(": 404"))).toEqual([]);
  });
});
