import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { endedCredentials } from "../../../src/features/identity/index.ts";
import { sessions, userRoles, users } from "../../../src/features/identity/identity.table.ts";
import { sha256 } from "../../../src/platform/ids/ids.ts";
import { aPractice, openTestDatabase, until, type TestDatabase } from "../../support/index.ts";
import { aBrowser, aPerson, browserFrom, codeOf, identityServer, postSignIn } from "./identity-server.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => db.close());

const server = () => identityServer(db);
const secretOf = (cookie: string): string => cookie.split("=")[1] ?? "";

describe("signing in", () => {
  it("hands over a session of which the database holds only a hash", async () => {
    const person = await aPerson(db);
    const answer = await postSignIn(server(), { email: ` ${person.email.toUpperCase()} ` });
    expect(answer.statusCode).toBe(201);
    const header = String(answer.headers["set-cookie"]);
    expect(header).toMatch(/^covershare=[\w-]{43}; Max-Age=50400; Path=\/; HttpOnly; SameSite=Lax$/);
    const browser = browserFrom(server(), answer);
    const stored = await db.q.select().from(sessions).where(eq(sessions.userId, person.userId));
    expect(stored.map((row) => row.idHash)).toEqual([sha256(secretOf(browser.cookie))]);
    const [user] = await db.q.select().from(users).where(eq(users.id, person.userId));
    expect(user?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const me = await browser.send("GET", "/v1/me");
    expect(me.json()).toMatchObject({
      user: { id: person.userId, email: person.email },
      actingFor: { code: person.code, roles: ["nurse"], mayAnswerOffers: true },
      csrfToken: browser.csrfToken,
    });
  });

  it("behind https the cookie is Secure and bound to the host", async () => {
    const person = await aPerson(db);
    const secure = identityServer(db, undefined, { isSecure: true, allowedOrigins: [] });
    const answer = await postSignIn(secure, { email: person.email });
    expect(String(answer.headers["set-cookie"])).toMatch(/^__Host-covershare=.*; Path=\/; HttpOnly; .*; Secure$/);
    expect((await browserFrom(secure, answer).send("GET", "/v1/me")).statusCode).toBe(200);
  });

  it("answers the same for an unknown account, a wrong password and a deactivated user", async () => {
    const person = await aPerson(db);
    const gone = await aPerson(db);
    await db.q
      .update(users)
      .set({ deactivatedAt: sql`app_now()` })
      .where(eq(users.id, gone.userId));
    const answers = [
      await postSignIn(server(), { email: "nobody@practice.example" }),
      await postSignIn(server(), { email: person.email, password: "not this one at all" }),
      await postSignIn(server(), { email: gone.email }),
    ];
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(1);
    expect(answers.map((answer) => answer.statusCode)).toEqual([401, 401, 401]);
  });

  it("refuses to sign somebody in from another site's page", async () => {
    const person = await aPerson(db);
    const answer = await server().inject({
      method: "POST",
      url: "/v1/sessions",
      headers: { origin: "https://evil.example" },
      payload: { email: person.email, password: "whatever it is" },
    });
    expect([answer.statusCode, codeOf(answer)]).toEqual([403, "foreign-origin"]);
  });

  it("starts where the user last acted, and refuses an organisation without a role there", async () => {
    const [first, second] = [await aPractice(db, { code: "A1" }), await aPractice(db, { code: "A2" })];
    const person = await aPerson(db, { at: first.code });
    await db.q.insert(userRoles).values({ userId: person.userId, organisationCode: second.code, role: "reception" });
    await aBrowser(server(), person, second.code);
    const again = await postSignIn(server(), { email: person.email });
    expect(again.json()).toMatchObject({ actingFor: { code: "A2", roles: ["reception"] } });
    const foreign = await postSignIn(server(), { email: person.email, organisation: (await aPractice(db)).code });
    const unknown = await postSignIn(server(), { email: person.email, organisation: "NOSUCH" });
    expect([foreign.statusCode, codeOf(foreign)]).toEqual([403, "no-organisation"]);
    expect(unknown.body).toBe(foreign.body);
  });
});

describe("a session", () => {
  it("lasts a working day: fourteen hours at most, twelve without use", async () => {
    const person = await aPerson(db);
    try {
      await db.holdClock("2026-12-21T07:30:00Z");
      const used = await aBrowser(server(), person);
      const idle = await aBrowser(server(), person);
      const lastSeen = async () =>
        (
          await db.q
            .select()
            .from(sessions)
            .where(eq(sessions.idHash, sha256(secretOf(used.cookie))))
        ).at(0)?.lastSeenAt;
      await db.advance({ hours: 11, minutes: 59 });
      expect((await used.send("GET", "/v1/me")).statusCode).toBe(200);
      await until(async () => (await lastSeen())?.toISOString() === "2026-12-21T19:29:00.000Z");
      await db.advance({ minutes: 2 });
      expect((await idle.send("GET", "/v1/me")).statusCode).toBe(401);
      expect((await used.send("GET", "/v1/me")).statusCode).toBe(200);
      await db.advance({ hours: 2 });
      expect((await used.send("GET", "/v1/me")).statusCode).toBe(401);
    } finally {
      await db.releaseClock();
    }
  });

  it("S2: ends at once on signing out, on a new password elsewhere and on deactivation, and streams can tell", async () => {
    const person = await aPerson(db);
    const [here, elsewhere] = [await aBrowser(server(), person), await aBrowser(server(), person)];
    const credential = (cookie: string) => ({ kind: "session" as const, id: sha256(secretOf(cookie)) });
    const both = [credential(here.cookie), credential(elsewhere.cookie)];
    expect(await endedCredentials(db.q, both)).toEqual(new Set());

    const changed = await here.send("POST", "/v1/me/password", {
      currentPassword: "three quiet harbours",
      password: "four louder harbours",
    });
    expect(changed.statusCode).toBe(204);
    expect(await endedCredentials(db.q, both)).toEqual(new Set([credential(elsewhere.cookie).id]));
    expect((await elsewhere.send("GET", "/v1/me")).statusCode).toBe(401);
    expect((await postSignIn(server(), { email: person.email })).statusCode).toBe(401);

    const out = await here.send("DELETE", "/v1/sessions/current");
    expect([out.statusCode, String(out.headers["set-cookie"])]).toEqual([204, expect.stringContaining("Max-Age=0")]);
    expect((await here.send("GET", "/v1/me")).statusCode).toBe(401);
    expect((await endedCredentials(db.q, both)).size).toBe(2);
  });

  it("is listed with the others, and ended from another computer, but nobody else's is", async () => {
    const [person, other] = [await aPerson(db), await aPerson(db)];
    const [here, there] = [await aBrowser(server(), person), await aBrowser(server(), person)];
    const listed = z
      .object({ items: z.array(z.object({ id: z.string(), isCurrent: z.boolean() })) })
      .parse((await here.send("GET", "/v1/sessions")).json()).items;
    expect(listed).toHaveLength(2);
    const id = listed.find((item) => !item.isCurrent)?.id ?? "";
    const stranger = await aBrowser(server(), other);
    const refused = await stranger.send("DELETE", `/v1/sessions/${id}`);
    const unknown = await stranger.send("DELETE", `/v1/sessions/${"0".repeat(64)}`);
    expect([refused.statusCode, refused.body]).toEqual([404, unknown.body]);
    expect((await there.send("GET", "/v1/me")).statusCode).toBe(200);
    expect((await here.send("DELETE", `/v1/sessions/${id}`)).statusCode).toBe(204);
    expect((await there.send("GET", "/v1/me")).statusCode).toBe(401);
  });

  it("gets a new secret on changing organisation, so a page of the old one cannot act for the new, and the day is not prolonged", async () => {
    const person = await aPerson(db);
    const second = await aPractice(db);
    await db.q.insert(userRoles).values({ userId: person.userId, organisationCode: second.code, role: "manager" });
    const before = await aBrowser(server(), person);
    const answer = await before.send("POST", "/v1/sessions/current/organisation", { organisation: second.code });
    expect(answer.json()).toMatchObject({ actingFor: { code: second.code, roles: ["manager"] } });
    const after = browserFrom(server(), answer);
    expect((await before.send("GET", "/v1/me")).statusCode).toBe(401);
    const stale = await server().inject({
      method: "DELETE",
      url: "/v1/sessions/current",
      headers: { cookie: after.cookie, "x-csrf-token": before.csrfToken },
    });
    expect([stale.statusCode, codeOf(stale)]).toEqual([403, "csrf-token-wrong"]);
    const rows = await db.q.select().from(sessions).where(eq(sessions.userId, person.userId));
    expect(new Set(rows.map((row) => row.createdAt.getTime())).size).toBe(1);
  });
});
