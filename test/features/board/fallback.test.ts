import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { runCli } from "../../../src/app/cli.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import { scheduleDigests, sendDigests } from "../../../src/features/board/digest.service.ts";
import { fallbackHtml } from "../../../src/features/board/fallback-page.rules.ts";
import type { FallbackFacts } from "../../../src/features/board/fallback.rules.ts";
import { openPageFolder } from "../../../src/features/board/fallback.files.ts";
import {
  fallbackPage,
  mailPages,
  scheduleFallbackMails,
  writePages,
} from "../../../src/features/board/fallback.service.ts";
import { rows } from "../../../src/platform/db/database.ts";
import {
  aBroker,
  aClinic,
  aPractice,
  aRequest,
  openTestDatabase,
  TEST_GROUP,
  type TestDatabase,
} from "../../support/index.ts";
import { anAgreement } from "../../browser/support/agreement.ts";

let db: TestDatabase;
let broker: Actor;
let folder = "";
let reference = "";

beforeAll(async () => {
  db = await openTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "covershare-fallback-"));
  await db.holdClock("2026-12-23T09:10:00Z");
  broker = await aBroker(db);
  const home = await aPractice(db, { name: "Riverside <b>Surgery</b>" });
  await db.q.execute(sql`update organisations set bypass_phone = '01632960123' where code = ${home.code}`);
  const request = await aRequest(db, { home: home.code, needs: [{ count: 3, dueBy: "2026-12-28T12:00:00Z" }] });
  ({ reference } = request);
  const clinic = await aClinic(db, { at: (await aPractice(db, { name: "Elm Tree Practice" })).code });
  await anAgreement(db, request, clinic, broker);
  await aRequest(db, { home: (await aPractice(db, { group: "FALLBACK-X", name: "Elsewhere" })).code });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await db.close();
});

const mailed = async (kind: string) =>
  rows(
    db.q,
    z.object({ recipient: z.string(), subject: z.string(), lines: z.array(z.string()), cause: z.string() }),
    sql`select recipient, content ->> 'subject' as subject, content -> 'lines' as lines, cause from deliveries
        where kind = ${kind} order by created_at, recipient`,
  );

describe("the page for when all is down", () => {
  it("holds what is open and agreed and whom to ring, of this group only (P3), and nothing from elsewhere", async () => {
    const html = await fallbackPage(db.q, TEST_GROUP);
    expect(html).toContain(`${reference} N02 N03`);
    expect(html).toContain("Elm Tree Practice");
    expect(html).toContain("(01632) 960123");
    expect(html).toContain("Riverside &#60;b&#62;Surgery");
    expect(html).not.toContain("Elsewhere");
    expect(html).not.toMatch(/<script|<b>Surgery|src=|href=|url\(|@import/);
    await expect(fallbackPage(db.q, "NO-SUCH")).rejects.toMatchObject({ kind: "not-found" });
  });

  it("is written once an hour by however many matchers, readable by its user alone, and old ones go", async () => {
    const pages = openPageFolder(join(folder, "pages"));
    await Promise.all([writePages(db.database, pages), writePages(db.database, pages)]);
    expect(await writePages(db.database, pages)).toBe(0);
    const names = async () => (await readdir(join(folder, "pages"))).toSorted();
    expect(await names()).toEqual([`covershare-${TEST_GROUP}-2026-12-23T09Z.html`, `covershare-${TEST_GROUP}.html`]);
    for (const name of await names()) expect((await stat(join(folder, "pages", name))).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "pages"))).mode & 0o777).toBe(0o700);
    await writeFile(join(folder, "pages", "something-else.html"), "kept");
    for (let hour = 0; hour < 50; hour += 1) {
      await db.advance({ hours: 1 });
      await pages.put(
        TEST_GROUP,
        `2026-12-${String(24 + Math.floor(hour / 24))}T${String(hour % 24).padStart(2, "0")}Z`,
        "x",
      );
    }
    const left = await names();
    expect(left).toHaveLength(48 + 2);
    expect(left).not.toContain(`covershare-${TEST_GROUP}-2026-12-23T09Z.html`);
    expect(left).toContain("something-else.html");
    expect(await readFile(join(folder, "pages", `covershare-${TEST_GROUP}.html`), "utf8")).toBe("x");
  });

  it("is mailed each hour in which the federation works, once, to its mailbox and its brokers", async () => {
    await db.holdClock("2026-12-23T09:10:00Z");
    await scheduleFallbackMails(db.database);
    await mailPages(db.database);
    expect(await mailed("fallback-page")).toEqual([]);
    await db.holdClock("2026-12-23T10:00:00Z");
    await Promise.all([mailPages(db.database), mailPages(db.database)]);
    const first = await mailed("fallback-page");
    expect(first.map(({ recipient }) => recipient).toSorted()).toEqual(
      [`desk:${broker.organisationCode}`, `user:${broker.userId}`].toSorted(),
    );
    expect(first[0]?.subject).toContain("2 looking, 1 agreed");
    expect(first[0]?.lines.join("\n")).toContain("(01632) 960123 rings at Riverside");
    await db.holdClock("2026-12-23T18:40:00Z");
    await mailPages(db.database);
    await mailPages(db.database);
    expect(await mailed("fallback-page")).toHaveLength(4);
    await db.holdClock("2026-12-24T07:59:00Z");
    await mailPages(db.database);
    expect(await mailed("fallback-page")).toHaveLength(4);
  });
});

/** Of a group in which very much is open and agreed, ten minutes apart. */
const many = (open: number, agreed: number): FallbackFacts => {
  const at = (index: number): Date => new Date(Date.parse("2026-12-23T12:00:00Z") + index * 600_000);
  const about = (index: number) => ({
    reference: `CR-${index + 2_222}`,
    homeName: "Riverside Surgery",
    service: "wound-simple",
  });
  const [line, need] = [
    { priority: "urgent" as const, minutes: 20, refs: ["N01"], asked: ["Elm Tree Practice"] },
    { ref: "N02", supportingName: "Elm Tree Practice", step: "booked" },
  ];
  return {
    groupName: "A group",
    at: new Date("2026-12-23T10:00:00Z"),
    open: Array.from({ length: open }, (_, index) => ({ ...about(index), ...line, dueBy: at(index) })),
    agreed: Array.from({ length: agreed }, (_, index) => ({ ...about(index), ...need, startsAt: at(index) })),
    numbers: [{ name: "Riverside Surgery", kind: "practice", phone: "01632960123" }],
  };
};

describe("the page that goes along with a mail", () => {
  const rowsIn = (html: string): number => (html.match(/<tr><td>/g) ?? []).length;

  it("is whole where it is small, and says nothing of what was left out", () => {
    const facts = many(3, 5);
    const html = fallbackHtml(facts, (code) => code, 262_144);
    expect(html).toBe(fallbackHtml(facts, (code) => code));
    expect([rowsIn(html), html.includes("Not on this page")]).toEqual([9, false]);
  });

  it.each([
    ["agreed times furthest ahead go first", 100, 3_000],
    ["then needs that are due last", 3_000, 3_000],
  ])("stays within its size, and says how many of what are not on it: %s", (_what, open, agreed) => {
    const html = fallbackHtml(many(open, agreed), (code) => code, 65_536);
    expect(Buffer.byteLength(html)).toBeLessThanOrEqual(65_536);
    expect(Buffer.byteLength(html)).toBeGreaterThan(40_000);
    const note = /Not on this page[^<]*/.exec(html)?.[0] ?? "";
    const left = [...note.matchAll(/(\d+) more/g)].map(([, count]) => Number(count)).reduce((sum, n) => sum + n, 0);
    // Each thing is either there or counted; the first to come and the numbers stay.
    expect(rowsIn(html) - 1 + left).toBe(open + agreed);
    expect(html).toContain("CR-2222");
    expect(html).toContain("(01632) 960123");
  });

  it("is never seen half written on disk", async () => {
    const pages = openPageFolder(join(folder, "atomic"));
    const file = join(folder, "atomic", `covershare-${TEST_GROUP}.html`);
    const [a, b] = ["a".repeat(400_000), "b".repeat(400_000)];
    await pages.put(TEST_GROUP, "2026-12-23T09Z", a);
    const seen = new Set<string>();
    for (let round = 0; round < 10; round += 1) {
      const writing = pages.put(TEST_GROUP, "2026-12-23T10Z", round % 2 === 0 ? b : a);
      for (let look = 0; look < 5; look += 1) seen.add(await readFile(file, "utf8"));
      await writing;
    }
    expect([...seen].filter((text) => text !== a && text !== b)).toEqual([]);
    expect((await readdir(join(folder, "atomic"))).filter((name) => name.endsWith("tmp"))).toEqual([]);
  });
});

describe("covershare admin fallback-page", () => {
  const run = async (group: string): Promise<{ status: number; out: string; said: string }> => {
    const texts = { out: "", said: "" };
    const status = await runCli({
      args: ["admin", "fallback-page", "--group", group],
      environment: { DATABASE_URL: db.url, LOG_LEVEL: "silent" },
      stdout: (text) => void (texts.out += text),
      stderr: (text) => void (texts.said += text),
      stopping: new AbortController().signal,
    });
    return { status, ...texts };
  };

  it("prints the page and nothing else, and says what is wrong with the group elsewhere", async () => {
    const { status, out, said } = await run(TEST_GROUP);
    expect([status, said]).toEqual([0, ""]);
    expect(out).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    expect(out).toContain(reference);
    expect(await run("NO-SUCH")).toEqual({ status: 2, out: "", said: "There is no sharing group of code NO-SUCH.\n" });
  });
});

describe("what breaks, by mail (F1)", () => {
  it("goes at 16:00, once, a day early past Christmas, and late where the matcher was away", async () => {
    await db.holdClock("2026-12-23T15:00:00Z");
    await scheduleDigests(db.database);
    await sendDigests(db.database);
    expect(await mailed("what-breaks")).toEqual([]);
    await db.holdClock("2026-12-23T17:20:00Z");
    await Promise.all([sendDigests(db.database), sendDigests(db.database)]);
    await sendDigests(db.database);
    const sent = await mailed("what-breaks");
    expect(sent).toHaveLength(2);
    expect(sent[0]?.subject).toBe("Before Tue 29 Dec, 18:30: 2 uncovered, 1 not blocked");
    expect(sent[0]?.lines.join("\n")).toContain(reference);
    await db.holdClock("2026-12-24T16:00:00Z");
    await sendDigests(db.database);
    expect(await mailed("what-breaks")).toHaveLength(4);
    await db.holdClock("2026-12-28T16:00:00Z");
    await sendDigests(db.database);
    expect(await mailed("what-breaks")).toHaveLength(4);
  });
});
