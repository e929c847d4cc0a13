import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../src/features/access/index.ts";
import { rows } from "../../src/platform/db/database.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { aBroker, aClinic, aPractice, aUser, openTestDatabase, until, type TestDatabase } from "../support/index.ts";
import { aSession, aToken, rawSocket, type RawSocket } from "../features/stream/api-process.ts";
import { openDesk, post, type Desk } from "./support/desks.ts";

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

/** Which organisations may meet each id, reference and code that the database holds, by what ties them to it. */
const readersOf = async (): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const found = await rows(
    db.q,
    z.object({ id: z.string(), reader: z.string() }),
    sql`
      with sides as (
        select o.id::text, o.request_id, o.home_code as home, o.supporting_code as host from offers o
        union all select a.id::text, a.request_id, a.home_code, a.supporting_code from agreements a
      ), practices as (
        select id, home as reader from sides union select id, host from sides
        union select r.id::text, r.home_code from cover_requests r union select r.reference, r.home_code from cover_requests r
        union select r.id::text, s.host from cover_requests r join sides s on s.request_id = r.id
        union select r.reference, s.host from cover_requests r join sides s on s.request_id = r.id
        union select s.home, s.host from sides s union select s.host, s.home from sides s
        union select o.code, o.code from organisations o
        union select c.id::text, c.organisation_code from clinics c
        union select s.id::text, s.organisation_code from slots s
        union select x.slot_id::text, o.home_code from offer_slots x join offers o on o.id = x.offer_id
        union select x.slot_id::text, a.home_code from agreement_slots x join agreements a on a.id = x.agreement_id
        union select a.clinic_id::text, a.home_code from agreements a
        union select u.user_id::text, u.organisation_code from user_roles u
      )
      select id, reader from practices
      union
      -- Brokers see their group.
      select p.id, f.code from practices p
        join sharing_memberships m on m.organisation_code = p.reader
        join sharing_memberships n on n.group_code = m.group_code
        join organisations f on f.code = n.organisation_code and f.kind = 'federation'`,
  );
  const readers = new Map<string, Set<string>>();
  for (const { id, reader } of found) readers.set(id, (readers.get(id) ?? new Set()).add(reader));
  return readers;
};

const strings = (value: unknown): string[] => {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, part]) => [key, ...strings(part)])
    : [];
};

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
    const readers = await readersOf();
    const leaksTo = (code: string, { events }: Desk): string[] =>
      events.flatMap((event) =>
        strings(event.data).flatMap((text) => {
          const allowed = readers.get(text);
          return allowed === undefined || allowed.has(code) ? [] : [`${code} heard of ${text} in ${event.type}`];
        }),
      );
    expect([...new Set(all.flatMap((desk) => leaksTo(desk.code, desk)))]).toEqual([]);
    // Had anybody got the frames of another group, this would have seen it.
    const [north, south] = homes;
    if (north === undefined || south === undefined) throw new Error("two homes");
    expect(leaksTo(south.code, north).length).toBeGreaterThan(2);
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
