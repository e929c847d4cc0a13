import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { auditEntries } from "../../../src/features/audit/audit.table.ts";
import { openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { aBrowser, aPerson, codeOf, identityServer, PASSWORD, postSignIn } from "./identity-server.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => db.close());

const tokenOf = (body: unknown): string => z.object({ token: z.string() }).parse(body).token;
const accept = async (token: string, password: string) =>
  identityServer(db).inject({
    method: "POST",
    url: `/v1/invitations/${token}/accept`,
    headers: { "x-forwarded-for": "198.51.100.9" },
    payload: { password },
  });

describe("inviting a colleague", () => {
  it("makes an account only when the link is taken up, once, within a week", async () => {
    const manager = await aPerson(db, { roles: ["manager"] });
    const browser = await aBrowser(identityServer(db), manager);
    const invitation = { email: "Asha@Practice.Example", name: "Asha Nurse", roles: ["nurse", "nurse"] };
    const replaced = tokenOf((await browser.send("POST", "/v1/users", invitation)).json());
    const token = tokenOf((await browser.send("POST", "/v1/users", invitation)).json());
    expect((await accept(replaced, "a fine password")).statusCode).toBe(404);
    expect((await browser.send("GET", "/v1/users")).json()).toMatchObject({
      items: [{ id: manager.userId }],
      invitations: [{ email: "asha@practice.example", roles: ["nurse"] }],
    });
    expect((await accept(token, "asha@practice.example")).statusCode).toBe(422);
    const both = await Promise.all([accept(token, "a fine password"), accept(token, "a fine password")]);
    const statuses = both.map((answer) => answer.statusCode).toSorted((left, right) => left - right);
    expect(statuses[0]).toBe(200);
    expect([401, 404]).toContain(statuses[1]);
    const signedIn = await postSignIn(identityServer(db), {
      email: "asha@practice.example",
      password: "a fine password",
    });
    expect(signedIn.json()).toMatchObject({ actingFor: { code: manager.code, roles: ["nurse"] } });
    expect((await accept(token, "a fine password")).statusCode).toBe(404);
  });

  it("opens no account that exists elsewhere without its own password", async () => {
    const [manager, other] = [await aPerson(db, { roles: ["manager"] }), await aPerson(db)];
    const browser = await aBrowser(identityServer(db), manager);
    const made = await browser.send("POST", "/v1/users", {
      email: other.email,
      name: "Somebody",
      roles: ["reception"],
    });
    // The inviting practice does not learn that the account exists.
    expect(Object.keys(z.object({}).loose().parse(made.json())).toSorted()).toEqual(["email", "expiresAt", "token"]);
    const token = tokenOf(made.json());
    expect((await accept(token, "the manager's guess")).statusCode).toBe(401);
    expect((await accept(token, PASSWORD)).statusCode).toBe(200);
    const signedIn = await postSignIn(identityServer(db), { email: other.email, organisation: manager.code });
    expect(signedIn.json()).toMatchObject({ user: { name: "Robin Nurse" }, actingFor: { roles: ["reception"] } });
  });

  it("expires", async () => {
    const manager = await aPerson(db, { roles: ["manager"] });
    try {
      await db.holdClock("2026-12-01T09:00:00Z");
      const browser = await aBrowser(identityServer(db), manager);
      const made = await browser.send("POST", "/v1/users", { email: "late@x.example", name: "Late", roles: ["nurse"] });
      await db.advance({ days: 7 });
      expect((await accept(tokenOf(made.json()), "a fine password")).statusCode).toBe(404);
    } finally {
      await db.releaseClock();
    }
  });

  it("P1: refuses names and addresses that hold something like an NHS number", async () => {
    const browser = await aBrowser(identityServer(db), await aPerson(db, { roles: ["manager"] }));
    for (const input of [
      { email: "a@x.example", name: "Pat 943 476 5919", roles: ["nurse"] },
      { email: "9434765919@x.example", name: "Pat", roles: ["nurse"] },
    ]) {
      const answer = await browser.send("POST", "/v1/users", input);
      expect([answer.statusCode, codeOf(answer)]).toEqual([422, "invalid-input"]);
      expect(answer.body).not.toContain("943");
    }
  });
});

describe("roles", () => {
  it("a manager gives and takes those of a practice; broker and admin take an administrator", async () => {
    const manager = await aPerson(db, { roles: ["manager"] });
    const nurse = await aPerson(db, { at: manager.code });
    const browser = await aBrowser(identityServer(db), manager);
    const url = (role: string, id = nurse.userId) => `/v1/users/${id}/roles/${role}`;
    expect((await browser.send("PUT", url("reception"))).statusCode).toBe(204);
    for (const role of ["broker", "admin"]) {
      const answer = await browser.send("PUT", url(role));
      expect([answer.statusCode, codeOf(answer)]).toEqual([403, "may-not-grant"]);
      const invited = await browser.send("POST", "/v1/users", {
        email: "b@x.example",
        name: "B",
        roles: ["nurse", role],
      });
      expect([invited.statusCode, codeOf(invited)]).toEqual([403, "may-not-grant"]);
    }
    const foreigner = await aPerson(db);
    const foreign = await browser.send("PUT", url("nurse", foreigner.userId));
    const unknown = await browser.send("PUT", url("nurse", "01890000-0000-7000-8000-000000000000"));
    expect([foreign.statusCode, foreign.body]).toEqual([404, unknown.body]);
    const trail = await db.q.select().from(auditEntries).where(eq(auditEntries.subject, nurse.userId));
    expect(trail.map((entry) => [entry.action, entry.userId])).toContainEqual(["user.give-role", manager.userId]);
  });

  it("with the last role here, sessions and tokens for this organisation end", async () => {
    const manager = await aPerson(db, { roles: ["manager"] });
    const nurse = await aPerson(db, { at: manager.code, roles: ["nurse", "reception"] });
    const theirs = await aBrowser(identityServer(db), nurse);
    const token = tokenOf((await theirs.send("POST", "/v1/tokens", { name: "Screen" })).json());
    const browser = await aBrowser(identityServer(db), manager);
    await browser.send("DELETE", `/v1/users/${nurse.userId}/roles/nurse`);
    expect((await theirs.send("GET", "/v1/me")).statusCode).toBe(200);
    expect((await browser.send("DELETE", `/v1/users/${nurse.userId}/roles/reception`)).statusCode).toBe(204);
    expect((await theirs.send("GET", "/v1/me")).statusCode).toBe(401);
    const headers = { authorization: `Bearer ${token}` };
    expect((await identityServer(db).inject({ url: "/v1/me", headers })).statusCode).toBe(401);
  });

  it("an organisation keeps a manager, also when two take each other's role at once", async () => {
    const [one, two] = await (async () => {
      const first = await aPerson(db, { roles: ["manager"] });
      return [first, await aPerson(db, { roles: ["manager"], at: first.code })] as const;
    })();
    const server = identityServer(db);
    const [left, right] = [await aBrowser(server, one), await aBrowser(server, two)];
    const answers = await Promise.all([
      left.send("DELETE", `/v1/users/${two.userId}/roles/manager`),
      right.send("DELETE", `/v1/users/${one.userId}/roles/manager`),
    ]);
    const statuses = answers.map((answer) => answer.statusCode);
    expect(statuses.filter((status) => status === 204)).toHaveLength(1);
    expect(statuses.some((status) => [401, 403, 409].includes(status))).toBe(true);
  });
});
