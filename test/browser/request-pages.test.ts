import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aPractice, aUser, type TestDatabase } from "../support/index.ts";
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

describe("dressings that nobody has looked at", () => {
  const unsorted = { ...dressings, service: "wound-unassessed" };
  const change = { version: "1", line: "1", "count-1": "14", "by-1": dressings.by, "maxKm-1": "8" };

  it("R5: a nurse sorts them on the change page; reception is told who can", async () => {
    const { code } = await aPractice(db);
    const desk = await site.visitor(await aUser(db, { roles: ["reception"], at: code }));
    const nurse = await site.visitor(await aUser(db, { roles: ["nurse"], at: code }));
    const path = String((await desk.send("/requests/new", unsorted)).headers.location);
    expect((await desk.open(`${path}/change`)).body).toContain("A nurse can say here");
    expect((await desk.open(`${path}/change`)).body).not.toContain("What you found when you looked");
    expect((await nurse.open(`${path}/change`)).body).toContain("What you found when you looked");
    const refused = await desk.send(`${path}/change`, { ...change, "service-1": "wound-simple" });
    expect(refused.statusCode).toBe(403);
    const sorted = await nurse.send(`${path}/change`, { ...change, "service-1": "wound-simple" });
    expect(sorted.statusCode).toBe(303);
    expect((await desk.open(path)).body).toContain("14 × Simple dressing");
    expect((await nurse.open(`${path}/change`)).body).not.toContain("What you found when you looked");
  });
});

describe("the grid of service × day", () => {
  const tuesday = { "grid-by-2026-12-22": "2026-12-22T18:30:00.000Z" };
  const wednesday = { "grid-by-2026-12-23": "2026-12-23T18:30:00.000Z" };

  it("R1: each filled cell becomes a line, and the row above it may stay empty", async () => {
    const desk = await reception();
    const sent = await desk.send("/requests/new", {
      reason: "staff-absence",
      maxKm: "8",
      ...tuesday,
      ...wednesday,
      "grid-service-1": "wound-simple",
      "grid-1-2026-12-22": "3",
      "grid-1-2026-12-23": "2",
      "grid-service-3": "phleb",
      "grid-3-2026-12-22": "0",
      "grid-3-2026-12-23": "4",
    });
    expect(sent.statusCode).toBe(303);
    const { body } = await desk.open(String(sent.headers.location));
    for (const line of ["3 × Simple dressing", "2 × Simple dressing", "4 × Blood test"]) expect(body).toContain(line);
    expect(body).not.toContain("0 ×");
  });

  it("asks for what a row lacks, beside it, and stays open", async () => {
    const desk = await reception();
    const page = await desk.send("/requests/new", {
      reason: "staff-absence",
      ...tuesday,
      "grid-service-1": "wound-simple",
      "grid-2-2026-12-22": "4",
    });
    expect(page.statusCode).toBe(422);
    expect(page.body).toContain('href="#grid-1-2026-12-22"');
    expect(page.body).toContain('href="#grid-service-2"');
    expect(page.body).toMatch(/id="needs" open/);
    expect(page.body).toMatch(/id="grid-2-2026-12-22"[^>]* value="4"/);
  });

  it("offers the next five open days, so never Christmas", async () => {
    const { body } = await (await reception()).open("/requests/new");
    const days = [...body.matchAll(/id="grid-by-(\d{4}-\d\d-\d\d)"/g)].map((match) => match[1]);
    expect(days).toEqual(["2026-12-21", "2026-12-22", "2026-12-23", "2026-12-24", "2026-12-29"]);
  });
});

describe("what the form opens with", () => {
  it("is what this practice chose last, with the services it asked for lately first", async () => {
    const desk = await reception();
    await desk.send("/requests/new", {
      ...dressings,
      service: "phleb",
      reason: "premises",
      maxKm: "16",
      takeFirm: "no",
    });
    const { body } = await desk.open("/requests/new");
    expect(body).toMatch(/<option value="premises" selected/);
    expect(body).toMatch(/<option value="16" selected/);
    expect(body).toMatch(/name="takeFirm" type="radio" value="no" checked/);
    expect(body).toMatch(/label="Asked for lately">\s*<option value="phleb"/);
    expect((await (await reception()).open("/requests/new")).body).not.toContain("Asked for lately");
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
