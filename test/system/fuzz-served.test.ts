import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { roles, type AppRoute, type Role } from "../../src/features/access/index.ts";
import { jsonSchema } from "../../src/platform/http/openapi.ts";
import { aPractice, TEST_GROUP } from "../support/index.ts";
import { fill, paramsFor, type Params } from "./support/addresses.ts";
import { fittingHints } from "./support/fitting-hints.ts";
import { arbitraryOf, type Hints } from "./support/from-schema.ts";
import { openWholeApi, type WholeApi } from "./support/whole-api.ts";
import { aCookie, anInvitation, aWorkingPractice, withRole, type Belongings } from "./support/world.ts";

/*
 * The generators of the fuzz are good enough: with fresh belongings, what they make for a route is served sooner or later.
 * Otherwise ten thousand requests would have tested refusals only.
 */

const TRIES = 12;

let api: WholeApi;
beforeAll(async () => {
  api = await openWholeApi();
}, 120_000);
afterAll(async () => api.close());

const callers = ({ access }: AppRoute): readonly Role[] =>
  access.kind === "roles" ? roles.filter((role) => access.roles.includes(role)) : ["manager"];

/** Bodies that the route's own schema takes; the shortest of them first, with the fewest chances to be wrong otherwise. */
const bodiesFor = ({ body }: AppRoute, hints: Hints): readonly unknown[] =>
  body === undefined
    ? [undefined]
    : fc
        .sample(arbitraryOf(jsonSchema(body, "input"), hints), { numRuns: 200, seed: 11 })
        .filter((value) => body.safeParse(value).success)
        .toSorted((left, right) => JSON.stringify(left).length - JSON.stringify(right).length);

/**
 * Routes that need a state or a secret which nobody has who only generates requests, and which. Their features' own tests
 * serve them; the fuzz meets their refusals.
 */
const NEEDS_MORE: Readonly<Record<string, string>> = {
  "POST /v1/sessions": "an account with a password",
  "POST /v1/me/password": "the present password",
  "DELETE /v1/tokens/:id": "a token of one's own",
  "POST /v1/users": "an address and a name that its rules take",
  "POST /v1/settings/channels/test": "a mail server",
  "POST /v1/settings/channels/confirm": "the secret of a test message",
  "POST /v1/settings/channels/browsers": "the keys of a browser",
  "POST /v1/settings/channels/browsers/remove": "the address of a browser that was added",
  "POST /v1/clinics/import": "a file with rows",
  "POST /v1/clinics/:id/confirm": "a firm clinic",
  "POST /v1/clinics/next-week": "the week that was asked about",
  "DELETE /v1/closures/:date": "a day that was closed",
  "POST /v1/cover-requests/:reference/needs/:ref/acknowledge": "a need that came back",
  "POST /v1/agreements/swap": "two agreements at one place",
  "POST /v1/agreements/:id/extend-release": "an agreement that is about to be released",
  "PUT /v1/alarm-rota": "the rota's own version",
  "PUT /v1/cover-plans/:service": "the plan's own version",
  "POST /v1/organisations/:code/resume": "a practice that was paused",
  "POST /v1/webhooks": "an address that may be called",
  "POST /v1/webhooks/:id/replay": "events that are kept",
  "POST /v1/webhooks/:id/messages/:offset/resend": "a message that was tried",
  "POST /v1/calendar-feeds": "a site of one's own",
  "GET /ics/:file": "the secret of a calendar",
};

const isServed = async (route: AppRoute): Promise<string | undefined> => {
  const { db, server } = api;
  const refusals = new Set<string>();
  for (const role of callers(route).slice(0, 2)) {
    const federation = await aPractice(db, { kind: "federation", listSize: null });
    const own = await aWorkingPractice(db, TEST_GROUP);
    const asking = await aWorkingPractice(db, TEST_GROUP, own.code);
    const actor = await withRole(db, role, role === "broker" ? federation.code : own.code);
    const { sessionId, ...headers } = await aCookie(db, actor);
    const mine: Belongings = { ...own, sessionId };
    const hints = fittingHints(mine, [asking], { token: [await anInvitation(db, mine.code)] });
    const places = [mine, asking].flatMap((owner): Params[] => {
      const params = paramsFor(route, owner);
      return params === undefined ? [] : [params];
    });
    const bodies = bodiesFor(route, hints).slice(0, TRIES);
    const tries = bodies.length === 0 ? 0 : Math.max(bodies.length, places.length);
    for (let at = 0; at < tries; at += 1) {
      const body = bodies[at % bodies.length];
      const params = places[at % Math.max(1, places.length)] ?? {
        code: "bp",
        date: "2030-01-07",
        token: await anInvitation(db, mine.code),
      };
      const answer = await server.inject({
        method: route.method,
        url: fill(route.path, params),
        headers: {
          ...headers,
          ...(route.needsIfMatch === true ? { "if-match": '"1"' } : {}),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      });
      if (answer.statusCode < 400) return undefined;
      refusals.add(`${answer.statusCode} ${answer.body.slice(0, 220)}`);
    }
  }
  return `${route.method} ${route.path}: ${[...refusals].slice(-2).join(" | ")}`;
};

describe("generated requests", () => {
  it("reach an answer other than a refusal on each route, but for those that need more than a request", async () => {
    const unserved: string[] = [];
    for (const route of api.routes.filter(({ method, path }) => NEEDS_MORE[`${method} ${path}`] === undefined)) {
      const failed = await isServed(route);
      if (failed !== undefined) unserved.push(failed);
    }
    expect(unserved).toEqual([]);
    // The list knows no route that has gone.
    const named = new Set(api.routes.map(({ method, path }) => `${method} ${path}`));
    expect(Object.keys(NEEDS_MORE).filter((route) => !named.has(route))).toEqual([]);
  }, 240_000);
});
