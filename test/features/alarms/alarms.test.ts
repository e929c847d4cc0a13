import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { acknowledgeAlarm } from "../../../src/features/alarms/index.ts";
import { noteSeen } from "../../../src/features/offers/index.ts";
import { aClinic, aPractice, aUser, type TestDatabase } from "../../support/index.ts";
import { anOffer } from "../board/support.ts";
import { openAlarmWorlds, type AlarmWorld } from "./support.ts";

let db: TestDatabase;
let worlds: Awaited<ReturnType<typeof openAlarmWorlds>>;
let world: AlarmWorld;

beforeAll(async () => {
  worlds = await openAlarmWorlds();
  ({ db } = worlds);
});
afterAll(async () => db.close());
beforeEach(async () => {
  world = await worlds.next();
});

const withPhone = async (code: string): Promise<void> => {
  await db.q.execute(sql`update organisations set bypass_phone = '01632960123' where code = ${code}`);
};

describe("alarms about what looks for cover (F2)", () => {
  it("is raised half-way through the open time and once only, however often and by however many matchers it is looked for", async () => {
    const { reference, homeCode } = await world.aLine("2026-12-21T17:00:00Z");
    await world.round();
    await db.advance({ hours: 3, minutes: 59 });
    await world.round();
    expect(await world.live()).toEqual([]);
    await db.advance({ minutes: 1 });
    await Promise.all([world.round(), world.round(), world.round()]);
    await world.round();
    expect(await world.live()).toMatchObject([
      {
        kind: "half-way",
        reference,
        needs: 2,
        deskCode: homeCode,
        breaksAt: "2026-12-21T17:00:00.000Z",
        endedAt: null,
      },
    ]);
    expect(await world.heard("alarm.raised")).toMatchObject([
      { kind: "half-way", reference, level: 2, to: [world.broker.userId] },
    ]);
  });

  it("gives way to the last hour, and ends by itself when the line is covered", async () => {
    const { requestId } = await world.aLine("2026-12-21T17:00:00Z");
    await world.round();
    await db.advance({ hours: 5 });
    await world.round();
    await db.advance({ hours: 2 });
    await world.round();
    expect((await world.live()).map(({ kind }) => kind)).toEqual(["last-hour"]);
    expect((await world.ended()).map(({ kind, endedAs }) => [kind, endedAs])).toEqual([["half-way", "last-hour"]]);
    await db.q.execute(sql`update needs set state = 'agreed' where request_id = ${requestId}`);
    await world.round();
    expect(await world.live()).toEqual([]);
    expect((await world.heard("alarm.ended")).map(({ endedAs }) => endedAs)).toEqual(["last-hour", "covered"]);
  });

  it("is raised again when what was covered looks again", async () => {
    const { requestId } = await world.aLine("2026-12-21T17:00:00Z");
    await world.round();
    await db.advance({ hours: 5 });
    for (const state of ["open", "agreed", "open"]) {
      await db.q.execute(sql`update needs set state = ${state} where request_id = ${requestId}`);
      await world.round();
    }
    expect((await world.live()).map(({ kind }) => kind)).toEqual(["half-way"]);
    expect((await world.ended()).map(({ endedAs }) => endedAs)).toEqual(["covered"]);
  });

  it("T1: counts home's opening hours; a night does not bring it nearer, and other hours work it out anew", async () => {
    const { homeCode } = await world.aLine("2026-12-23T09:00:00Z");
    await world.round();
    // 9.5 + 10.5 + 1 open hours: half of them have gone at 09:00 + 9.5 h + 1 h of Tuesday.
    await db.holdClock("2026-12-22T08:59:00Z");
    await world.round();
    expect(await world.live()).toEqual([]);
    const mornings = [1, 2, 3, 4, 5].map((weekday) => ({ weekday, opens: "08:00", closes: "09:00" }));
    await db.q.execute(
      sql`update sites set opening_hours = ${JSON.stringify(mornings)}::jsonb where organisation_code = ${homeCode}`,
    );
    await world.round();
    // Two open hours in all, one of which has nearly gone: the other is the last.
    expect(await world.live()).toEqual([]);
    await db.holdClock("2026-12-23T08:00:00Z");
    await world.round();
    expect((await world.live()).map(({ kind }) => kind)).toEqual(["last-hour"]);
  });

  it("ends when the window is moved far enough, and is not raised for what is withdrawn before", async () => {
    const moved = await world.aLine("2026-12-21T17:00:00Z");
    await world.round();
    await db.advance({ hours: 5 });
    await world.round();
    await db.q.execute(
      sql`update need_lines set due_by = due_by + interval '2 days' where request_id = ${moved.requestId}`,
    );
    await world.round();
    expect(await world.live()).toEqual([]);
    expect((await world.ended())[0]).toMatchObject({ endedAs: "moved" });
  });
});

describe("alarms about desks and people (F2)", () => {
  it("says after half of an offer's time that nobody is at the desk, with the number to ring, until somebody looks", async () => {
    const desk = await aUser(db, { at: (await aPractice(db, { group: world.group })).code });
    await withPhone(desk.organisationCode);
    const request = await world.aLine("2026-12-24T18:30:00Z", 1);
    const { slots } = await aClinic(db, { at: desk.organisationCode, slots: 1 });
    await anOffer(db, { request, at: desk.organisationCode, slots });
    await world.round();
    await db.advance({ minutes: 59 });
    await world.round();
    expect(await world.live()).toEqual([]);
    await db.advance({ minutes: 1 });
    await world.round();
    expect(await world.live()).toMatchObject([
      { kind: "desk-silent", deskCode: desk.organisationCode, phone: "01632960123" },
    ]);
    expect(await world.heard("alarm.raised")).toMatchObject([{ kind: "desk-silent", ring: "01632960123" }]);
    await noteSeen(db.q, desk);
    await world.round();
    expect((await world.ended())[0]).toMatchObject({ kind: "desk-silent", endedAs: "seen" });
  });

  it("acknowledges all alarms of a silent desk at once: it is rung once", async () => {
    const desk = (await aPractice(db, { group: world.group })).code;
    for (let offers = 0; offers < 2; offers += 1) {
      const request = await world.aLine("2026-12-24T18:30:00Z", 1);
      const { slots } = await aClinic(db, { at: desk, slots: 1 });
      await anOffer(db, { request, at: desk, slots });
    }
    await world.round();
    await db.advance({ hours: 1 });
    await world.round();
    const [first] = await world.live();
    await db.database.transact(async (tx) => acknowledgeAlarm(tx, world.broker, first?.id ?? ""));
    expect((await world.live()).map(({ acknowledgedBy }) => acknowledgedBy)).toEqual([
      world.broker.name,
      world.broker.name,
    ]);
    expect(await world.heard("alarm.acknowledged")).toHaveLength(2);
  });

  it("R7: says what came back, until a person of home says that they know", async () => {
    const { requestId, poster } = await world.aLine("2026-12-21T10:00:00Z");
    await db.q.execute(sql`update needs set state = 'returned' where request_id = ${requestId}`);
    await world.round();
    expect(await world.live()).toMatchObject([{ kind: "returned", needs: 2, breaksAt: null }]);
    await db.q.execute(
      sql`update needs set acknowledged_at = app_now(), acknowledged_by = ${poster.userId} where request_id = ${requestId}`,
    );
    await world.round();
    expect((await world.ended())[0]).toMatchObject({ kind: "returned", endedAs: "acknowledged-by-home" });
  });

  it("says that mail to a practice comes back, until it works", async () => {
    const { code } = await aPractice(db, { group: world.group });
    await db.q.execute(sql`insert into reach_channels (organisation_code, mailbox, failing_since, failures, version)
      values (${code}, 'desk@practice.example', app_now(), 5, 1)`);
    await world.round();
    expect(await world.live()).toMatchObject([{ kind: "mailbox-dead", deskCode: code, reference: null }]);
    await db.q.execute(sql`update reach_channels set failing_since = null where organisation_code = ${code}`);
    await world.round();
    expect((await world.ended())[0]).toMatchObject({ endedAs: "mailbox-works" });
  });
});
