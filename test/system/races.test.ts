import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Actor } from "../../src/features/access/index.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { aClinic, aPractice, aUser, openTestDatabase, until, type TestDatabase } from "../support/index.ts";
import { count } from "../support/story.ts";
import { onBothBackends } from "./support/backends.ts";
import {
  accept,
  apiOf,
  lossesOf,
  openDesk,
  post,
  readRequest,
  whatIsLeft,
  winsOf,
  type Desk,
} from "./support/desks.ts";

const MONDAY = "2026-12-14T10:00:00Z";
const line = { service: "wound-simple", minutes: 20, dueBy: "2026-12-17T18:30:00Z", maxKm: 20 };

/** O4 through the whole service: HTTP, the queue, the sweep and the stream, as `serve` composes them. */
onBothBackends("O4: races through the API", 5, (redis) => {
  let db: TestDatabase;
  let app: TestApp;
  let desks: Desk[] = [];
  // Each test has a service of its own: emptying tables under a running matcher would be a race that is not meant.
  beforeEach(async () => {
    db = await openTestDatabase();
    await db.holdClock(MONDAY);
    app = await startTestApp(db, redis);
  });
  afterEach(async () => {
    for (const desk of desks) desk.close();
    desks = [];
    await app.close();
    await db.close();
  });

  const sit = async (actor: Actor): Promise<Desk> => {
    const desk = await openDesk(db, actor, { address: app.url });
    desks.push(desk);
    return desk;
  };
  const home = async (): Promise<Desk> => sit(await aUser(db, { at: (await aPractice(db)).code }));
  const hostWith = async (slots: number): Promise<{ code: string; desk: Desk }> => {
    const { code } = await aPractice(db);
    await aClinic(db, { at: code, slots });
    return { code, desk: await sit(await aUser(db, { at: code })) };
  };
  /** Nothing is due and nobody plans: whatever the answers set off has been carried out. */
  const settled = async (): Promise<true> =>
    until(async () => (await count(db, sql`match_due where match_due_at <= app_now()`)) === 0, {
      withinMs: 15_000,
      what: "everything due is planned",
    });
  /** How often anything was given that had been given already. The live rows count, and the ones that ended do not. */
  const givenTwice = async (): Promise<number> =>
    count(
      db,
      sql`(select slot_id from agreement_slots where is_live group by slot_id having count(*) > 1
           union all select need_id from agreements where is_live group by need_id having count(*) > 1) t`,
    );
  const heldForNobody = async (): Promise<number> =>
    count(
      db,
      sql`slots s where state = 'busy-tentative' and not exists (
            select 1 from offer_slots x join offers o on o.id = x.offer_id
            where x.slot_id = s.id and x.is_live and o.state = 'waiting')`,
    );

  it("one need waiting with three practices that accept together: one wins, each other is told what is left", async () => {
    const short = await home();
    const hosts = [await hostWith(1), await hostWith(1), await hostWith(1)];
    const reference = await post(short.api, { priority: "asap", needs: [{ ...line, count: 1 }] });
    for (const { code, desk } of hosts)
      await until(() => desk.offered().length === 1, { withinMs: 10_000, what: `${code} hears of its offer` });

    const outcomes = await Promise.all(hosts.map(async ({ desk }) => accept(desk.api, desk.offered()[0] ?? "")));

    expect(winsOf(outcomes)).toMatchObject([{ state: "accepted", agreed: [{ ref: "N01" }], stillWanted: 0 }]);
    const lost = lossesOf(outcomes).map(({ problem }) => whatIsLeft.parse(problem));
    expect(lost).toHaveLength(2);
    for (const left of lost)
      expect(left).toMatchObject({ code: "offer-closed", state: "stood-down", stillWanted: 0, otherOffers: [] });
    await settled();
    const { needs, asked } = await readRequest(short.api, reference);
    const winner = hosts[outcomes.findIndex((outcome) => "won" in outcome)];
    expect(needs).toMatchObject([{ state: "agreed", agreement: { supportingCode: winner?.code } }]);
    expect(asked).toMatchObject({ waiting: 0, accepted: 1, stoodDown: 2 });
    expect(await count(db, sql`slots where state = 'free'`)).toBe(2);
    expect(await count(db, sql`slots where state = 'busy'`)).toBe(1);
  });

  it("two users of one desk answer one offer: one answer stands, the other is told by whom and what is left", async () => {
    const short = await home();
    const { code, desk } = await hostWith(2);
    const ada = await apiOf(db, await aUser(db, { at: code, name: "Ada" }), { address: app.url });
    const bea = await apiOf(db, await aUser(db, { at: code, name: "Bea" }), { address: app.url });
    const reference = await post(short.api, { priority: "routine", needs: [{ ...line, count: 2 }] });
    const [offer] = await until(
      async () => {
        const waiting = await desk.waiting();
        return waiting.length === 1 && waiting;
      },
      { withinMs: 10_000, what: "the offer" },
    );
    const [first, second] = offer?.slots.map(({ id }) => id) ?? [];
    if (offer === undefined || first === undefined || second === undefined) throw new Error("an offer of two slots");

    const outcomes = await Promise.all([accept(ada, offer.id, [first]), accept(bea, offer.id, [second])]);

    expect(winsOf(outcomes)).toMatchObject([{ state: "part-accepted", agreed: [{}], stillWanted: 1 }]);
    const left = whatIsLeft.parse(lossesOf(outcomes)[0]?.problem);
    const winner = "won" in outcomes[0] ? "Ada" : "Bea";
    expect(left).toMatchObject({ code: "offer-closed", state: "part-accepted", answeredBy: winner, stillWanted: 1 });
    await settled();
    const { needs } = await readRequest(short.api, reference);
    expect(needs.map(({ state }) => state).toSorted()).toEqual(["agreed", "open"]);
    expect(await count(db, sql`agreement_slots where is_live and slot_id in (${first}, ${second})`)).toBe(1);
    expect(await heldForNobody()).toBe(0);
  });

  it(
    "200 accepts over the same slots and needs at once: each is given at most once, each loser is told what is left",
    { timeout: 60_000 },
    async () => {
      const shorts = [await home(), await home()];
      const hosts = [];
      for (let at = 0; at < 5; at += 1) hosts.push(await hostWith(8));
      const references = await Promise.all(
        shorts.map(async ({ api }, at) =>
          post(api, { priority: at === 0 ? "asap" : "urgent", needs: [{ ...line, count: 8 }] }),
        ),
      );
      await until(async () => (await count(db, sql`needs where state = 'open'`)) === 0, {
        withinMs: 10_000,
        what: "every need is asked for",
      });
      await settled();
      const offers = (
        await Promise.all(hosts.map(async ({ desk }) => (await desk.waiting()).map((offer) => ({ desk, offer }))))
      ).flat();
      // Several practices wait with the same needs, or nothing would be raced for.
      expect(await count(db, sql`offer_needs where is_live`)).toBeGreaterThan(16);

      const outcomes = await Promise.all(
        Array.from({ length: 200 }, async (_, at) => {
          const chosen = offers[at % offers.length];
          if (chosen === undefined) throw new Error("no offer");
          const { desk, offer } = chosen;
          const from = at % 3;
          const ticked = offer.slots.slice(from, from + 1 + (at % 4)).map((slot) => slot.id);
          return accept(desk.api, offer.id, ticked.length === 0 ? undefined : ticked);
        }),
      );

      const won = winsOf(outcomes);
      expect(won.length).toBeGreaterThan(1);
      expect(won.length).toBeLessThanOrEqual(offers.length);
      const lost = lossesOf(outcomes).map(({ problem }) => whatIsLeft.parse(problem));
      expect(lost).toHaveLength(200 - won.length);
      await settled();
      const ids = won.flatMap(({ agreed }) => agreed.map(({ id }) => id));
      expect(new Set(ids).size).toBe(ids.length);
      expect(await count(db, sql`agreements where is_live`)).toBe(ids.length);
      expect(await count(db, sql`needs where state = 'agreed'`)).toBe(ids.length);
      expect(await count(db, sql`slots where state = 'busy'`)).toBe(ids.length);
      expect(await givenTwice()).toBe(0);
      expect(await heldForNobody()).toBe(0);

      // With nothing wanted any more nothing stays held and nobody stays asked.
      for (const [at, reference] of references.entries())
        await shorts[at]?.api.command({
          method: "POST",
          path: `/v1/cover-requests/${reference}/withdraw`,
          body: {},
          parse: () => undefined,
        });
      await settled();
      expect(await count(db, sql`slots where state <> 'free'`)).toBe(0);
      expect(await count(db, sql`offers where state = 'waiting'`)).toBe(0);
    },
  );
});
