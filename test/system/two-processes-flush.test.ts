import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../support/app.ts";
import {
  aClinic,
  aPractice,
  aUser,
  describeWithRedis,
  openTestDatabase,
  until,
  type TestDatabase,
} from "../support/index.ts";
import { count } from "../support/story.ts";
import { ownRedis } from "./support/backends.ts";
import { openDesk, post, type Desk } from "./support/desks.ts";

const MONDAY = "2026-12-14T10:00:00Z";
const routine = {
  priority: "routine",
  needs: [{ service: "wound-simple", count: 1, minutes: 20, dueBy: "2026-12-17T18:30:00Z", maxKm: 20 }],
};

/** The sweep comes by every 0.5 to 1.5 s, and then plans; the rest is for cores that others use too. */
const SOON = { withinMs: 5_000 };

describeWithRedis("M5: Redis is wiped while requests are posted", (sharedUrl) => {
  const redisUrl = ownRedis(sharedUrl, 8);
  let db: TestDatabase;
  let apps: TestApp[] = [];
  let desks: Desk[] = [];
  let redis: Redis;
  let queue: Queue;
  beforeEach(async () => {
    db = await openTestDatabase({ poolMax: 4 });
    await db.holdClock(MONDAY);
    redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
    queue = new Queue("jobs", { connection: redis, prefix: "covershare" });
    apps = [await startTestApp(db, { redisUrl }), await startTestApp(db, { redisUrl })];
  });
  afterEach(async () => {
    for (const desk of desks) desk.close();
    desks = [];
    for (const app of apps) await app.close();
    await queue.close();
    redis.disconnect();
    await db.close();
  });
  /** A sharing group: one practice that is short, three that have room, their streams at both processes. */
  const aFederation = async (group: string) => {
    const sit = async (app: TestApp | undefined, slots: number): Promise<Desk> => {
      const { code } = await aPractice(db, { group });
      if (slots > 0) await aClinic(db, { at: code, slots });
      const desk = await openDesk(db, await aUser(db, { at: code }), { address: app?.url ?? "" });
      desks.push(desk);
      return desk;
    };
    const home = await sit(apps[0], 0);
    const hosts = [await sit(apps[1], 8), await sit(apps[1], 8), await sit(apps[0], 8)];
    return {
      posts: async (n: number): Promise<string[]> =>
        Promise.all(Array.from({ length: n }, async () => post(home.api, routine))),
      offered: (): number => hosts.reduce((sum, host) => sum + host.offered().length, 0),
    };
  };
  const lying = async (): Promise<number> => {
    const { waiting = 0, delayed = 0 } = await queue.getJobCounts("waiting", "delayed");
    return waiting + delayed;
  };

  it(
    "every need is offered all the same, within seconds, and afterwards jobs run again",
    { timeout: 40_000 },
    async () => {
      // A plan covers its whole group: only in a group where nothing more happens does nothing but the sweep help.
      const [quiet, busy] = [await aFederation("G-QUIET"), await aFederation("G-BUSY")];

      // Nobody takes jobs up, so that there is something to lose.
      await queue.pause();
      await quiet.posts(6);
      expect(await lying()).toBeGreaterThan(0);
      // FLUSHALL for this suite's database: other files' lie on the same server.
      await Promise.all([redis.flushdb(), busy.posts(12)]);

      await until(() => quiet.offered() === 6, { ...SOON, what: "every need whose job was lost is offered" });
      await until(() => busy.offered() === 12, { ...SOON, what: "and every need that was posted meanwhile" });
      expect(await count(db, sql`needs where state = 'offered'`)).toBe(18);
      expect(await count(db, sql`offers where state = 'waiting'`)).toBe(18);

      await busy.posts(4);
      await until(() => busy.offered() === 16, { ...SOON, what: "what was posted later is offered too" });
      await until(async () => (await lying()) === 0, { ...SOON, what: "workers take up jobs again" });
    },
  );
});
