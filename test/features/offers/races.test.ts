import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { acceptOffer, declineOffer, type AnswerView } from "../../../src/features/offers/index.ts";
import { requestPorts } from "../../../src/app/routes.ts";
import { withdrawNeeds } from "../../../src/features/requests/ending.service.ts";
import { DomainError } from "../../../src/platform/errors/domain-error.ts";
import { aClinic, aPractice, aRequest, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { count, needStates, plan, waitingFor } from "../../support/story.ts";

type Outcome = { readonly won: AnswerView } | { readonly lost: DomainError };

const outcomeOf = async (answer: Promise<AnswerView>): Promise<Outcome> => {
  try {
    return { won: await answer };
  } catch (error) {
    if (error instanceof DomainError) return { lost: error };
    throw error;
  }
};

describe("O4: races", () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase({ poolMax: 24 });
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    await db.q.execute(sql`truncate organisations, cover_requests, match_due, events, event_heads cascade`);
    await db.holdClock("2026-12-14T10:00:00Z");
  });

  const noSlotTwice = async (): Promise<void> => {
    const twice = await count(
      db,
      sql`(select slot_id from agreement_slots where is_live group by slot_id having count(*) > 1
           union all select need_id from agreements where is_live group by need_id having count(*) > 1) t`,
    );
    expect(twice).toBe(0);
  };

  it("one need waiting with three practices that accept together: one wins, the others hear what is left", async () => {
    const home = await aPractice(db);
    const desks = [];
    for (let index = 0; index < 3; index += 1) {
      const host = await aPractice(db);
      await aClinic(db, { at: host.code, slots: 1 });
      desks.push(await aUser(db, { at: host.code }));
    }
    const request = await aRequest(db, { home: home.code, priority: "asap", needs: [{ count: 1 }] });
    await plan(db);
    const offers = await Promise.all(desks.map(async (desk) => (await waitingFor(db, desk))[0]?.id ?? ""));
    const outcomes = await Promise.all(
      desks.map((desk, at) => outcomeOf(db.database.transact((tx) => acceptOffer(tx, desk, offers[at] ?? "", {})))),
    );
    expect(outcomes.filter((outcome) => "won" in outcome)).toHaveLength(1);
    const lost = outcomes.flatMap((outcome) => ("lost" in outcome ? [outcome.lost] : []));
    for (const refusal of lost) expect(refusal).toMatchObject({ kind: "conflict", details: { stillWanted: 0 } });
    expect(await needStates(db, request.requestId)).toEqual(["agreed"]);
    await noSlotTwice();
  });

  it("an answer that comes after home took the request back says so, and not that others covered it", async () => {
    const home = await aPractice(db);
    const host = await aPractice(db);
    await aClinic(db, { at: host.code, slots: 1 });
    const [nurse, desk] = [await aUser(db, { roles: ["nurse"], at: home.code }), await aUser(db, { at: host.code })];
    const { reference } = await aRequest(db, { home: home.code, needs: [{ count: 1 }] });
    await plan(db);
    const [offer] = await waitingFor(db, desk);
    await db.database.transact((tx) => withdrawNeeds(tx, requestPorts, nurse, { reference, needs: undefined }));
    const late = await outcomeOf(db.database.transact((tx) => acceptOffer(tx, desk, offer?.id ?? "", {})));
    expect(late).toMatchObject({ lost: { code: "offer-closed", details: { isTakenBack: true, stillWanted: 0 } } });
    expect("lost" in late ? late.lost.message : "").toMatch(
      /^The practice that asked needs these appointments no longer/,
    );
  });

  it("two users of one desk answer one offer: one answer stands, the other is told by whom", async () => {
    const home = await aPractice(db);
    const host = await aPractice(db);
    await aClinic(db, { at: host.code, slots: 2 });
    const one = await aUser(db, { at: host.code, name: "Ada" });
    const two = await aUser(db, { at: host.code, name: "Bea" });
    await aRequest(db, { home: home.code, priority: "routine", needs: [{ count: 2 }] });
    await plan(db);
    const [offer] = await waitingFor(db, one);
    const outcomes = await Promise.all([
      outcomeOf(db.database.transact((tx) => acceptOffer(tx, one, offer?.id ?? "", {}))),
      outcomeOf(db.database.transact((tx) => acceptOffer(tx, two, offer?.id ?? "", {}))),
    ]);
    const lost = outcomes.flatMap((outcome) => ("lost" in outcome ? [outcome.lost] : []));
    expect(lost).toHaveLength(1);
    expect(lost[0]?.message).toMatch(/accepted already\. (Ada|Bea) answered it\./);
    await noSlotTwice();
  });

  it("200 accepts and declines over the same offers at once: every need and slot is given at most once", async () => {
    const home = await aPractice(db);
    const hosts = [];
    for (let index = 0; index < 5; index += 1) {
      const host = await aPractice(db);
      await aClinic(db, { at: host.code, slots: 8 });
      hosts.push({ desk: await aUser(db, { at: host.code }) });
    }
    const request = await aRequest(db, { home: home.code, priority: "asap", needs: [{ count: 10 }] });
    await plan(db);
    const offers = (
      await Promise.all(hosts.map(async ({ desk }) => (await waitingFor(db, desk)).map((offer) => ({ desk, offer }))))
    ).flat();
    expect(offers.length).toBeGreaterThanOrEqual(3);
    const answers = Array.from({ length: 200 }, (_, at) => {
      const chosen = offers[at % offers.length];
      if (chosen === undefined) throw new Error("no offer");
      const { desk, offer } = chosen;
      const ticked = offer.slots.slice(0, 1 + (at % 3)).map((slot) => slot.id);
      if (at % 7 === 6)
        return outcomeOf(
          db.database
            .transact((tx) => declineOffer(tx, desk, offer.id, { code: "staff" }))
            .then(() => ({ state: "declined" as const, agreed: [], stillWanted: 0 })),
        );
      return outcomeOf(db.database.transact((tx) => acceptOffer(tx, desk, offer.id, { slots: ticked })));
    });
    const outcomes = await Promise.all(answers);
    const lost = outcomes.flatMap((outcome) => ("lost" in outcome ? [outcome.lost] : []));
    expect(outcomes.length - lost.length).toBeLessThanOrEqual(offers.length);
    for (const error of lost) expect(error.kind).toBe("conflict");
    await noSlotTwice();
    const agreed = (await needStates(db, request.requestId)).filter((state) => state === "agreed").length;
    expect(await count(db, sql`agreements where is_live`)).toBe(agreed);
    // Nothing is left held by an offer that has ended.
    expect(
      await count(
        db,
        sql`slots s where state = 'busy-tentative' and not exists (select 1 from offer_slots x join offers o on o.id = x.offer_id
            where x.slot_id = s.id and x.is_live and o.state = 'waiting')`,
      ),
    ).toBe(0);
  });
});
