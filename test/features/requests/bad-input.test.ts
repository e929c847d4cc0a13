import fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aService, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { anApi, aToken, MONDAY, post, recordingPorts } from "./support.ts";

let db: TestDatabase;
let api: FastifyInstance;
let token: string;
let reference: string;
const RUNS = 150;

beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock(MONDAY);
  await aService(db, "wound-simple");
  api = anApi(db, recordingPorts().ports);
  const nurse = await aUser(db, { roles: ["nurse", "broker"] });
  token = await aToken(db, nurse);
  ({ reference } = await post(db, nurse));
});
afterAll(async () => {
  await api.close();
  await db.close();
});

const odd = fc.oneof(
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, "", -1, 0, 1.5, 2 ** 53, "\u0000", "9434765919", [], {}) },
);
/** Mostly what the route expects, now and then something else. */
const mostly = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 19, arbitrary: good }, { weight: 1, arbitrary: odd });
const instant = (likely: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constant(likely) },
    { weight: 1, arbitrary: fc.constantFrom("0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59") },
    { weight: 1, arbitrary: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()) },
  );
const terms = {
  count: mostly(fc.integer({ min: 0, max: 61 })),
  minutes: mostly(fc.integer({ min: 4, max: 121 })),
  earliest: mostly(instant("2026-12-22T08:00:00Z")),
  dueBy: mostly(instant("2026-12-24T18:30:00Z")),
  requires: mostly(fc.subarray(["step-free", "hoist"])),
  maxKm: mostly(fc.integer({ min: 0, max: 81 })),
  priority: mostly(fc.constantFrom("routine", "urgent", "asap")),
};
const posting = fc.record(
  {
    priority: mostly(fc.constantFrom("routine", "urgent", "asap")),
    reason: mostly(fc.constantFrom("staff-absence", "stock")),
    takeFirm: mostly(fc.boolean()),
    onBehalfOf: mostly(fc.constant(undefined)),
    needs: mostly(
      fc.array(
        fc.record(
          {
            ...terms,
            service: mostly(fc.constant("wound-simple")),
            courses: fc.oneof(fc.constant([]), fc.array(fc.array(fc.integer({ min: 0, max: 61 })), { maxLength: 3 })),
          },
          { requiredKeys: ["service", "count", "dueBy"] },
        ),
        { maxLength: 3 },
      ),
    ),
  },
  { requiredKeys: ["reason", "needs"] },
);
const amending = fc.record(
  {
    takeFirm: mostly(fc.boolean()),
    lines: mostly(
      fc.array(fc.record({ ...terms, line: mostly(fc.integer({ min: 0, max: 2 })) }, { requiredKeys: ["line"] }), {
        maxLength: 2,
      }),
    ),
  },
  { requiredKeys: [] },
);

const statusOf = async (
  method: "GET" | "POST" | "PATCH",
  url: string,
  body: unknown,
  ifMatch?: string,
): Promise<number> => {
  const response = await api.inject({
    method,
    url,
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
    },
    ...(method === "GET" ? {} : { payload: JSON.stringify(body) }),
  });
  return response.statusCode;
};

describe("bad input is refused, never a failure of ours", () => {
  it("posting", async () => {
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(posting, async (body) => {
        const status = await statusOf("POST", "/v1/cover-requests", body);
        seen.add(status);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: RUNS },
    );
    // Some of it was good enough to be stored, or this would test the schema alone.
    expect([...seen].sort((left, right) => left - right)).toEqual(expect.arrayContaining([201, 422]));
  });

  it("amending", async () => {
    let version = 1;
    await fc.assert(
      fc.asyncProperty(amending, async (body) => {
        const status = await statusOf("PATCH", `/v1/cover-requests/${reference}`, body, `"${version}"`);
        if (status === 200) version += 1;
        expect(status).toBeLessThan(500);
      }),
      { numRuns: RUNS },
    );
  });

  it("withdrawing, sorting, pausing and listing", async () => {
    const path = `/v1/cover-requests/${reference}`;
    const route = fc.constantFrom("withdraw", "needs/N01/sorted", "needs/N99/acknowledge", "pause", "resume");
    const body = fc.record({ needs: mostly(fc.array(fc.constantFrom("N01", "N77", "X"))), as: odd, reason: odd });
    await fc.assert(
      fc.asyncProperty(route, mostly(body), async (command, sent) => {
        expect(await statusOf("POST", `${path}/${command}`, sent)).toBeLessThan(500);
      }),
      { numRuns: RUNS },
    );
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.string(), async (after, limit) => {
        const query = new URLSearchParams({ after, limit }).toString();
        expect(await statusOf("GET", `/v1/cover-requests?${query}`, undefined)).toBeLessThan(500);
      }),
      { numRuns: RUNS },
    );
  });
});
