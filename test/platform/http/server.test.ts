import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { DomainError } from "../../../src/platform/errors/domain-error.ts";
import { commandRoute, readRoute, type Route } from "../../../src/platform/http/route.ts";
import { addRoutes, createServer, type Gatekeeper } from "../../../src/platform/http/server.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { openTestDatabase, type TestDatabase } from "../../support/index.ts";

let db: TestDatabase;
const counts = new Map<string, number>();

/** The platform knows no users: here an actor is a name in a header. */
const gatekeeper: Gatekeeper<string> = {
  identify: async (request) => String(request.headers["x-name"] ?? "nobody"),
  admit: (actor) => actor ?? "nobody",
  scope: (actor) => actor,
};

const signedIn = { kind: "signed-in" } as const;
const note = z.strictObject({ name: z.string().max(40), fails: z.boolean().default(false) });
const routes: readonly Route<string>[] = [
  commandRoute<string>()(
    {
      method: "POST",
      path: "/v1/notes",
      summary: "Counts",
      tag: "test",
      access: signedIn,
      body: note,
      response: z.unknown(),
    },
    async ({ body, actor }, tx) => {
      const count = (counts.get(body.name) ?? 0) + 1;
      counts.set(body.name, count);
      await tx.q.execute(sql`select pg_sleep(0.02)`);
      if (body.fails) throw new DomainError("conflict", "already-given", "Gone.", { details: { tries: count } });
      return { status: 201, body: { count, actor }, etag: count };
    },
  ),
  readRoute<string>()(
    { method: "GET", path: "/v1/broken", summary: "Fails", tag: "test", access: signedIn },
    async (_call, { q }) => {
      await q.execute(sql`select 'secret-value' from no_such_table`);
      return {};
    },
  ),
  commandRoute<string>()(
    {
      method: "PATCH",
      path: "/v1/notes",
      summary: "Edits",
      tag: "test",
      access: signedIn,
      needsIfMatch: true,
      response: z.unknown(),
    },
    async ({ ifMatch }) => ({ body: { ifMatch } }),
  ),
];

const server = createServer({ log: silentLogger, requestTimeoutMs: 10_000, trustProxy: false });
beforeAll(async () => {
  db = await openTestDatabase();
  addRoutes(server, routes, db.database, gatekeeper);
});
afterAll(async () => {
  await server.close();
  await db.close();
});

const post = async (payload: object, headers: Record<string, string> = {}) =>
  server.inject({ method: "POST", url: "/v1/notes", payload, headers });
const keyed = (key: string, name = "pat"): Record<string, string> => ({ "idempotency-key": key, "x-name": name });

describe("O6: a command with an Idempotency-Key", () => {
  it("runs once, however often and however parallel it is sent, and every repeat gets the first answer", async () => {
    const sent = Array.from({ length: 8 }, async () => post({ name: "once" }, keyed("key-0001")));
    const answers = await Promise.all(sent);
    expect(new Set(answers.map(({ statusCode, body, headers }) => `${statusCode} ${body} ${headers["etag"]}`))).toEqual(
      new Set(['201 {"count":1,"actor":"pat"} "1"']),
    );
    expect(answers.filter((answer) => answer.headers["idempotency-replayed"] === "true")).toHaveLength(7);
    expect(counts.get("once")).toBe(1);
  });

  it("is refused with another body, and is nobody else's key", async () => {
    await post({ name: "first" }, keyed("key-0002"));
    const other = await post({ name: "second" }, keyed("key-0002"));
    expect([other.statusCode, other.json()]).toMatchObject([422, { code: "idempotency-key-reused" }]);
    expect((await post({ name: "second" }, keyed("key-0002", "sam"))).statusCode).toBe(201);
  });

  it("that lost a race is refused the same way again", async () => {
    const first = await post({ name: "lost", fails: true }, keyed("key-0003"));
    const again = await post({ name: "lost", fails: true }, keyed("key-0003"));
    expect([first.statusCode, again.statusCode, again.body]).toEqual([409, 409, first.body]);
    expect(again.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(counts.get("lost")).toBe(1);
  });

  it("that lost a race is refused the same way, also where its repeats come at the same time", async () => {
    const sent = Array.from({ length: 6 }, async () => post({ name: "both", fails: true }, keyed("key-0004")));
    const answers = await Promise.all(sent);
    expect(counts.get("both")).toBeGreaterThan(1);
    expect(new Set(answers.map(({ statusCode, body }) => `${statusCode} ${body}`)).size).toBe(1);
  });
});

describe("a request that no route should see", () => {
  it.each([
    ["text/plain", "{}", 415, "unsupported-content-type"],
    ["application/x-www-form-urlencoded", "name=a", 415, "unsupported-content-type"],
    ["application/json", '{"name":', 400, "unreadable-body"],
    ["application/json", '{"__proto__":{"a":1},"name":"a"}', 400, "unreadable-body"],
    ["application/json", String.raw`{"name":"a\u0000b"}`, 422, "unstorable-text"],
    ["application/json", String.raw`{"name":"\ud800"}`, 422, "unstorable-text"],
    ["application/json", `{"name":${"[".repeat(40)}${"]".repeat(40)}}`, 422, "too-deep"],
    ["application/json", `{"name":"${"x".repeat(70_000)}"}`, 413, "body-too-large"],
    ["application/json", '{"name":1,"more":2}', 422, "invalid-input"],
    ["application/json", "", 422, "invalid-input"],
  ])("%s %.40s is %i %s", async (type, payload, status, code) => {
    const answer = await server.inject({
      method: "POST",
      url: "/v1/notes",
      payload,
      headers: { "content-type": type },
    });
    expect([answer.statusCode, answer.json()]).toMatchObject([
      status,
      { status, code, type: `urn:covershare:problem:${code}` },
    ]);
  });

  it("in an address that cannot be decoded, or in bytes that are not HTTP, gets a problem document too", async () => {
    expect((await server.inject({ url: "/v1/%zz" })).json()).toMatchObject({ code: "unreadable-address" });
    await server.listen({ host: "127.0.0.1", port: 0 });
    const address = server.server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    const socket = connect(address.port, "127.0.0.1");
    socket.write("this is not HTTP\r\n\r\n");
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json/);
    expect(JSON.parse(answer.slice(answer.indexOf("{")))).toMatchObject({ code: "unreadable-request" });
  });
});

describe("answers", () => {
  it("lists each field problem with its JSON Pointer", async () => {
    const answer = await post({ name: 7, fails: "no" });
    expect(z.object({ errors: z.array(z.object({ pointer: z.string() })) }).parse(answer.json()).errors).toMatchObject([
      { pointer: "/name" },
      { pointer: "/fails" },
    ]);
  });

  it("never carry SQL: what nobody expected is a plain 500", async () => {
    const answer = await server.inject({ url: "/v1/broken" });
    expect([answer.statusCode, answer.json()]).toMatchObject([500, { code: "internal" }]);
    expect(answer.body).not.toMatch(/select|no_such_table|secret-value/);
  });

  it("echo the request id if it is a plain one", async () => {
    const echo = async (id: string) =>
      (await server.inject({ url: "/v1/none", headers: { "x-request-id": id } })).headers["x-request-id"];
    expect(await echo("abc-1.2_3")).toBe("abc-1.2_3");
    expect(await echo("bad id\u00e9")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("428 without If-Match, 412 for what is no ETag of ours", async () => {
    const patch = async (headers: Record<string, string>) =>
      server.inject({ method: "PATCH", url: "/v1/notes", headers });
    expect((await patch({})).statusCode).toBe(428);
    expect((await patch({ "if-match": "*" })).statusCode).toBe(412);
    expect((await patch({ "if-match": '"3"' })).json()).toEqual({ ifMatch: 3 });
    expect((await post({ name: "etag" })).headers["etag"]).toBe('"1"');
  });
});
