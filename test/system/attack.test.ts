import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Actor } from "../../src/features/access/index.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { aBroker, aClinic, aPractice, aUser, openTestDatabase, until, type TestDatabase } from "../support/index.ts";
import { aSession, aToken, rawSocket, type RawSocket } from "../features/stream/api-process.ts";
import { openDesk, post, type Desk } from "./support/desks.ts";
import { leaksTo, readersOf } from "./support/readers.ts";

/*
 * What somebody does who has an account of their own, or whose page a member of staff has open: read what is others', keep
 * a session that has ended, or bring one along.
 */

let db: TestDatabase;
let app: TestApp;

beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-14T10:00:00Z");
  app = await startTestApp(db);
}, 120_000);
afterAll(async () => {
  await app.close();
  await db.close();
});

describe("S7, P3: the stream", () => {
  it("tells each desk of two groups only of what it is a side of, through a whole story with every role listening", async () => {
    const door = { address: app.url };
    const desks: Desk[] = [];
    const homes: Desk[] = [];
    for (const group of ["NORTH", "SOUTH"]) {
      const home = await aPractice(db, { group });
      homes.push(await openDesk(db, await aUser(db, { at: home.code, roles: ["nurse"] }), door));
      desks.push(await openDesk(db, await aUser(db, { at: home.code, roles: ["manager", "admin"] }), door));
      for (const roles of [["reception"], ["nurse"], ["manager"]] as const) {
        const { code } = await aPractice(db, { group });
        await aClinic(db, { at: code, services: ["wound-simple"], startsAt: "2026-12-15T09:00:00Z", slots: 2 });
        desks.push(await openDesk(db, await aUser(db, { at: code, roles }), door));
      }
      // Somebody of the group who has nothing to do with any of it.
      desks.push(await openDesk(db, await aUser(db, { at: (await aPractice(db, { group })).code }), door));
      desks.push(await openDesk(db, await aBroker(db, { group }), door));
    }
    const all = [...homes, ...desks];
    const need = { service: "wound-simple", count: 4, minutes: 20, dueBy: "2026-12-17T18:30:00Z", maxKm: 30 };
    for (const home of homes) await post(home.api, { priority: "urgent", takeFirm: true, needs: [need] });
    const heard = (type: string): number =>
      all.filter(({ events }) => events.some((event) => event.type === type)).length;
    await until(() => heard("offer.made") >= 4, { withinMs: 20_000, what: "offers in both groups" });
    for (const desk of desks)
      for (const [index, id] of desk.offered().entries()) {
        const verb = index % 2 === 0 ? "accept" : "decline";
        const body = verb === "accept" ? {} : { code: "capacity" };
        await desk.api
          .command({ method: "POST", path: `/v1/offers/${id}/${verb}`, body, parse: () => null })
          .catch(() => null);
      }
    await until(() => heard("agreement.made") >= 4, { withinMs: 20_000, what: "agreements in both groups" });
    const readers = await readersOf(db);
    const leaks = (code: string, { events }: Desk): string[] =>
      events.flatMap(({ type, data }) =>
        leaksTo(readers, code, data).map((text) => `${code} heard of ${text} in ${type}`),
      );
    expect([...new Set(all.flatMap((desk) => leaks(desk.code, desk)))]).toEqual([]);
    // Had anybody got the frames of another group, this would have seen it.
    const [north, south] = homes;
    if (north === undefined || south === undefined) throw new Error("two homes");
    expect(leaks(south.code, north).length).toBeGreaterThan(2);
    for (const desk of all) desk.close();
  }, 90_000);

  it("is the log of the organisation acted for, whatever the address, headers and protocols say", async () => {
    const [mine, other] = [await aUser(db), await aUser(db)];
    await app.resources.database.transact(async (tx) => {
      tx.emit({ stream: mine.organisationCode, type: "test.mine", data: {} });
      tx.emit({ stream: other.organisationCode, type: "test.theirs", data: {} });
    });
    const { authorization } = await aToken(db, mine);
    const code = other.organisationCode;
    const raw = rawSocket(
      `${app.url.replace("http", "ws")}/v1/stream?organisation=${code}&stream=${code}&code=${code}`,
      {
        authorization,
        "x-organisation": code,
        "x-forwarded-user": other.userId,
        cookie: (await aSession(db, other)).cookie,
      },
    );
    raw.socket.on("open", () => raw.socket.send('{"type":"resume","after":0}'));
    await until(() => JSON.stringify(raw.frames).includes('"live"'), { what: "live" });
    expect(raw.frames).toMatchObject([{ type: "test.mine" }, { type: "live" }]);
    raw.socket.terminate();
  });
});

describe("S2: an open socket ends within five seconds of its right", () => {
  const byToken = async (actor: Actor) => ({ authorization: (await aToken(db, actor)).authorization });
  const bySession = async (actor: Actor) => ({ cookie: (await aSession(db, actor)).cookie, origin: app.url });

  it.each([
    ["the last role is taken, by token", byToken, sql`delete from user_roles where user_id = `],
    ["the last role is taken, by session", bySession, sql`delete from user_roles where user_id = `],
    ["the user is deactivated, by token", byToken, sql`update users set deactivated_at = app_now() where id = `],
    ["the user is deactivated, by session", bySession, sql`update users set deactivated_at = app_now() where id = `],
  ])("%s", async (_what, credentials, revoke) => {
    const [actor, colleague] = [await aUser(db), await aUser(db)];
    const raws: RawSocket[] = [];
    for (const one of [actor, colleague]) {
      const raw = rawSocket(`${app.url.replace("http", "ws")}/v1/stream`, await credentials(one));
      raw.socket.on("open", () => raw.socket.send('{"type":"resume","after":0}'));
      await until(() => JSON.stringify(raw.frames).includes('"live"'), { what: "live" });
      raws.push(raw);
    }
    await db.q.execute(sql`${revoke}${actor.userId}`);
    const closed = await until(() => raws[0]?.closed(), { withinMs: 5_000, what: "the close" });
    expect(closed.code).toBe(4401);
    expect(raws[1]?.closed()).toBeUndefined();
    raws[1]?.socket.terminate();
  });
});
