import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureCatalogue } from "../../src/features/services/index.ts";
import { aPractice, aUser, openTestDatabase, type TestDatabase } from "../support/index.ts";
import { openSite, type TestSite } from "./support/site.ts";

let db: TestDatabase;
let site: TestSite;

beforeAll(async () => {
  db = await openTestDatabase();
  await ensureCatalogue(db.q);
  await db.holdClock("2026-12-21T09:00:00Z");
  site = await openSite(db);
});
afterAll(async () => {
  await site.close();
  await db.close();
});

const dressings = {
  service: "wound-simple",
  count: "14",
  by: "2026-12-24T18:30:00.000Z",
  maxKm: "8",
  reason: "staff-absence",
};

const reception = async () => {
  const { code } = await aPractice(db);
  return site.visitor(await aUser(db, { roles: ["reception"], at: code }));
};

describe("Ask for cover", () => {
  it("opens with a day list that skips Christmas and says so", async () => {
    const page = await (await reception()).open("/requests/new");
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain("Thu 24 Dec, by 18:30");
    expect(page.body).not.toContain("Fri 25 Dec, by");
    expect(page.body).toContain("Fri 25 Dec: Christmas Day");
  });

  it("R2: a post leads to the page of the new request, which says so once", async () => {
    const desk = await reception();
    const sent = await desk.send("/requests/new", dressings);
    expect(sent.statusCode).toBe(303);
    const path = String(sent.headers.location);
    expect(path).toMatch(/^\/requests\/CR-/);
    const said = String(sent.headers["set-cookie"]).split(";")[0] ?? "";
    const page = await desk.open(path, { cookie: `${desk.cookie}; ${said}` });
    expect(page.body).toContain("is posted. Neighbours are being asked now.");
    expect(page.body).toContain("14 × Simple dressing");
    expect((await desk.open(path)).body).not.toContain("is posted.");
  });

  it("O6: a double click posts once", async () => {
    const desk = await reception();
    const twice = await Promise.all(
      [1, 2].map(async () => desk.send("/requests/new", { ...dressings, _key: "a-key-of-this-page" })),
    );
    expect(twice.map(({ statusCode }) => statusCode)).toEqual([303, 303]);
    expect(twice[0]?.headers.location).toBe(twice[1]?.headers.location);
  });

  it("keeps what was typed and says beside each field what is wrong", async () => {
    const page = await (await reception()).send("/requests/new", { ...dressings, count: "99", by: "" });
    expect(page.statusCode).toBe(422);
    expect(page.body).toContain('href="#count"');
    expect(page.body).toContain("Say how many appointments are short, from 1 to 60");
    expect(page.body).toContain('href="#by"');
    expect(page.body).toMatch(/id="count"[^>]* value="99"/);
    expect(page.body).toMatch(/<option value="wound-simple" selected/);
    expect(page.body).toContain("<title>Error: Ask for cover");
  });

  it("names the field of the second line, not of the first", async () => {
    const page = await (
      await reception()
    ).send("/requests/new", { ...dressings, "service-3": "phleb", "count-3": "x", "by-3": dressings.by });
    expect(page.body).toContain('href="#count-3"');
    expect(page.body).not.toContain('href="#count"');
  });
});

describe("the edges of the site", () => {
  it("an expired session goes to sign-in and comes back to the same page", async () => {
    const page = await site.stranger.open("/requests/new");
    expect(page.statusCode).toBe(303);
    expect(page.headers.location).toBe("/sign-in?next=%2Frequests%2Fnew");
  });

  it("a form without its token is refused in plain words", async () => {
    const desk = await reception();
    const page = await desk.send("/requests/new", { ...dressings, _csrf: "wrong" });
    expect(page.statusCode).toBe(403);
    expect(page.body).toContain("This page was open too long");
  });

  it("P3: another practice's request is not found, like one that does not exist", async () => {
    const posted = await (await reception()).send("/requests/new", dressings);
    const other = await reception();
    const foreign = await other.open(String(posted.headers.location));
    const unknown = await other.open("/requests/CR-2222");
    const impossible = await other.open("/requests/nothing");
    expect([foreign, unknown, impossible].map(({ statusCode }) => statusCode)).toEqual([404, 404, 404]);
    expect(foreign.body.replaceAll(/value="[^"]*"/g, "")).toBe(unknown.body.replaceAll(/value="[^"]*"/g, ""));
  });

  it("allows no inline script or style and nothing of another site", async () => {
    const page = await (await reception()).open("/requests/new");
    expect(page.headers["content-security-policy"]).toMatch(/^default-src 'self';/);
    expect(page.body).not.toMatch(/<script(?![^>]* src="\/assets)|<style| style="| on[a-z]+="|https?:\/\//);
  });

  it("a first load is at most 150 KB compressed in all, from this site alone", async () => {
    const page = await (await reception()).open("/requests/new", { "accept-encoding": "gzip" });
    const html = (await (await reception()).open("/requests/new")).body;
    const assets = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? "");
    let bytes = page.rawPayload.length;
    for (const url of assets) {
      const asset = await site.server.inject({ method: "GET", url, headers: { "accept-encoding": "br" } });
      expect(asset.statusCode).toBe(200);
      expect(asset.body).not.toContain("https://assets.nhs.uk");
      bytes += asset.rawPayload.length;
    }
    expect(assets.length).toBeGreaterThan(2);
    expect(bytes).toBeLessThan(150_000);
  });
});
