import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { endedCredentials } from "../../../src/features/identity/index.ts";
import { apiTokens, userRoles } from "../../../src/features/identity/identity.table.ts";
import { organisations } from "../../../src/features/practices/practices.table.ts";
import { sha256 } from "../../../src/platform/ids/ids.ts";
import { openTestDatabase, until, type TestDatabase } from "../../support/index.ts";
import { aBrowser, aPerson, codeOf, identityServer } from "./identity-server.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => db.close());

const issued = z.object({ id: z.string(), token: z.string() });

describe("commands by cookie", () => {
  const deleteSession = async (headers: Record<string, string>) =>
    identityServer(db).inject({ method: "DELETE", url: "/v1/sessions/current", headers });

  it("are refused without the session's CSRF token", async () => {
    const { cookie, csrfToken } = await aBrowser(identityServer(db), await aPerson(db));
    const other = await aBrowser(identityServer(db), await aPerson(db));
    for (const headers of [{}, { "x-csrf-token": "" }, { "x-csrf-token": other.csrfToken }]) {
      const answer = await deleteSession({ cookie, ...headers });
      expect([answer.statusCode, codeOf(answer)]).toEqual([403, "csrf-token-wrong"]);
    }
    expect((await deleteSession({ cookie, "x-csrf-token": csrfToken })).statusCode).toBe(204);
  });

  it("are refused from another origin, and served from our own and from allowed ones", async () => {
    const session = async () => {
      const { cookie, csrfToken } = await aBrowser(identityServer(db), await aPerson(db));
      return { cookie, "x-csrf-token": csrfToken, host: "cover.local:4310" };
    };
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: "http://cover.local:9999" },
      { "sec-fetch-site": "cross-site" },
    ]) {
      const answer = await deleteSession({ ...(await session()), ...headers });
      expect([answer.statusCode, codeOf(answer)]).toEqual([403, "foreign-origin"]);
    }
    for (const headers of [{ origin: "http://cover.local:4310" }, { origin: "https://cover.example.org" }])
      expect((await deleteSession({ ...(await session()), ...headers })).statusCode).toBe(204);
  });
});

describe("an API token", () => {
  it("is shown once, stored hashed, needs no CSRF token, notes when it was used, and ends when revoked", async () => {
    const person = await aPerson(db, { roles: ["manager"] });
    const browser = await aBrowser(identityServer(db), person);
    const made = await browser.send("POST", "/v1/tokens", { name: "Rota screen" });
    expect([made.statusCode, made.headers["cache-control"]]).toEqual([201, "no-store"]);
    const { id, token } = issued.parse(made.json());
    expect(token).toMatch(/^cs_[\w-]{43}$/);
    const stored = async () => (await db.q.select().from(apiTokens).where(eq(apiTokens.id, id))).at(0);
    expect((await stored())?.tokenHash).toBe(sha256(token));
    const headers = { authorization: `Bearer ${token}` };
    const me = await identityServer(db).inject({ url: "/v1/me", headers });
    expect(me.json()).toMatchObject({ actingFor: { code: person.code, roles: ["manager"] }, csrfToken: null });
    await until(async () => (await stored())?.lastUsedAt !== null);
    const list = await browser.send("GET", "/v1/tokens");
    expect(list.body).not.toContain(token);

    // No cookie, so nothing that a browser would send by itself: no CSRF token is asked for.
    const invited = await identityServer(db).inject({
      method: "POST",
      url: "/v1/users",
      headers,
      payload: { email: "new@practice.example", name: "New Nurse", roles: ["nurse"] },
    });
    expect(invited.statusCode).toBe(201);

    const credential = { kind: "token" as const, id };
    expect(await endedCredentials(db.q, [credential])).toEqual(new Set());
    expect((await browser.send("DELETE", `/v1/tokens/${id}`)).statusCode).toBe(204);
    expect((await identityServer(db).inject({ url: "/v1/me", headers })).statusCode).toBe(401);
    expect(await endedCredentials(db.q, [credential])).toEqual(new Set([id]));
  });

  it("makes no tokens, ends no password and is nobody else's to revoke (P3)", async () => {
    const person = await aPerson(db);
    const browser = await aBrowser(identityServer(db), person);
    const { id, token } = issued.parse((await browser.send("POST", "/v1/tokens", { name: "One" })).json());
    const headers = { authorization: `Bearer ${token}` };
    for (const request of [
      { url: "/v1/tokens", payload: { name: "Two" } },
      { url: "/v1/me/password", payload: { currentPassword: "three quiet harbours", password: "another long one" } },
    ]) {
      const answer = await identityServer(db).inject({ method: "POST", headers, ...request });
      expect([answer.statusCode, codeOf(answer)]).toEqual([403, "session-needed"]);
    }
    const stranger = await aBrowser(identityServer(db), await aPerson(db));
    const foreign = await stranger.send("DELETE", `/v1/tokens/${id}`);
    const unknown = await stranger.send("DELETE", "/v1/tokens/01890000-0000-7000-8000-000000000000");
    expect([foreign.statusCode, foreign.body]).toEqual([404, unknown.body]);
  });

  it("that is wrong is refused, also beside a good cookie", async () => {
    const { cookie } = await aBrowser(identityServer(db), await aPerson(db));
    for (const authorization of ["Bearer cs_nope", "Bearer", "Basic dXNlcjpwYXNz"]) {
      const answer = await identityServer(db).inject({ url: "/v1/me", headers: { cookie, authorization } });
      expect([answer.statusCode, codeOf(answer)]).toEqual([401, "not-signed-in"]);
    }
  });
});

describe("who may answer offers", () => {
  it("is what the practice has set", async () => {
    const person = await aPerson(db, { roles: ["reception"] });
    const browser = await aBrowser(identityServer(db), person);
    const may = async (): Promise<boolean> =>
      z
        .object({ actingFor: z.object({ mayAnswerOffers: z.boolean() }) })
        .parse((await browser.send("GET", "/v1/me")).json()).actingFor.mayAnswerOffers;
    expect(await may()).toBe(true);
    await db.q
      .update(organisations)
      .set({ acceptRoles: ["manager"] })
      .where(eq(organisations.code, person.code));
    expect(await may()).toBe(false);
    await db.q.insert(userRoles).values({ userId: person.userId, organisationCode: person.code, role: "manager" });
    expect(await may()).toBe(true);
  });
});
