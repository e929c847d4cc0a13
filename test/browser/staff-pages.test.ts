import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPasswords, createUser } from "../../src/features/identity/index.ts";
import { aPractice, aUser, type TestDatabase } from "../support/index.ts";
import { openChristmasSite, type TestSite } from "./support/site.ts";

let db: TestDatabase;
let site: TestSite;

beforeAll(async () => {
  ({ db, site } = await openChristmasSite());
});
afterAll(async () => {
  await site.close();
  await db.close();
});

const cookieOf = (headers: Record<string, unknown>): string => String(headers["set-cookie"]).split(";")[0] ?? "";

describe("signing in", () => {
  const email = "ann@riverside.example";
  const password = "correct horse battery";
  beforeAll(async () => {
    const { code } = await aPractice(db);
    const at = [{ organisationCode: code, roles: ["reception" as const] }];
    await createUser(db.database, createPasswords(), { email, name: "Ann Lowe", password, at });
  });

  it("leads back to the page that was asked for, and the landing page to My desk", async () => {
    const sent = await site.stranger.send("/sign-in", { email, password, next: "/requests/new" });
    expect([sent.statusCode, sent.headers.location]).toEqual([303, "/requests/new"]);
    const cookie = cookieOf(sent.headers);
    const landing = await site.stranger.open("/", { cookie });
    expect([landing.statusCode, landing.headers.location]).toEqual([303, "/desk"]);
    expect((await site.stranger.open("/desk", { cookie })).body).toContain("Ann Lowe, acting for");
  });

  it.each(["//evil.example", "/\\evil.example", "https://evil.example", "/%0d", "javascript:alert(1)"])(
    "never leads to another site: %s",
    async (next) => {
      const sent = await site.stranger.send("/sign-in", { email, password, next });
      expect(new URL(String(sent.headers.location), "https://our.example").host).toBe("our.example");
    },
  );

  it("says that address and password do not belong together, keeps the address and not the password", async () => {
    const page = await site.stranger.send("/sign-in", { email, password: "wrong one" });
    expect(page.statusCode).toBe(422);
    expect(page.body).toContain("do not belong together");
    expect(page.body).toContain(`value="${email}"`);
    expect(page.body).not.toContain("wrong one");
  });

  it("asks to wait in plain words after too many tries", async () => {
    let page = await site.stranger.send("/sign-in", { email: "many@tries.example", password: "x" });
    for (let tries = 0; tries < 12 && page.statusCode !== 429; tries += 1)
      page = await site.stranger.send("/sign-in", { email: "many@tries.example", password: "x" });
    expect(page.statusCode).toBe(429);
    expect(page.body).toContain("colleagues can still sign in");
  });

  it("refuses a form of another site", async () => {
    const answer = await site.server.inject({
      method: "POST",
      url: "/sign-in",
      payload: new URLSearchParams({ email, password }).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "cross-site" },
    });
    expect(answer.statusCode).toBe(403);
  });
});

describe("a manager", () => {
  const manager = async () => {
    const { code } = await aPractice(db);
    const actor = await aUser(db, { at: code, roles: ["manager"] });
    return { code, desk: await site.visitor(actor) };
  };

  it("invites a colleague by a link that is shown once and lets them join", async () => {
    const { desk } = await manager();
    const page = await desk.send("/settings/colleagues", {
      name: "Kofi Mensah",
      email: "kofi@riverside.example",
      roles: ["nurse", "reception"],
    });
    const link = /\/invitations\/[\w-]{43}/.exec(page.body)?.[0] ?? "";
    expect((await desk.open("/settings/colleagues")).body).not.toContain(link);
    expect((await site.stranger.open(link)).body).toContain("invited as nurse, reception");
    const short = await site.stranger.send(link, { password: "short" });
    expect(short.body).toContain("Choose a password of at least 10 characters");
    const joined = await site.stranger.send(link, { password: "a long enough one" });
    expect([joined.statusCode, joined.headers.location]).toEqual([303, "/sign-in"]);
  });

  it("C3: saves what the practice could do, and is told when a colleague was quicker", async () => {
    const { desk } = await manager();
    const fields = { version: "1", isAccepting: "no", dailyCap: "6", services: ["phleb"], acceptRoles: ["nurse"] };
    expect((await desk.send("/settings", fields)).statusCode).toBe(303);
    const saved = await desk.open("/settings");
    expect(saved.body).toMatch(/id="dailyCap"[^>]* value="6"/);
    expect(saved.body).toMatch(/value="phleb" checked/);
    const stale = await desk.send("/settings", fields);
    expect(stale.statusCode).toBe(412);
    expect(stale.body).toContain("Somebody changed these settings");
  });
});

describe("Publish clinic", () => {
  const clinic = {
    date: "2026-12-22",
    from: "9.00",
    until: "1230",
    "breakFrom-1": "10:30",
    "breakUntil-1": "10:50",
    clinicians: "2",
    slotMinutes: "20",
    services: ["wound-simple"],
    pledge: "ask",
  };
  const nurse = async () => site.visitor(await aUser(db, { roles: ["nurse"] }));

  it("C1: shows the number of slots before anything is saved, then publishes as many", async () => {
    const desk = await nurse();
    const counted = await desk.send("/clinics/check", clinic);
    // Each: 09:00–10:30 gives 4, 10:50–12:30 gives 5.
    expect(counted.body).toContain("<strong>18 slots</strong>");
    expect((await desk.open("/clinics")).body).toContain("No clinic is published");
    expect((await desk.send("/clinics/new", clinic)).statusCode).toBe(303);
    const list = await desk.open("/clinics");
    expect(list.body).toContain("Tue 22 Dec, 09:00 to 12:30");
    expect(list.body).toContain("9 free, 0 held, 0 given");
  });

  it("says beside each field what is missing, in the words of the desk", async () => {
    const page = await (await nurse()).send("/clinics/new", { ...clinic, date: "", services: [], slotMinutes: "3" });
    expect(page.statusCode).toBe(422);
    for (const text of ["Choose a day", "Choose what can be done in this clinic", "from 5 to 120"])
      expect(page.body).toContain(text);
    expect((await (await nurse()).send("/clinics/new", { ...clinic, from: "half nine" })).body).toContain(
      "Enter when the clinic starts, such as 09:00",
    );
  });

  it("C4: a slot that has gone takes one tap", async () => {
    const desk = await nurse();
    await desk.send("/clinics/new", { ...clinic, clinicians: "1" });
    const path = /\/clinics\/[0-9a-f-]{36}/.exec((await desk.open("/clinics")).body)?.[0] ?? "";
    const gone = /\/clinics\/[0-9a-f-]{36}\/slots\/[0-9a-f-]{36}\/gone/.exec((await desk.open(path)).body)?.[0] ?? "";
    expect((await desk.send(gone, {})).statusCode).toBe(303);
    expect((await desk.open("/clinics")).body).toContain("8 free");
  });
});
