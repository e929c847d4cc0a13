import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Actor } from "../../../src/features/access/index.ts";
import { readColleagues } from "../../../src/features/identity/colleagues.repository.ts";
import { readTokens } from "../../../src/features/identity/tokens.repository.ts";
import { openSite, type TestSite } from "../../browser/support/site.ts";
import { startTestApp, type TestApp } from "../../support/app.ts";
import { aPractice, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";

let db: TestDatabase;
let app: TestApp;
let site: TestSite;
let code: string;
let manager: Actor;

beforeAll(async () => {
  db = await openTestDatabase();
  app = await startTestApp(db, { matcher: false });
  site = await openSite(db);
  ({ code } = await aPractice(db));
  manager = await aUser(db, { at: code, roles: ["manager"], name: "Mo Manager" });
});
afterAll(async () => {
  await site.close();
  await app.close();
  await db.close();
});

const rolesOf = async ({ userId }: Actor): Promise<readonly string[] | undefined> =>
  (await readColleagues(db.q, code)).find(({ id }) => id === userId)?.roles;

describe("API tokens on their page", () => {
  it("are shown once, work, and work no more once revoked", async () => {
    const nurse = await aUser(db, { at: code });
    const visitor = await site.visitor(nurse);
    const made = await visitor.send("/settings/tokens", { name: "Reports" });
    const [token = ""] = /cs_[A-Za-z0-9_-]{43}/.exec(made.body) ?? [];
    const me = async (): Promise<number> =>
      (await fetch(`${app.url}/v1/me`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await me()).toBe(200);
    const list = await visitor.open("/settings/tokens");
    expect(list.body).toContain("Reports");
    expect(list.body).not.toContain(token);
    const [{ id } = { id: "" }] = await readTokens(db.q, nurse.userId);
    expect((await visitor.send(`/settings/tokens/${id}/revoke`, {})).statusCode).toBe(303);
    expect(await me()).toBe(401);
    expect((await visitor.send("/settings/tokens", { name: "" })).statusCode).toBe(422);
  });
});

describe("colleagues' roles on their page", () => {
  it("change all at once; without any, the colleague's sessions here end", async () => {
    const nurse = await aUser(db, { at: code, name: "Nia Nurse" });
    const theirs = await site.visitor(nurse);
    const visitor = await site.visitor(manager);
    const path = `/settings/colleagues/${nurse.userId}/roles`;
    expect((await visitor.open("/settings/colleagues")).body).toContain(path);
    await visitor.send(path, { roles: ["reception", "nurse"] });
    expect(await rolesOf(nurse)).toEqual(["nurse", "reception"]);
    await visitor.send(path, { roles: ["reception"] });
    expect(await rolesOf(nurse)).toEqual(["reception"]);
    expect((await theirs.open("/desk")).statusCode).toBe(200);
    await visitor.send(path, {});
    expect(await rolesOf(nurse)).toBeUndefined();
    expect((await theirs.open("/desk")).headers.location).toContain("/sign-in");
  });

  it("the last manager stays, and roles that only an administrator gives are left alone", async () => {
    const visitor = await site.visitor(manager);
    const refused = await visitor.send(`/settings/colleagues/${manager.userId}/roles`, { roles: ["nurse"] });
    expect([refused.statusCode, refused.body]).toEqual([
      409,
      expect.stringContaining("This is the last manager here."),
    ]);
    expect(await rolesOf(manager)).toEqual(["manager"]);
    const admin = await aUser(db, { at: code, roles: ["admin", "nurse"] });
    await visitor.send(`/settings/colleagues/${admin.userId}/roles`, {});
    expect(await rolesOf(admin)).toEqual(["admin"]);
    const tried = await visitor.send(`/settings/colleagues/${admin.userId}/roles`, { roles: ["broker"] });
    expect(tried.statusCode).toBe(422);
  });
});
