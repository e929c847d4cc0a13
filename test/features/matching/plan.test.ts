import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { acceptOffer, declineOffer, proposeTimes } from "../../../src/features/offers/index.ts";
import {
  aBuddy,
  aClinic,
  aPractice,
  aRequest,
  aUser,
  couldDo,
  openTestDatabase,
  type TestDatabase,
} from "../../support/index.ts";
import { count, needStates, plan, startOver, sweep, waitingFor } from "../../support/story.ts";

describe("planning a sharing group", () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());
  beforeEach(() => startOver(db));

  it("A1: holds one block for each need and asks the practice that has them", async () => {
    const home = await aPractice(db);
    const near = await aPractice(db);
    await aClinic(db, { at: near.code, slots: 3 });
    const desk = await aUser(db, { roles: ["reception"], at: near.code });
    const request = await aRequest(db, { home: home.code, priority: "routine", needs: [{ count: 2 }] });
    await plan(db);
    const [offer, ...others] = await waitingFor(db, desk);
    expect(others).toEqual([]);
    expect(offer).toMatchObject({ kind: "slots", awaiting: "supporting", reference: request.reference });
    expect(offer?.slots).toHaveLength(2);
    expect(offer?.reasons).toContain("2 free 20-minute slots");
    expect(await count(db, sql`slots where state = 'busy-tentative'`)).toBe(2);
    expect(await needStates(db, request.requestId)).toEqual(["offered", "offered"]);
  });

  it("O1: firm slots are agreed at once where posting was the consent, and wait for home where it was not", async () => {
    const home = await aPractice(db);
    const near = await aPractice(db);
    await aClinic(db, { at: near.code, slots: 4, pledge: "firm" });
    const taken = await aRequest(db, { home: home.code, takesFirm: true, needs: [{ count: 2 }] });
    const offered = await aRequest(db, { home: home.code, takesFirm: false, needs: [{ count: 2 }] });
    await plan(db);
    expect(await needStates(db, taken.requestId)).toEqual(["agreed", "agreed"]);
    expect(await needStates(db, offered.requestId)).toEqual(["offered", "offered"]);
    const desk = await aUser(db, { roles: ["nurse"], at: home.code });
    const [offer] = await waitingFor(db, desk);
    expect(offer?.awaiting).toBe("home");
    await db.database.transact((tx) => acceptOffer(tx, desk, offer?.id ?? "", {}));
    expect(await needStates(db, offered.requestId)).toEqual(["agreed", "agreed"]);
  });

  it("O2, A5: no desk is asked for a time that begins before it could answer", async () => {
    const home = await aPractice(db);
    const near = await aPractice(db);
    await aClinic(db, { at: near.code, startsAt: "2026-12-14T10:05:00Z", slots: 2 });
    const desk = await aUser(db, { roles: ["reception"], at: near.code });
    await aRequest(db, { home: home.code, priority: "asap", needs: [{ count: 2, earliest: "2026-12-14T10:00:00Z" }] });
    await plan(db);
    const [offer] = await waitingFor(db, desk);
    // The first slot begins in five minutes; the second leaves 25, and the offer ends with it.
    expect(offer?.slots.map(({ startsAt }) => startsAt)).toEqual(["2026-12-14T10:25:00.000Z"]);
    expect(offer?.expiresAt).toBe("2026-12-14T10:25:00.000Z");
  });

  it("A2: an urgent need waits with two practices at once, and the loser is thanked", async () => {
    const home = await aPractice(db);
    const [one, two] = [await aPractice(db), await aPractice(db)];
    await aClinic(db, { at: one.code, slots: 1 });
    await aClinic(db, { at: two.code, slots: 1 });
    const request = await aRequest(db, { home: home.code, priority: "urgent", needs: [{ count: 1 }] });
    await plan(db);
    const [deskOne, deskTwo] = [await aUser(db, { at: one.code }), await aUser(db, { at: two.code })];
    const [offerOne] = await waitingFor(db, deskOne);
    const [offerTwo] = await waitingFor(db, deskTwo);
    expect([offerOne?.state, offerTwo?.state]).toEqual(["waiting", "waiting"]);
    await db.database.transact((tx) => acceptOffer(tx, deskTwo, offerTwo?.id ?? "", {}));
    expect(await needStates(db, request.requestId)).toEqual(["agreed"]);
    const late = db.database.transact((tx) => acceptOffer(tx, deskOne, offerOne?.id ?? "", {}));
    await expect(late).rejects.toMatchObject({
      kind: "conflict",
      code: "offer-closed",
      details: { state: "stood-down", stillWanted: 0 },
    });
    expect(await count(db, sql`slots where state = 'free'`)).toBe(1);
  });

  it("A3: rings add: buddies first, then the PCN, then the group; an empty ring is skipped at once", async () => {
    const home = await aPractice(db, { pcn: "U1" });
    const buddy = await aPractice(db);
    const pcn = await aPractice(db, { pcn: "U1" });
    await aBuddy(db, home.code, buddy.code);
    await aClinic(db, { at: buddy.code, slots: 1 });
    await aClinic(db, { at: pcn.code, slots: 1 });
    await aRequest(db, { home: home.code, priority: "routine", needs: [{ count: 1 }] });
    await plan(db);
    const [atBuddy, atPcn] = [await aUser(db, { at: buddy.code }), await aUser(db, { at: pcn.code })];
    expect(await waitingFor(db, atBuddy)).toHaveLength(1);
    expect(await waitingFor(db, atPcn)).toHaveLength(0);
    // Routine: four open hours of home.
    await db.advance({ hours: 3, minutes: 59 });
    await sweep(db);
    expect(await waitingFor(db, atPcn)).toHaveLength(0);
    await db.advance({ minutes: 1 });
    await sweep(db);
    expect(await waitingFor(db, atPcn)).toHaveLength(1);
    expect(await waitingFor(db, atBuddy)).toHaveLength(1);
  });

  it("A4: what no published slot covers becomes a call, answered with times that are agreed at once", async () => {
    const home = await aPractice(db);
    const able = await aPractice(db);
    await couldDo(db, able.code, "wound-simple");
    const request = await aRequest(db, { home: home.code, priority: "urgent", needs: [{ count: 3 }] });
    await plan(db);
    const desk = await aUser(db, { at: able.code });
    const [call] = await waitingFor(db, desk);
    expect(call).toMatchObject({ kind: "call", slots: [] });
    const answer = await db.database.transact((tx) =>
      proposeTimes(tx, desk, call?.id ?? "", { times: [{ start: "2026-12-15T14:00:00Z", count: 2 }] }),
    );
    expect(answer).toMatchObject({ state: "part-accepted", stillWanted: 1, notUsed: [] });
    expect(answer.agreed.map((agreement) => agreement.startsAt)).toEqual([
      "2026-12-15T14:00:00.000Z",
      "2026-12-15T14:20:00.000Z",
    ]);
    expect((await needStates(db, request.requestId)).sort()).toEqual(["agreed", "agreed", "open"]);
  });

  it("A5: a practice that declined is not asked again until it publishes something new", async () => {
    const home = await aPractice(db);
    const near = await aPractice(db);
    await aClinic(db, { at: near.code, slots: 1 });
    await aRequest(db, { home: home.code, priority: "routine", needs: [{ count: 1 }] });
    await plan(db);
    const desk = await aUser(db, { at: near.code });
    const [offer] = await waitingFor(db, desk);
    await db.database.transact((tx) => declineOffer(tx, desk, offer?.id ?? "", { code: "staff" }));
    await plan(db);
    expect(await waitingFor(db, desk)).toEqual([]);
    expect(await count(db, sql`slots where state = 'free'`)).toBe(1);
    await db.advance({ minutes: 5 });
    await aClinic(db, { at: near.code, slots: 1, startsAt: "2026-12-15T16:00:00Z" });
    await plan(db);
    expect(await waitingFor(db, desk)).toHaveLength(1);
  });

  it("A6: nobody is asked outside opening hours except for asap; the group is planned again when the desk opens", async () => {
    await db.holdClock("2026-12-14T20:00:00Z");
    const home = await aPractice(db);
    const near = await aPractice(db);
    await aClinic(db, { at: near.code, slots: 2, startsAt: "2026-12-15T14:00:00Z" });
    await aRequest(db, { home: home.code, priority: "urgent", needs: [{ count: 1 }] });
    await plan(db);
    const desk = await aUser(db, { at: near.code });
    expect(await waitingFor(db, desk)).toEqual([]);
    await aRequest(db, { home: home.code, priority: "asap", needs: [{ count: 1 }] });
    await plan(db);
    expect(await waitingFor(db, desk)).toHaveLength(1);
    await db.holdClock("2026-12-15T08:00:00Z");
    await sweep(db);
    expect((await waitingFor(db, desk)).map((offer) => offer.priority)).toContain("urgent");
  });

  it("O2: an offer that nobody answers lapses, and its slots are free again", async () => {
    const home = await aPractice(db);
    const near = await aPractice(db);
    await aClinic(db, { at: near.code, slots: 1, startsAt: "2026-12-16T14:00:00Z" });
    const request = await aRequest(db, { home: home.code, priority: "urgent", needs: [{ count: 1 }] });
    await plan(db);
    await db.advance({ hours: 1, minutes: 59 });
    await sweep(db);
    expect(await needStates(db, request.requestId)).toEqual(["offered"]);
    await db.advance({ minutes: 1 });
    await sweep(db);
    expect(await needStates(db, request.requestId)).toEqual(["open"]);
    expect(await count(db, sql`need_exclusions where reason = 'lapsed'`)).toBe(1);
  });

  it("M2: an asap need takes what waits for a routine one when nothing else is left", async () => {
    const home = await aPractice(db);
    const other = await aPractice(db);
    const near = await aPractice(db);
    await aClinic(db, { at: near.code, slots: 1 });
    const routine = await aRequest(db, { home: home.code, priority: "routine", needs: [{ count: 1 }] });
    await plan(db);
    expect(await needStates(db, routine.requestId)).toEqual(["offered"]);
    const asap = await aRequest(db, { home: other.code, priority: "asap", needs: [{ count: 1 }] });
    await plan(db);
    expect(await needStates(db, asap.requestId)).toEqual(["offered"]);
    expect(await needStates(db, routine.requestId)).toEqual(["open"]);
    const desk = await aUser(db, { at: near.code });
    expect((await waitingFor(db, desk)).map((offer) => offer.reference)).toEqual([asap.reference]);
  });

  it("M2: two needs of one weight do not take the same slot from each other with every plan", async () => {
    const near = await aPractice(db);
    const other = await aPractice(db);
    await aClinic(db, { at: near.code, slots: 1, provides: ["step-free"] });
    await aClinic(db, { at: other.code, slots: 1 });
    // Waits where neither of the others may go, so that something may be moved at all.
    const third = await aRequest(db, { priority: "routine", needs: [{ count: 1 }] });
    await plan(db);
    const urgent = { priority: "urgent" as const, needs: [{ count: 1, requires: ["step-free"] }] };
    const first = await aRequest(db, urgent);
    await plan(db);
    const second = await aRequest(db, urgent);
    for (let round = 0; round < 4; round += 1) await plan(db);
    expect(await needStates(db, third.requestId)).toEqual(["offered"]);
    expect(await needStates(db, first.requestId)).toEqual(["offered"]);
    expect(await needStates(db, second.requestId)).toEqual(["open"]);
    expect(await count(db, sql`offers where request_id = ${second.requestId}`)).toBe(0);
  });

  it("A4: a need that had to make room is put to others at once", async () => {
    const near = await aPractice(db);
    const able = await aPractice(db);
    await couldDo(db, able.code, "wound-simple");
    await aClinic(db, { at: near.code, slots: 1 });
    const routine = await aRequest(db, { priority: "routine", needs: [{ count: 1 }] });
    await plan(db);
    await aRequest(db, { priority: "asap", needs: [{ count: 1 }] });
    await plan(db);
    expect(await needStates(db, routine.requestId)).toEqual(["offered"]);
    const desk = await aUser(db, { at: able.code });
    expect((await waitingFor(db, desk)).map((offer) => offer.reference)).toEqual([routine.reference]);
  });
});
