import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aBroker, aClinic, aPractice, aRequest, aUser, type TestDatabase } from "../support/index.ts";
import { count, plan } from "../support/story.ts";
import { sql } from "drizzle-orm";
import { dressings, openChristmasSite, type TestSite } from "./support/site.ts";

let db: TestDatabase;
let site: TestSite;

beforeAll(async () => {
  ({ db, site } = await openChristmasSite());
});
afterAll(async () => {
  await site.close();
  await db.close();
});

describe("explanations on the pages", () => {
  it("M6: Ask for cover says who has room before anything is posted, with or without script", async () => {
    const home = await aPractice(db, { lat: 54.5 });
    const near = await aPractice(db, { lat: 54.51 });
    await aClinic(db, { at: near.code, slots: 9, startsAt: "2026-12-22T10:00:00Z" });
    const desk = await site.visitor(await aUser(db, { roles: ["reception"], at: home.code }));
    expect((await desk.open("/requests/new")).body).toContain('data-count-from="/requests/check"');
    const page = await desk.send("/requests/check", dressings);
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain(
      "9 of 14 could be covered by times that neighbours have published. 1 practice has room. Nobody else can be asked for the rest.",
    );
    // What was typed is still there.
    expect(page.body).toMatch(/name="count"[^>]*value="14"/);
    expect(await count(db, sql`cover_requests`)).toBe(0);
    const wrong = await desk.send("/requests/check", { ...dressings, count: "" });
    expect(wrong.statusCode).toBe(422);
    expect(wrong.body).toContain("Say how many appointments are short");
  });

  it("M6: a request says what would help, in miles, and who is asked; only the broker reads names", async () => {
    const broker = await aBroker(db);
    const home = await aPractice(db, { lat: 53.9 });
    const far = await aPractice(db, { lat: 53.99, name: "Moorland Surgery" });
    await aClinic(db, { at: far.code, slots: 2, startsAt: "2026-12-22T10:00:00Z" });
    const { reference, poster } = await aRequest(db, {
      home: home.code,
      priority: "routine",
      needs: [{ count: 3, maxKm: 5, dueBy: "2026-12-24T18:30:00Z" }],
    });
    await plan(db);
    const visitor = await site.visitor(poster);
    expect((await visitor.open(`/requests/${reference}`)).body).toContain(`href="/requests/${reference}/why"`);
    const { body } = await visitor.open(`/requests/${reference}/why`);
    expect(body).toContain("No published time fits 3 of them.");
    expect(body).toContain("6.8 miles instead of 3.1 miles would cover 2 more.");
    expect(body).toMatch(/\d+ practices? (is|are) too far away/);
    expect(body).not.toContain("Moorland");
    expect((await (await site.visitor(broker)).open(`/requests/${reference}/why`)).body).toContain("Moorland Surgery");
  });

  it("M6: a clinic says why it is not offered", async () => {
    const host = await aPractice(db, { lat: 53.1 });
    const { clinicId } = await aClinic(db, { at: host.code, slots: 2, services: ["phlebotomy"] });
    const desk = await site.visitor(await aUser(db, { at: host.code }));
    expect((await desk.open(`/clinics/${clinicId}`)).body).toContain(`href="/clinics/${clinicId}/why"`);
    const { body } = await desk.open(`/clinics/${clinicId}/why`);
    expect(body).toContain("Why this clinic is not offered");
    expect(body).toContain("Nobody in your group is looking for this just now.");
  });
});
