import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { askByMail } from "../../../src/app/next-week.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import { askAboutNextWeek, nextWeekSweepers } from "../../../src/features/capacity/index.ts";
import { publishNextWeek, readNextWeek } from "../../../src/features/capacity/next-week.service.ts";
import { reachChannels } from "../../../src/features/reach/reach.table.ts";
import { rows } from "../../../src/platform/db/database.ts";
import {
  aClinic,
  aPractice,
  aUser,
  openTestDatabase,
  type ClinicOptions,
  type TestDatabase,
} from "../../support/index.ts";
import { openSite, type TestSite } from "../../browser/support/site.ts";

let db: TestDatabase;
let site: TestSite;
let nurse: Actor;

const MONDAY = "2026-12-14";

beforeAll(async () => {
  db = await openTestDatabase();
  site = await openSite(db);
});
afterAll(async () => {
  await site.close();
  await db.close();
});
beforeEach(async () => {
  await db.holdClock("2026-12-17T10:00:00Z");
  nurse = await aUser(db, { at: (await aPractice(db)).code });
});

const at = async (startsAt: string, more: ClinicOptions = {}): Promise<string> =>
  (await aClinic(db, { at: nurse.organisationCode, startsAt, ...more })).clinicId;

const nextWeeks = async (): Promise<{ starts: string; lane: string | null; slots: number; firm: boolean }[]> =>
  rows(
    db.q,
    z.object({ starts: z.string(), lane: z.string().nullable(), slots: z.number(), firm: z.boolean() }),
    sql`select to_char(c.starts_at at time zone 'UTC', 'DD HH24:MI') as starts, c.lane,
               (select count(*)::int from slots s where s.clinic_id = c.id) as slots, c.confirmed_on is not null as firm
        from clinics c where c.organisation_code = ${nurse.organisationCode} and c.starts_at >= '2026-12-21' order by 1, 2`,
  );

const askRow = async (code: string) =>
  (
    await rows(
      db.q,
      z.object({ seen: z.boolean(), answer: z.string().nullable(), published: z.number() }),
      sql`select seen_at is not null as seen, answer, published from next_week_asks where organisation_code = ${code}`,
    )
  )[0];

/** Messages by cause and recipient. */
const mails = async (code: string): Promise<{ cause: string; content: Record<string, unknown> }[]> =>
  rows(
    db.q,
    z.object({ cause: z.string(), content: z.record(z.string(), z.unknown()) }),
    sql`select cause, content from deliveries where organisation_code = ${code} order by id`,
  );

describe("Same clinics next week?", () => {
  it("is asked once, by mail, of every practice with clinics this week, on Thursday at ten", async () => {
    await at("2026-12-15T09:00:00Z", { services: ["wound-simple"] });
    const code = nurse.organisationCode;
    await db.q.insert(reachChannels).values({
      organisationCode: code,
      mailbox: "desk@practice.example",
      confirmedAt: new Date("2026-12-01T09:00:00Z"),
      failures: 0,
      version: 1,
    });
    const without = await aPractice(db);
    await db.holdClock("2026-12-17T09:59:00Z");
    expect(await askAboutNextWeek(db.database, askByMail)).toBe(0);
    await db.holdClock("2026-12-17T10:00:00Z");
    const asked = await Promise.all([
      askAboutNextWeek(db.database, askByMail),
      askAboutNextWeek(db.database, askByMail),
    ]);
    expect(asked[0] + asked[1]).toBe(1);
    expect(await askAboutNextWeek(db.database, askByMail)).toBe(0);
    expect(await askRow(without.code)).toBeUndefined();
    expect(await mails(code)).toMatchObject([
      {
        cause: "next-week:2026-12-14",
        content: { subject: "Same clinics next week?", link: "/clinics/next-week/2026-12-14" },
      },
    ]);
    expect(JSON.stringify(await mails(code))).toContain("Tue 15 Dec, 09:00 to 10:00: wound-simple");
  });

  it("the sweep asks by itself, and looks again for those who published late", async () => {
    const [sweeper] = nextWeekSweepers(db.database, async () => undefined);
    await sweeper?.run();
    await at("2026-12-16T09:00:00Z");
    await sweeper?.run();
    expect(await askRow(nurse.organisationCode)).toBeUndefined();
    await db.advance({ minutes: 11 });
    await sweeper?.run();
    expect(await askRow(nurse.organisationCode)).toEqual({ seen: false, answer: null, published: 0 });
  });

  it("yes makes the ticked ones as they are, once however often and by however many it is said", async () => {
    const tuesday = await at("2026-12-15T09:00:00Z", { slots: 4, lane: "N1", pledge: "firm" });
    const twin = await at("2026-12-16T14:00:00Z");
    const other = await at("2026-12-16T14:00:00Z");
    const unticked = await at("2026-12-17T09:00:00Z");
    await at("2026-12-18T09:00:00Z");
    const colleague = await aUser(db, { at: nurse.organisationCode });
    const before = await readNextWeek(db.q, nurse);
    // Friday week is Christmas Day.
    expect(before.clinics.map(({ next }) => next.kind)).toEqual([
      "publish",
      "publish",
      "publish",
      "publish",
      "skipped",
    ]);
    expect(before.clinics.map(({ clinic }) => clinic.id)).toContain(unticked);
    const clinics = [tuesday, twin, other];
    const said = await Promise.all(
      [nurse, colleague].map(async (actor) =>
        db.database.transact(async (tx) => publishNextWeek(tx, actor, { weekOf: MONDAY, clinics })),
      ),
    );
    expect(said.map(({ published }) => published).reduce((sum, one) => sum + one)).toBe(3);
    expect(await nextWeeks()).toEqual([
      { starts: "22 09:00", lane: "N1", slots: 4, firm: true },
      { starts: "23 14:00", lane: null, slots: 3, firm: false },
      { starts: "23 14:00", lane: null, slots: 3, firm: false },
    ]);
    expect(await askRow(nurse.organisationCode)).toEqual({ seen: false, answer: "yes", published: 3 });
  });

  it("P3: somebody else's clinic is not repeated, and a week that is over is not answered", async () => {
    const theirs = await aClinic(db, { startsAt: "2026-12-15T09:00:00Z" });
    const input = { weekOf: MONDAY, clinics: [theirs.clinicId] };
    expect(await db.database.transact(async (tx) => publishNextWeek(tx, nurse, input))).toEqual({ published: 0 });
    await db.holdClock("2026-12-21T09:00:00Z");
    await expect(db.database.transact(async (tx) => publishNextWeek(tx, nurse, input))).rejects.toMatchObject({
      code: "week-is-over",
    });
  });

  it("the page changes nothing by being opened; one tap publishes; the message is known to be read", async () => {
    await at("2026-12-15T09:00:00Z");
    await at("2026-12-16T09:00:00Z");
    await askAboutNextWeek(db.database, async () => undefined);
    const visitor = await site.visitor(nurse);
    const asksOnDesk = async (): Promise<boolean> =>
      (await visitor.open("/desk")).body.includes('<a href="/clinics/next-week">Same clinics next week?</a>');
    expect(await asksOnDesk()).toBe(true);
    const stranger = await site.stranger.open(`/clinics/next-week/${MONDAY}`);
    expect(stranger.headers.location).toBe(`/sign-in?next=${encodeURIComponent(`/clinics/next-week/${MONDAY}`)}`);
    expect((await askRow(nurse.organisationCode))?.seen).toBe(false);
    await visitor.open("/clinics/next-week");
    expect((await askRow(nurse.organisationCode))?.seen).toBe(false);
    const { body } = await visitor.open(`/clinics/next-week/${MONDAY}`);
    expect(body).toContain("Tue 22 Dec, 09:00 to 10:00");
    expect((await askRow(nurse.organisationCode))?.seen).toBe(true);
    expect(await nextWeeks()).toEqual([]);
    const field = (name: string): string[] =>
      [...body.matchAll(new RegExp(`name="${name}"[^>]*value="([^"]+)"`, "g"))].map(([, value = ""]) => value);
    const key = field("_key").find((value) => value.endsWith("-next-week")) ?? "";
    const filled = { _key: key, weekOf: field("weekOf"), clinics: field("clinics"), answer: "yes" };
    const first = await visitor.send("/clinics/next-week", filled);
    const second = await visitor.send("/clinics/next-week", filled);
    expect([first.statusCode, second.statusCode, first.headers.location]).toEqual([303, 303, "/clinics"]);
    expect(await nextWeeks()).toHaveLength(2);
    expect(await asksOnDesk()).toBe(false);
    expect((await visitor.open("/clinics/next-week")).body).toContain("Nothing is left to publish for next week.");
    expect((await visitor.open("/clinics/next-week/2026-12-07")).statusCode).toBe(404);
  });

  it("opening the page from the message says that a mailbox which had failed before it works again", async () => {
    await at("2026-12-15T09:00:00Z");
    const code = nurse.organisationCode;
    const failing = { organisationCode: code, mailbox: "desk@practice.example", failure: "report 5.1.1", failures: 3 };
    const before = new Date("2026-12-16T09:00:00Z");
    await db.q.insert(reachChannels).values({ ...failing, confirmedAt: before, failingSince: before, version: 1 });
    await askAboutNextWeek(db.database, async () => undefined);
    const since = async (): Promise<unknown> =>
      (
        await rows(
          db.q,
          z.object({ at: z.unknown() }),
          sql`select failing_since as at from reach_channels where organisation_code = ${code}`,
        )
      )[0]?.at;
    const visitor = await site.visitor(nurse);
    await visitor.open("/clinics/next-week");
    expect(await since()).not.toBeNull();
    await visitor.open(`/clinics/next-week/${MONDAY}`);
    expect(await since()).toBeNull();
  });

  it("change publishes nothing and is remembered", async () => {
    await at("2026-12-15T09:00:00Z");
    const visitor = await site.visitor(nurse);
    const answer = await visitor.send("/clinics/next-week", { weekOf: MONDAY, answer: "change" });
    expect(answer.headers.location).toBe("/clinics");
    expect(await nextWeeks()).toEqual([]);
    expect(await askRow(nurse.organisationCode)).toEqual({ seen: false, answer: "change", published: 0 });
  });
});
