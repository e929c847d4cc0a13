import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Actor } from "../../../src/features/access/index.ts";
import { lockRequests, markNeeds } from "../../../src/features/requests/index.ts";
import { requestView, type RequestView } from "../../../src/features/requests/requests.schema.ts";
import { aBroker, aService, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { anApi, aPost, aToken, idsOf, MONDAY, needsOf, recordingPorts } from "./support.ts";

let db: TestDatabase;
let api: FastifyInstance;
let nurse: Actor;
let token: string;
const { ports, ended } = recordingPorts();
const path = "/v1/cover-requests";

beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock(MONDAY);
  await aService(db, "wound-simple");
  api = anApi(db, ports);
  nurse = await aUser(db);
  token = await aToken(db, nurse);
});
afterAll(async () => {
  await api.close();
  await db.close();
});
beforeEach(() => {
  ended.length = 0;
});

const send = async (
  method: "GET" | "POST" | "PATCH",
  url: string,
  { body, headers = {}, as = token }: { body?: unknown; headers?: Record<string, string>; as?: string } = {},
) =>
  api.inject({
    method,
    url,
    headers: {
      authorization: `Bearer ${as}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });

const posted = async (count = 9): Promise<RequestView> => {
  const response = await send("POST", path, { body: aPost({ count }) });
  return requestView.parse(response.json());
};

describe("the API of cover requests", () => {
  it("answers a post with the whole request, where it lies and its ETag", async () => {
    const response = await send("POST", path, { body: aPost() });
    expect(response.statusCode).toBe(201);
    const view = requestView.parse(response.json());
    expect(response.headers).toMatchObject({ location: `${path}/${view.reference}`, etag: '"1"' });
    const read = await send("GET", `${path}/${view.reference}`);
    expect(read.json()).toEqual(response.json());
    expect(read.headers["etag"]).toBe('"1"');
  });

  it("O6: the same key posts once, and another body under it is refused", async () => {
    const headers = { "idempotency-key": "post-once-please" };
    const first = await send("POST", path, { body: aPost(), headers });
    const again = await send("POST", path, { body: aPost(), headers });
    expect(again.json()).toEqual(first.json());
    expect((await send("POST", path, { body: aPost({ count: 2 }), headers })).statusCode).toBe(422);
  });

  it("R6: of two amendments with the same If-Match one is refused with 412", async () => {
    const { reference } = await posted();
    const amend = async (count: number) =>
      send("PATCH", `${path}/${reference}`, { body: { lines: [{ line: 1, count }] }, headers: { "if-match": '"1"' } });
    const both = await Promise.all([amend(7), amend(8)]);
    expect(both.map(({ statusCode }) => statusCode).toSorted((left, right) => left - right)).toEqual([200, 412]);
    const winner = both.find(({ statusCode }) => statusCode === 200);
    const read = await send("GET", `${path}/${reference}`);
    expect(read.headers["etag"]).toBe('"2"');
    expect(read.json()).toEqual(winner?.json());
  });

  it("an amendment without If-Match is asked for it", async () => {
    const { reference } = await posted();
    expect((await send("PATCH", `${path}/${reference}`, { body: { takeFirm: false } })).statusCode).toBe(428);
  });

  it("withdraws, sorts, and refuses to acknowledge what did not come back", async () => {
    const { reference } = await posted(3);
    const some = await send("POST", `${path}/${reference}/withdraw`, { body: { needs: ["N01"] } });
    expect(requestView.parse(some.json()).counts).toMatchObject({ looking: 2, withdrawn: 1 });
    const sorted = await send("POST", `${path}/${reference}/needs/N02/sorted`, { body: { as: "kept-home" } });
    expect(requestView.parse(sorted.json()).counts).toMatchObject({ looking: 1, sorted: 1 });
    const early = await send("POST", `${path}/${reference}/needs/N03/acknowledge`);
    expect([early.statusCode, early.json<{ code: string }>().code]).toEqual([409, "not-returned"]);
    const rest = await send("POST", `${path}/${reference}/withdraw`);
    expect(rest.statusCode).toBe(200);
    expect((await send("POST", `${path}/${reference}/withdraw`)).statusCode).toBe(409);
  });

  it("F3: pausing is for brokers", async () => {
    const { reference } = await posted();
    const body = { reason: "practice-asked" };
    expect((await send("POST", `${path}/${reference}/pause`, { body })).statusCode).toBe(403);
    const as = await aToken(db, await aBroker(db));
    expect((await send("POST", `${path}/${reference}/pause`, { body, as })).statusCode).toBe(200);
    expect((await send("POST", `${path}/${reference}/resume`, { body, as })).statusCode).toBe(200);
  });

  it("P3: a stranger gets the answer for an unknown reference, whatever is tried", async () => {
    const { reference } = await posted();
    const as = await aToken(db, await aUser(db));
    const headers = { "if-match": '"1"' };
    const tries = async (of: string) =>
      Promise.all([
        send("GET", `${path}/${of}`, { as }),
        send("PATCH", `${path}/${of}`, { as, headers, body: { takeFirm: false } }),
        send("POST", `${path}/${of}/withdraw`, { as }),
        send("POST", `${path}/${of}/needs/N01/sorted`, { as, body: { as: "hub" } }),
        send("POST", `${path}/${of}/needs/N01/acknowledge`, { as }),
      ]);
    const foreign = await tries(reference);
    const unknown = await tries("CR-ZZZZZZ");
    expect(foreign.map(({ statusCode }) => statusCode)).toEqual([404, 404, 404, 404, 404]);
    expect(foreign.map(({ body }) => body)).toEqual(unknown.map(({ body }) => body));
  });

  it.each([
    ["GET", `${path}/CR-0OI1`],
    ["GET", `${path}?limit=0`],
    ["GET", `${path}?after=%00`],
    ["GET", `${path}?colour=red`],
  ] as const)("%s %s is refused with 422", async (method, url) => {
    expect((await send(method, url)).statusCode).toBe(422);
  });
});

describe("races", () => {
  it("O4: withdrawing and agreeing the same need at once: one of them has it, and nothing is half done", async () => {
    for (let round = 0; round < 12; round += 1) {
      const { reference } = await posted(1);
      const [needId = ""] = await idsOf(db, reference, "N01");
      await db.database.transact(async (tx) => void (await markNeeds(tx, [needId], { from: ["open"], to: "offered" })));
      ended.length = 0;
      const requestId = (
        await db.pool.query<{ id: string }>("select id from cover_requests where reference = $1", [reference])
      ).rows[0]?.id;
      const accepting = db.database.transact(async (tx) => {
        await lockRequests(tx, [requestId ?? ""]);
        return markNeeds(tx, [needId], { from: ["open", "offered"], to: "agreed" });
      });
      const [withdrawn, agreed] = await Promise.all([send("POST", `${path}/${reference}/withdraw`), accepting]);
      expect(withdrawn.statusCode).toBe(200);
      // Whoever was first, it ends withdrawn: an agreement made just before is cancelled through the port.
      expect((await needsOf(db, reference))[0]?.state).toBe("withdrawn");
      expect(agreed.length <= 1 && ended.length === 1 && ended[0]?.needIds[0] === needId).toBe(true);
    }
  });

  it("twenty posts at once of one practice all get references of their own", async () => {
    const views = await Promise.all(Array.from({ length: 20 }, async () => posted(2)));
    expect(new Set(views.map(({ reference }) => reference)).size).toBe(20);
  });
});
