import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Actor } from "../../src/features/access/index.ts";
import { postBulletin } from "../../src/features/bulletin/index.ts";
import { openSession } from "../../src/features/identity/sessions.repository.ts";
import { ensureCatalogue } from "../../src/features/services/index.ts";
import { openSite, sitePages, type TestSite, type Visitor } from "../browser/support/site.ts";
import { startTestApp } from "../support/app.ts";
import {
  aBroker,
  aClinic,
  aPractice,
  aRequest,
  aUser,
  describeWithBrowser,
  openTestDatabase,
  until,
} from "../support/index.ts";
import type { TestDatabase } from "../support/index.ts";
import { plan } from "../support/story.ts";

/*
 * Script in whatever people may write and whatever stands in an address: shown as text, never as markup; and where it
 * did get into a page, the Content-Security-Policy would not run it.
 */

const EVIL = `"'><script>window.pwned=1</script><img src=x onerror=window.pwned=1><svg/onload=window.pwned=1>{{7*7}}`;
/** What must never stand in a page as it was sent. 49 is what a template would make of the last part. */
const RAW = /<script>window\.pwned|<img src=x|<svg\/onload|["']>&lt;script|>49</;

let db: TestDatabase;
let site: TestSite;
let desk: Actor;
let broker: Actor;
/** Pages with an id, led to something of the visitor's own. */
let own: Readonly<Record<string, string>>;

beforeAll(async () => {
  db = await openTestDatabase();
  await ensureCatalogue(db.q);
  await db.holdClock("2026-12-14T10:00:00Z");
  site = await openSite(db);
  const home = await aPractice(db, { name: EVIL });
  const host = await aPractice(db, { name: EVIL });
  desk = await aUser(db, { at: home.code, roles: ["nurse", "reception", "manager"], name: EVIL });
  await aUser(db, { at: home.code, roles: ["nurse"], name: EVIL });
  broker = await aBroker(db);
  const { reference } = await aRequest(db, { by: desk, needs: [{ count: 3 }] });
  const { clinicId } = await aClinic(db, { at: home.code, slots: 4, startsAt: "2026-12-15T09:00:00Z" });
  await aClinic(db, { at: host.code, slots: 4, startsAt: "2026-12-15T09:00:00Z" });
  await aRequest(db, { home: host.code, needs: [{ count: 2 }] });
  await plan(db);
  const { id: postId } = await db.database.transact(async (tx) => postBulletin(tx, desk, { text: EVIL }));
  // Not everything can be written by people here; whatever an import or a later version brings is shown the same way.
  await db.q.execute(sql`update users set name = ${EVIL}`);
  await db.q.execute(sql`update networks set name = ${EVIL}`);
  await db.q.execute(sql`update sites set name = ${EVIL}`);
  await db.q.execute(sql`update services set name = ${EVIL}`);
  own = {
    "/requests/:reference": `/requests/${reference}`,
    "/board/requests/:reference": `/board/requests/${reference}`,
    "/board/practices/:code": `/board/practices/${home.code}`,
    "/clinics/:id": `/clinics/${clinicId}`,
    "/bulletin/:id": `/bulletin/${postId}`,
  };
}, 120_000);
afterAll(async () => {
  await site.close();
  await db.close();
});

/** Addresses of all pages that can be opened, with the rest of a longer pattern kept. */
const addresses = (): string[] =>
  sitePages
    .filter(({ method }) => method === "GET")
    .flatMap(({ path }) => {
      const pattern = Object.keys(own)
        .filter((known) => path === known || path.startsWith(`${known}/`))
        .toSorted((left, right) => right.length - left.length)[0];
      const address = pattern === undefined ? path : path.replace(pattern, own[pattern] ?? "");
      return address.includes(":") ? [] : [address];
    });

const unescape = (text: string): string => text.replaceAll("&amp;", "&");
/** The names of a page's fields and where its forms go. */
const formsOf = (html: string): { readonly action: string; readonly names: readonly string[] }[] =>
  [...html.matchAll(/<form\b[^>]*>[\s\S]*?<\/form>/g)].flatMap(([form]) => {
    const action = /\baction="([^"]+)"/.exec(form)?.[1];
    if (action === undefined || !/method="post"/i.test(form)) return [];
    return [
      { action: unescape(action), names: [...form.matchAll(/\bname="([^"]+)"/g)].map((match) => match[1] ?? "") },
    ];
  });

const QUERY = [
  "next",
  "day",
  "date",
  "week",
  "as",
  "status",
  "filter",
  "group",
  "page",
  "after",
  "practice",
  "service",
];

describe("script in names, addresses and forms", () => {
  it("is text on every page, for the desk and for the broker, in addresses and in forms that are shown again", async () => {
    const seen: string[] = [];
    const faults = new Set<string>();
    let shown = 0;
    const judge = (what: string, { statusCode, body, headers }: Awaited<ReturnType<Visitor["open"]>>): void => {
      if (statusCode >= 500) faults.add(`${what}: ${statusCode}`);
      if (!String(headers["content-type"]).startsWith("text/html")) return;
      const raw = RAW.exec(body);
      if (raw !== null) faults.add(`${what}: ${body.slice(Math.max(0, raw.index - 80), raw.index + 80)}`);
      const policy = String(headers["content-security-policy"]);
      if (!policy.includes("default-src 'self'") || policy.includes("unsafe")) faults.add(`${what}: ${policy}`);
      if (/ on[a-z]+="|<script(?![^>]*\bsrc=)|style="/i.test(body)) faults.add(`${what}: inline script or style`);
      if (body.includes("&lt;script&gt;window.pwned")) shown += 1;
    };
    const evil = encodeURIComponent(EVIL);
    for (const actor of [desk, broker]) {
      const visitor = await site.visitor(actor);
      for (const address of addresses()) {
        const page = await visitor.open(address);
        judge(address, page);
        if (page.statusCode === 200) seen.push(address);
        judge(`${address}?…`, await visitor.open(`${address}?${QUERY.map((name) => `${name}=${evil}`).join("&")}`));
        judge(`${address} said`, await visitor.open(address, { cookie: `${visitor.cookie}; covershare-said=${evil}` }));
        for (const { action, names } of formsOf(page.body)) {
          // Signing out would end the visit.
          if (action === "/sign-out") continue;
          const fields = Object.fromEntries(names.filter((name) => !name.startsWith("_")).map((name) => [name, EVIL]));
          judge(`POST ${action}`, await visitor.send(action, fields));
        }
      }
      judge("nowhere", await visitor.open(`/${evil}`, { accept: "text/html" }));
    }
    expect([...faults].slice(0, 10)).toEqual([]);
    expect(new Set(seen).size).toBeGreaterThan(15);
    // It was there to be seen.
    expect(shown).toBeGreaterThan(20);
  }, 120_000);

  it("never leads away: only addresses of our own are gone back to after signing in", async () => {
    for (const next of [
      "https://evil.example",
      "//evil.example",
      "/\\evil.example",
      "javascript:alert(1)",
      "/%0d%0aset-cookie:a=b",
      EVIL,
    ]) {
      const page = await site.stranger.open(`/sign-in?next=${encodeURIComponent(next)}`);
      const value = /name="next" value="([^"]*)"/.exec(page.body)?.[1] ?? "";
      expect([next, page.statusCode, /^$|^\/(?![/\\])/.test(value)]).toEqual([next, 200, true]);
      expect(page.body).not.toMatch(RAW);
    }
  });
});

describeWithBrowser("in Chromium", (browser) => {
  it("nothing that was written runs, and an inline script that got in would not either", async () => {
    const app = await startTestApp(db, { matcher: false });
    try {
      const { secret } = await db.database.transact(async (tx) =>
        openSession(tx, { userId: desk.userId, actingFor: desk.organisationCode }),
      );
      const context = await browser().newContext();
      await context.addCookies([{ name: "covershare", value: secret, url: app.url }]);
      const page = await context.newPage();
      const evil = encodeURIComponent(EVIL);
      for (const path of [
        "/desk",
        "/requests",
        own["/requests/:reference"] ?? "",
        "/requests/new",
        "/settings",
        "/bulletin",
        `/sign-in?next=${evil}`,
        `/${evil}`,
      ]) {
        await page.goto(`${app.url}${path}`);
        expect([path, await page.evaluate("window.pwned")]).toEqual([path, undefined]);
        // As if an escape had been forgotten.
        await page.evaluate(
          `document.body.append(document.createRange().createContextualFragment(${JSON.stringify(EVIL)}))`,
        );
        await until(
          async () => (await page.evaluate("[...document.images].every((image) => image.complete)")) === true,
        );
        expect([path, await page.evaluate("window.pwned")]).toEqual([path, undefined]);
      }
      await context.close();
    } finally {
      await app.close();
    }
  }, 90_000);
});
