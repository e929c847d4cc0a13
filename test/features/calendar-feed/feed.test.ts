import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cancelAgreement } from "../../../src/features/agreements/agreements.service.ts";
import { swapAgreements } from "../../../src/features/agreements/index.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import { createFeed, readFeed, revokeFeed } from "../../../src/features/calendar-feed/calendar-feed.service.ts";
import { markSlotGone } from "../../../src/features/capacity/gone.service.ts";
import { capacityPorts } from "../../../src/app/routes.ts";
import { aPractice, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { bearer, startTestApp, type TestApp } from "../../support/app.ts";
import { openSite, type TestSite } from "../../browser/support/site.ts";
import { agreed, MONDAY } from "../agreements/support.ts";
import { readCalendar, type Properties } from "./strict-ics.ts";

let db: TestDatabase;
let app: TestApp;
let site: TestSite;
let supporting: Actor;
let siteId: string;

beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock(MONDAY);
  app = await startTestApp(db, { matcher: false });
  site = await openSite(db);
  const practice = await aPractice(db, { name: "Elm Tree Practice" });
  siteId = practice.siteId;
  supporting = await aUser(db, { at: practice.code, roles: ["nurse", "manager"] });
});
afterAll(async () => {
  await site.close();
  await app.close();
  await db.close();
});

const newPath = async (actor = supporting, at = siteId): Promise<string> =>
  (await db.database.transact(async (tx) => createFeed(tx, actor, at))).path;

const read = async (path: string): Promise<readonly Properties[]> =>
  readCalendar(await readFeed(db.q, path.replace("/ics/", ""))).entries;

describe("a calendar of agreed cover", () => {
  it("P1: shows what a site gives, by reference, service and flags only, over plain HTTP without signing in", async () => {
    const path = await newPath();
    const { request, ids } = await agreed(db, {
      supporting,
      needs: [{ requires: ["step-free"], channel: "telephone" }],
    });
    const answer = await fetch(`${app.url}${path}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/calendar; charset=utf-8");
    const text = await answer.text();
    const { properties, entries } = readCalendar(text);
    expect(properties["X-WR-CALNAME"]).toBe("Covershare: Elm Tree Practice, Main site");
    expect(entries).toEqual([
      expect.objectContaining({
        UID: `${ids[0]}@covershare`,
        SEQUENCE: "0",
        STATUS: "CONFIRMED",
        SUMMARY: `${request.reference} N01 wound-simple`,
        DESCRIPTION: "By telephone. Step-free access. Details are in Covershare, and come by the approved route.",
        DTSTART: "20261215T100000Z",
        DTEND: "20261215T102000Z",
      }),
    ]);
    // Who is short is not the business of whoever reads a calendar.
    expect(text).not.toContain(request.homeCode);
    expect(await (await fetch(`${app.url}${path}`)).text()).toBe(text);
  });

  it("C4, H3: a moved time and a cancellation keep their UID and count SEQUENCE up; the cancelled stays for 30 days", async () => {
    const { siteId: at, code } = await aPractice(db);
    const host = await aUser(db, { at: code, roles: ["nurse", "manager"] });
    const path = await newPath(host, at);
    const { ids, home, clinic } = await agreed(db, { supporting: host, count: 3, startsAt: "2026-12-15T10:00:00Z" });
    await db.database.transact(async (tx) => swapAgreements(tx, home, { a: ids[0] ?? "", b: ids[1] ?? "" }));
    const byId = async () => new Map((await read(path)).map((entry) => [entry["UID"]?.split("@")[0], entry]));
    let entries = await byId();
    expect(entries.get(ids[0])).toMatchObject({ SEQUENCE: "1", DTSTART: "20261215T102000Z" });
    expect(entries.get(ids[1])).toMatchObject({ SEQUENCE: "1", DTSTART: "20261215T100000Z" });
    expect(entries.get(ids[2])).toMatchObject({ SEQUENCE: "0" });
    await db.database.transact(async (tx) =>
      cancelAgreement(tx, home, ids[2] ?? "", { code: "not-needed", stillNeeded: false }),
    );
    // Its time is free now: the first one, whose slot goes, moves there.
    await db.database.transact(async (tx) => markSlotGone(tx, host, capacityPorts, clinic.slots[1]?.id ?? ""));
    entries = await byId();
    expect(entries.get(ids[2])).toMatchObject({ SEQUENCE: "1", STATUS: "CANCELLED" });
    expect(entries.get(ids[0])).toMatchObject({ SEQUENCE: "2", DTSTART: "20261215T104000Z", STATUS: "CONFIRMED" });
    await db.advance({ days: 29 });
    expect((await byId()).get(ids[2])).toMatchObject({ STATUS: "CANCELLED" });
    await db.advance({ days: 2 });
    expect((await byId()).get(ids[2])).toBeUndefined();
    await db.holdClock(MONDAY);
  });

  it("P3: shows nothing of another site, of another organisation, or of an address that was ended", async () => {
    await agreed(db, { supporting });
    const other = await aPractice(db);
    const stranger = await aUser(db, { at: other.code, roles: ["manager"] });
    expect(await read(await newPath(stranger, other.siteId))).toEqual([]);
    await expect(newPath(stranger, siteId)).rejects.toMatchObject({ code: "not-found" });
    const made = await db.database.transact(async (tx) => createFeed(tx, supporting, siteId));
    await db.database.transact(async (tx) => revokeFeed(tx, supporting, made.id));
    const ended = await fetch(`${app.url}${made.path}`);
    const unknown = await fetch(`${app.url}/ics/${"A".repeat(43)}.ics`);
    expect([ended.status, unknown.status]).toEqual([404, 404]);
    expect(await ended.text()).toBe(await unknown.text());
  });

  it("is not read as often as one likes", async () => {
    const path = await newPath();
    const statuses: number[] = [];
    for (let at = 0; at < 12; at += 1) statuses.push((await fetch(`${app.url}${path}`)).status);
    expect(statuses.slice(0, 5)).toEqual([200, 200, 200, 200, 200]);
    expect(statuses).toContain(429);
  });

  it("a manager makes an address on the page, sees it once, and ends it", async () => {
    const visitor = await site.visitor(supporting);
    const made = await visitor.send("/settings/calendars", { siteId });
    const path = /\/ics\/[\w-]{43}\.ics/.exec(made.body)?.[0] ?? "";
    expect(await read(path)).not.toEqual([]);
    const list = await visitor.open("/settings/calendars");
    expect(list.body).not.toContain("/ics/");
    for (const [end] of list.body.matchAll(/\/settings\/calendars\/[0-9a-f-]{36}\/end/g)) await visitor.send(end, {});
    expect((await visitor.open("/settings/calendars")).body).toContain("None yet.");
    await expect(read(path)).rejects.toMatchObject({ code: "not-found" });
    const headers = { ...(await bearer(db, supporting)), "content-type": "application/json" };
    const listed = await fetch(`${app.url}/v1/calendar-feeds`, { headers });
    expect(await listed.json()).toEqual({ items: [] });
  });
});
