import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { whyRequest } from "../../../src/features/matching/why.service.ts";
import { planDueGroups } from "../../../src/features/matching/index.ts";
import {
  declarePressure,
  expirePressure,
  pausePractice,
  readPressure,
  resumePractice,
} from "../../../src/features/pressure/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import {
  aBroker,
  aClinic,
  aPractice,
  aRequest,
  aUser,
  openTestDatabase,
  type TestDatabase,
} from "../../support/index.ts";
import { plan, solver, waitingFor } from "../../support/story.ts";

let db: TestDatabase;
let group = "";
let broker: Actor;
let desk: Actor;
let made = 0;

beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => db.close());
beforeEach(async () => {
  await db.holdClock("2026-12-21T09:00:00Z");
  made += 1;
  group = `PRESSURE-${made}`;
  broker = await aBroker(db, { group });
  desk = await aUser(db, { at: (await aPractice(db, { group })).code, roles: ["reception"] });
  await db.q.execute(sql`delete from match_due`);
});

const declare = async (level: 1 | 2 | 3 | 4 | null, until?: string) =>
  db.database.transact(async (tx) => declarePressure(tx, desk, { level, until }));

const heard = async (type: string, stream: string) =>
  (
    await rows(
      db.q,
      z.object({ data: z.record(z.string(), z.unknown()) }),
      sql`select data from events where type = ${type} and stream = ${stream} order by "offset"`,
    )
  ).map(({ data }) => data);

const due = async (): Promise<number> =>
  (await db.q.execute(sql`select 1 from match_due where group_code = ${group}`)).rowCount ?? 0;

/** A neighbour's request that only this desk could take. */
const aNeighbour = async () => {
  const home = await aPractice(db, { group });
  const request = await aRequest(db, { home: home.code, needs: [{ dueBy: "2026-12-24T18:30:00Z" }] });
  await aClinic(db, { at: desk.organisationCode, slots: 1 });
  return request;
};

describe("how pressed a practice is (OPEL, self-declared)", () => {
  it("holds until the end of the desk's day, tells the desk and the brokers, and ends by itself", async () => {
    const state = await declare(3);
    expect(state).toMatchObject({ level: 3, expiresAt: "2026-12-21T18:30:00.000Z", isNotAsked: true });
    expect(await readPressure(db.q, broker)).toMatchObject([{ organisationCode: desk.organisationCode, level: 3 }]);
    await db.holdClock("2026-12-21T18:29:59Z");
    await expirePressure(db.database);
    expect((await readPressure(db.q, desk))[0]?.level).toBe(3);
    await db.holdClock("2026-12-21T18:30:00Z");
    expect((await readPressure(db.q, desk))[0]?.level).toBeNull();
    await Promise.all([expirePressure(db.database), expirePressure(db.database)]);
    for (const stream of [desk.organisationCode, broker.organisationCode])
      expect((await heard("pressure.changed", stream)).map(({ level }) => level)).toEqual([3, null]);
    expect(await due()).toBe(1);
  });

  it("T1: declared in the evening, it is about the next open day, past a bank holiday", async () => {
    await db.holdClock("2026-12-24T19:00:00Z");
    expect(await declare(2)).toMatchObject({ expiresAt: "2026-12-29T18:30:00.000Z", isNotAsked: false });
  });

  it("ends at another time within a week, and no other", async () => {
    expect(await declare(4, "2026-12-22T12:00:00Z")).toMatchObject({ expiresAt: "2026-12-22T12:00:00.000Z" });
    await expect(declare(4, "2026-12-21T08:59:00Z")).rejects.toMatchObject({ code: "expiry-not-allowed" });
    await expect(declare(4, "2026-12-28T09:00:01Z")).rejects.toMatchObject({ code: "expiry-not-allowed" });
  });

  it.each([3, 4] as const)("M1: at OPEL %d it is not asked, and the reason says so in its own words", async (level) => {
    await declare(level);
    const { reference } = await aNeighbour();
    await plan(db, group);
    expect(await waitingFor(db, desk)).toEqual([]);
    const why = await whyRequest(db.database, broker, reference);
    expect(why.lines[0]?.notAsked.find(({ reason }) => reason === "not-accepting")?.words).toBe(
      "1 practice is not taking requests from neighbours just now, of them 1 under pressure (OPEL 3 or 4)",
    );
  });

  it.each([1, 2] as const)("M1: at OPEL %d it is asked as usual", async (level) => {
    await declare(level);
    await aNeighbour();
    await plan(db, group);
    expect(await waitingFor(db, desk)).toHaveLength(1);
  });

  it("M5: is asked at once when it takes it back, or the time is over", async () => {
    await declare(3);
    await aNeighbour();
    await plan(db, group);
    await declare(2);
    expect(await due()).toBe(1);
    await planDueGroups(db.database, solver);
    expect(await waitingFor(db, desk)).toHaveLength(1);
    expect(await due()).toBe(0);
    await declare(1);
    expect(await due()).toBe(0);
  });

  it("P3, P4: a practice sees its own state, another group's broker none", async () => {
    await declare(3);
    const neighbour = await aUser(db, { at: (await aPractice(db, { group })).code });
    expect(await readPressure(db.q, neighbour)).toMatchObject([
      { organisationCode: neighbour.organisationCode, level: null },
    ]);
    expect(await readPressure(db.q, await aBroker(db, { group: `${group}-X` }))).toEqual([]);
  });
});

describe("pausing a practice (F3)", () => {
  const pause = async (until?: string, actor = broker, code = desk.organisationCode) =>
    db.database.transact(async (tx) => pausePractice(tx, actor, { code, reason: "unreachable", until }));
  const resume = async () =>
    db.database.transact(async (tx) => resumePractice(tx, broker, { code: desk.organisationCode, reason: "resolved" }));

  it("stops asking it with a coded reason in the audit trail, and says so to the practice", async () => {
    await pause();
    const { reference } = await aNeighbour();
    await plan(db, group);
    expect(await waitingFor(db, desk)).toEqual([]);
    const why = await whyRequest(db.database, broker, reference);
    expect(why.lines[0]?.notAsked.map(({ words }) => words).join()).toContain("1 paused by the federation");
    expect(await heard("practice.paused", desk.organisationCode)).toMatchObject([
      { isPaused: true, reason: "unreachable", until: null },
    ]);
    await resume();
    await planDueGroups(db.database, solver);
    expect(await waitingFor(db, desk)).toHaveLength(1);
    const audited = await rows(
      db.q,
      z.object({ action: z.string(), userId: z.string(), data: z.record(z.string(), z.unknown()) }),
      sql`select action, user_id as "userId", data from audit_entries where subject = ${desk.organisationCode} order by at, action`,
    );
    expect(audited).toMatchObject([
      { action: "broker.pause-practice", userId: broker.userId, data: { reason: "unreachable" } },
      { action: "broker.resume-practice", userId: broker.userId, data: { reason: "resolved" } },
    ]);
    await expect(resume()).rejects.toMatchObject({ code: "practice-not-paused" });
  });

  it("ends by itself where it has a time", async () => {
    await pause("2026-12-22T09:00:00Z");
    await db.advance({ days: 1 });
    await expirePressure(db.database);
    expect(await heard("practice.paused", broker.organisationCode)).toMatchObject([
      { isPaused: true },
      { isPaused: false, reason: null },
    ]);
    expect(await due()).toBe(1);
  });

  it("P3: another group's practice is answered like one that does not exist", async () => {
    const other = await aBroker(db, { group: `${group}-Y` });
    const said = async (code: string): Promise<string> =>
      pause(undefined, other, code).then(
        () => "paused",
        (error: unknown) => String(error),
      );
    expect(await said(desk.organisationCode)).toBe(await said("ZZ9999"));
    expect(await said("ZZ9999")).not.toBe("paused");
  });
});
