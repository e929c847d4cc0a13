import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { acknowledgeAlarm, readAlarms } from "../../../src/features/alarms/index.ts";
import { changeRota, setAway } from "../../../src/features/alarms/rota.service.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { aBroker, aPractice, aUser, type TestDatabase } from "../../support/index.ts";
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

describe("owner, deputy and everybody (F2)", () => {
  const due = async (): Promise<void> => {
    await world.aLine("2026-12-21T17:00:00Z");
    await world.round();
    await db.advance({ hours: 5 });
    await world.round();
  };
  const colleague = async () => aUser(db, { roles: ["broker"], at: world.broker.organisationCode, name: "Dee Deputy" });
  const rota = async (deputyId: string | null): Promise<void> => {
    await db.database.transact(async (tx) =>
      changeRota(tx, world.broker, 0, { ownerId: world.broker.userId, deputyId }),
    );
  };

  it("an unacknowledged alarm climbs from owner to deputy to all, one level at a time", async () => {
    const deputy = await colleague();
    const third = await colleague();
    await rota(deputy.userId);
    await due();
    expect(await world.live()).toMatchObject([
      { level: 0, ownerName: world.broker.name, climbsAt: "2026-12-21T15:00:00.000Z" },
    ]);
    await db.advance({ minutes: 60 });
    await Promise.all([world.round(), world.round()]);
    expect(await world.live()).toMatchObject([{ level: 1 }]);
    await db.advance({ minutes: 60 });
    await world.round();
    // The last hour has begun as well: it goes on where the lesser alarm stood, and does not begin at the bottom.
    expect(await world.live()).toMatchObject([{ kind: "last-hour", level: 1, climbsAt: "2026-12-21T16:10:00.000Z" }]);
    await db.advance({ minutes: 10 });
    await world.round();
    await world.round();
    expect(await world.live()).toMatchObject([{ level: 2, climbsAt: null }]);
    const climbed = await world.heard("alarm.climbed");
    expect(climbed.map(({ level }) => level)).toEqual([1, 2]);
    expect(climbed[0]?.["to"]).toEqual([deputy.userId]);
    expect(climbed[1]?.["to"]).toEqual(expect.arrayContaining([world.broker.userId, deputy.userId, third.userId]));
  });

  it("a broker who is away is passed by, and everybody is asked where both are", async () => {
    const deputy = await colleague();
    await rota(deputy.userId);
    await db.database.transact(async (tx) => setAway(tx, world.broker, "2026-12-28T08:00:00Z"));
    await due();
    expect(await world.live()).toMatchObject([{ level: 1, ownerName: null, deputyName: "Dee Deputy" }]);
    await db.database.transact(async (tx) => setAway(tx, deputy, "2026-12-28T08:00:00Z"));
    await world.aLine("2026-12-21T19:00:00Z");
    await db.advance({ hours: 3 });
    await world.round();
    expect((await world.heard("alarm.raised")).at(-1)).toMatchObject({ level: 2 });
    expect(new Set(z.array(z.string()).parse((await world.heard("alarm.raised")).at(-1)?.["to"]))).toEqual(
      new Set([world.broker.userId, deputy.userId]),
    );
  });

  it("once acknowledged it climbs no further, and stays in sight until its cause is gone", async () => {
    await rota((await colleague()).userId);
    await due();
    const [alarm] = await world.live();
    await db.database.transact(async (tx) => acknowledgeAlarm(tx, world.broker, alarm?.id ?? ""));
    await db.advance({ hours: 1, minutes: 30 });
    await world.round();
    expect(await world.live()).toMatchObject([{ level: 0, acknowledgedBy: world.broker.name, climbsAt: null }]);
    expect(await world.heard("alarm.climbed")).toEqual([]);
  });

  it("P3: another group's broker neither sees nor acknowledges it, in the same words as one that does not exist", async () => {
    await due();
    const [alarm] = await world.live();
    const stranger = await aBroker(db, { group: `${world.group}-X` });
    expect(await readAlarms(db.q, stranger, "live")).toEqual([]);
    const refused = async (id: string) =>
      db.database.transact(async (tx) => acknowledgeAlarm(tx, stranger, id)).catch((error: unknown) => String(error));
    expect(await refused(alarm?.id ?? "")).toBe(await refused("01890000-0000-7000-8000-000000000000"));
  });

  it("the deputy is a broker of the same federation, and somebody else's change is not overwritten", async () => {
    const nurse = await aUser(db, { at: (await aPractice(db, { group: world.group })).code });
    await expect(rota(nurse.userId)).rejects.toMatchObject({ code: "not-a-broker" });
    await rota(null);
    await expect(rota(null)).rejects.toMatchObject({ code: "rota-stale" });
    await expect(
      db.database.transact(async (tx) => setAway(tx, world.broker, "2026-12-01T08:00:00Z")),
    ).rejects.toMatchObject({ code: "away-in-past" });
  });

  it("is mailed to whom it is put to, once a level", async () => {
    const deputy = await colleague();
    await rota(deputy.userId);
    await due();
    await db.advance({ minutes: 60 });
    await world.round();
    const told = await rows(
      db.q,
      z.object({ recipient: z.string(), subject: z.string() }),
      sql`select recipient, content ->> 'subject' as subject from deliveries where kind = 'alarm'
          and recipient in (${`user:${world.broker.userId}`}, ${`user:${deputy.userId}`}) order by created_at, recipient`,
    );
    expect(told.map(({ recipient }) => recipient)).toEqual([`user:${world.broker.userId}`, `user:${deputy.userId}`]);
    expect(told[0]?.subject).toContain("Half the time has gone");
  });
});
