import fc from "fast-check";
import { isNull } from "drizzle-orm";
import type { LightMyRequestResponse } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { problemCodes } from "../../src/app/problem-codes.ts";
import { roles, type Actor, type AppRoute } from "../../src/features/access/index.ts";
import { createPasswords, createUser } from "../../src/features/identity/index.ts";
import { users } from "../../src/features/identity/identity.table.ts";
import { problemStatuses } from "../../src/platform/http/openapi.ts";
import { aPractice, TEST_GROUP } from "../support/index.ts";
import { paramsFor } from "./support/addresses.ts";
import { fittingHints } from "./support/fitting-hints.ts";
import type { Hints } from "./support/from-schema.ts";
import { requestsFor, type Generated } from "./support/generated-requests.ts";
import { openWholeApi, type WholeApi } from "./support/whole-api.ts";
import { aBearer, aCookie, anInvitation, aWorkingPractice, withRole, type Belongings } from "./support/world.ts";

/*
 * At least ten thousand requests made from the schemas of all routes, from every role, over real parts: whatever is sent,
 * nothing is our fault (no 5xx), every refusal is a problem document with a documented code and a declared status, and
 * every answer fits its declared response.
 */

const REQUESTS = 10_400;
const SEED = 20_261_224;
const AT_ONCE = 6;

let api: WholeApi;
let actors: Actor[];
let hints: Hints;
let mine: Belongings;
let others: Belongings[];
const tokens = new Map<string, string>();

const SOMEBODY = "somebody@practice.example";
const PASSWORD = "three quiet harbours";

beforeAll(async () => {
  api = await openWholeApi();
  const { db } = api;
  mine = await aWorkingPractice(db, TEST_GROUP);
  // The first neighbour has asked us: its offer is ours to answer, its agreement ours to keep.
  others = [await aWorkingPractice(db, TEST_GROUP, mine.code), await aWorkingPractice(db, "OTHER-GROUP")];
  const federation = await aPractice(db, { kind: "federation", listSize: null });
  actors = [];
  for (const role of roles) actors.push(await withRole(db, role, role === "broker" ? federation.code : mine.code));
  for (const actor of actors) tokens.set(actor.userId, (await aBearer(db, actor)).authorization);
  const passwords = createPasswords();
  await createUser(db.database, passwords, {
    email: SOMEBODY,
    name: "Somebody",
    password: PASSWORD,
    at: [{ organisationCode: mine.code, roles: ["nurse"] }],
  });
  await db.q
    .update(users)
    .set({ passwordHash: await passwords.hash(PASSWORD) })
    .where(isNull(users.passwordHash));
  hints = fittingHints(mine, others, {
    token: [await anInvitation(db, mine.code), await anInvitation(db, mine.code)],
    email: [SOMEBODY],
    password: [PASSWORD],
    currentPassword: [PASSWORD],
  });
}, 120_000);
afterAll(async () => api.close());

const problem = z.looseObject({
  type: z.string(),
  title: z.string().min(1),
  status: z.int(),
  code: z.enum(Object.keys(problemCodes)),
  detail: z.string().min(1),
  errors: z.array(z.strictObject({ pointer: z.string(), message: z.string() })).optional(),
});

/** What is wrong with an answer; undefined when nothing is. */
const faultOf = ({ route, isAstray }: Sent, answer: LightMyRequestResponse): string | undefined => {
  const { statusCode, body } = answer;
  if (statusCode >= 500) return `${statusCode}: ${body.slice(0, 200)}`;
  const type = String(answer.headers["content-type"] ?? "");
  if (statusCode >= 400) {
    if (!type.startsWith("application/problem+json")) return `${statusCode} is ${type}: ${body.slice(0, 100)}`;
    const parsed = problem.safeParse(JSON.parse(body));
    if (!parsed.success) return `${statusCode} is no problem document: ${parsed.error.message} ${body.slice(0, 200)}`;
    if (parsed.data.status !== statusCode) return `${statusCode} says ${parsed.data.status}`;
    if (!isAstray && statusCode !== 404 && !problemStatuses(route).includes(statusCode))
      return `${statusCode} is not declared`;
    return undefined;
  }
  if (isAstray || answer.headers["idempotency-replayed"] !== undefined || !type.startsWith("application/json"))
    return undefined;
  const fits = route.response?.safeParse(JSON.parse(body));
  return fits?.success === false
    ? `the answer does not fit: ${z.prettifyError(fits.error).slice(0, 300)} ${body.slice(0, 300)}`
    : undefined;
};

const NOBODY = -1;

interface Sent extends Generated {
  readonly route: AppRoute;
  /** Index into `actors`, or nobody. */
  readonly who: number;
  readonly byCookie: boolean;
}

const credentials = async ({ who, byCookie }: Sent): Promise<Record<string, string>> => {
  const actor = actors[who];
  if (actor === undefined) return {};
  if (!byCookie) return { authorization: tokens.get(actor.userId) ?? "" };
  // A session of its own: many of these requests end it.
  const { sessionId: _id, ...headers } = await aCookie(api.db, actor);
  return headers;
};

const send = async (sent: Sent): Promise<LightMyRequestResponse[]> => {
  const headers = { ...(await credentials(sent)), ...sent.headers };
  const one = async (): Promise<LightMyRequestResponse> =>
    api.server.inject({
      method: sent.route.method,
      url: sent.url,
      headers,
      ...(sent.payload === undefined ? {} : { payload: sent.payload }),
    });
  return Promise.all(sent.isTwice ? [one(), one()] : [one()]);
};

/** What the address of this very route can stand for: mostly the practice's own. */
const hintsFor = (route: AppRoute): Hints => {
  const byOwner = [mine, mine, ...others].map((owner) => paramsFor(route, owner) ?? {});
  const names = Object.keys(byOwner[0] ?? {}).filter((name) => name !== "role");
  return { ...hints, ...Object.fromEntries(names.map((name) => [name, byOwner.map((params) => params[name] ?? "")])) };
};

const anyone = fc.integer({ min: NOBODY, max: roles.length - 1 });

/** Mostly those who may: whoever may not is refused at the door. */
const mayCall = ({ access }: AppRoute): fc.Arbitrary<number> =>
  access.kind === "roles"
    ? fc.constantFrom(...roles.flatMap((role, index) => (access.roles.includes(role) ? [index] : [])))
    : anyone;

const generate = (): Sent[] => {
  // Commands have more to break than reads.
  const weightOf = ({ method }: AppRoute): number => (method === "GET" ? 1 : 2);
  const each = REQUESTS / api.routes.reduce((total, route) => total + weightOf(route), 0);
  return api.routes.flatMap((route, index) =>
    fc
      .sample(
        fc.tuple(
          requestsFor(route, hintsFor(route)),
          fc.oneof({ weight: 4, arbitrary: mayCall(route) }, { weight: 1, arbitrary: anyone }),
          fc.nat(3),
        ),
        {
          numRuns: Math.ceil(each * weightOf(route)),
          seed: SEED + index,
        },
      )
      .map(([request, who, chance]) => ({ ...request, route, who, byCookie: chance === 0 })),
  );
};

describe("generated requests", () => {
  it("ten thousand of them meet no 5xx, no undocumented refusal and no answer that breaks its contract", async () => {
    // Mixed, the same way each time: withdrawing everything first would leave the rest nothing to do.
    const generated = generate();
    const queue = generated.map((_sent, index) => generated[(index * 7_919) % generated.length] ?? generated[0]);
    const statuses = new Map<number, number>();
    const reached = new Set<AppRoute>();
    const faults = new Map<string, string>();
    let count = 0;
    const worker = async (): Promise<void> => {
      for (let sent = queue.pop(); sent !== undefined; sent = queue.pop()) {
        for (const answer of await send(sent)) {
          count += 1;
          statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
          if (answer.statusCode < 300) reached.add(sent.route);
          const fault = faultOf(sent, answer);
          const { route, url, payload } = sent;
          if (fault !== undefined)
            faults.set(
              `${route.method} ${route.path} ${fault.slice(0, 60)}`,
              `${url} ${payload?.slice(0, 400)} → ${fault}`,
            );
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const summary = [...statuses].toSorted(([left], [right]) => left - right);
    console.log(`${count} requests: ${summary.map(([status, n]) => `${status}×${n}`).join(" ")}`);
    expect([
      ...faults.values(),
      ...new Set(api.errors.map((fields) => JSON.stringify({ ...fields, requestId: 0, stack: "" }))),
    ]).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(10_000);
    // Most routes must have been served, or this has tested only the refusals.
    const unserved = api.routes.filter((route) => !reached.has(route)).map(({ method, path }) => `${method} ${path}`);
    console.log(`never served: ${unserved.join(", ")}`);
    expect(reached.size).toBeGreaterThan(api.routes.length / 2);
  }, 240_000);
});
