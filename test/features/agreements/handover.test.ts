import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { undoLastSteps } from "../../../src/features/agreements/index.ts";
import { aBroker, aPractice, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { count, needStates } from "../../support/story.ts";
import { agreed, heard, history, MONDAY, slotState, stepOf, tick, TUESDAY, walkTo } from "./support.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.q.execute(sql`truncate organisations, cover_requests, match_due, events, event_heads cascade`);
  await db.holdClock(MONDAY);
});

const undo = (actor: Parameters<typeof undoLastSteps>[1], agreements: readonly string[]) =>
  db.database.transact(async (tx) => undoLastSteps(tx, actor, { agreements }));

describe("H1: the steps of the handover", () => {
  it("walk three agreements at once from agreed to attended, and end their needs; every step keeps its actor", async () => {
    const work = await agreed(db, { count: 3 });
    await walkTo(db, work, "told");
    expect(await needStates(db, work.request.requestId)).toEqual(["told", "told", "told"]);
    await db.holdClock("2026-12-15T11:30:00Z");
    const answer = await tick(db, work.supporting, "attended", work.ids);
    expect(answer.items.map(({ step, changed }) => [step, changed])).toEqual(work.ids.map(() => ["attended", true]));
    expect(await needStates(db, work.request.requestId)).toEqual(["closed", "closed", "closed"]);
    const [first = ""] = work.ids;
    const { home, supporting } = work;
    expect((await history(db, first)).map(({ step, userId }) => [step, userId])).toEqual([
      ["agreed", supporting.userId],
      ["blocked", supporting.userId],
      ["passed", home.userId],
      ["booked", supporting.userId],
      ["told", home.userId],
      ["attended", supporting.userId],
    ]);
    expect(
      await count(db, sql`audit_entries where action = 'agreement.step' and subject = ${work.request.reference}`),
    ).toBe(5);
  });

  it("tell both sides and the brokers in one message for many, and count the request anew (R8)", async () => {
    const broker = await aBroker(db);
    const work = await agreed(db, { count: 3 });
    await walkTo(db, work, "told");
    for (const stream of [work.home, work.supporting, broker].map((actor) => actor.organisationCode)) {
      const messages = await heard(db, stream, "agreement.stepped");
      expect(messages.map(({ bySide }) => bySide)).toEqual(["supporting", "home", "supporting", "home"]);
      expect(messages.at(-1)).toMatchObject({
        agreements: [
          { ref: "N01", step: "told" },
          { ref: "N02", step: "told" },
          { ref: "N03", step: "told" },
        ],
      });
    }
    const counts = await heard(db, work.home.organisationCode, "request.changed");
    expect(counts.at(-1)).toMatchObject({ looking: 0, agreed: 0, booked: 0, told: 3 });
    expect(counts.at(-2)).toMatchObject({ agreed: 0, booked: 3, told: 0 });
  });

  it("refuse the other side's step and a step that is not due, and do the rest", async () => {
    const work = await agreed(db, { count: 2 });
    const [first = "", second = ""] = work.ids;
    await tick(db, work.supporting, "blocked", [first]);
    expect((await tick(db, work.home, "booked", [first])).items).toMatchObject([
      { step: "blocked", changed: false, whyNot: "not-your-step" },
    ]);
    await tick(db, work.home, "passed", [first]);
    expect((await tick(db, work.supporting, "booked", work.ids)).items).toMatchObject([
      { id: first, step: "booked", changed: true, whyNot: null },
      { id: second, step: "agreed", changed: false, whyNot: "not-yet" },
    ]);
    await tick(db, work.home, "told", [first]);
    expect((await tick(db, work.supporting, "attended", [first])).items).toMatchObject([{ whyNot: "not-started" }]);
  });

  it("are idempotent: ticking again, or what is behind already, changes and says nothing", async () => {
    const work = await agreed(db);
    await walkTo(db, work, "booked");
    const before = await count(db, sql`events`);
    for (const step of ["booked", "blocked"] as const)
      expect((await tick(db, work.supporting, step, work.ids)).items).toMatchObject([
        { step: "booked", changed: false, whyNot: null },
      ]);
    expect(await count(db, sql`events`)).toBe(before);
    expect(await history(db, work.ids[0] ?? "")).toHaveLength(4);
  });

  it("home may pass before the block is ticked: booked then says both", async () => {
    const work = await agreed(db);
    await tick(db, work.home, "passed", work.ids);
    await tick(db, work.supporting, "booked", work.ids);
    expect((await history(db, work.ids[0] ?? "")).map(({ step }) => step).toSorted()).toEqual([
      "agreed",
      "blocked",
      "booked",
      "passed",
    ]);
  });

  it("a broker walks any step on behalf; for a stranger the agreement does not exist (P3)", async () => {
    const broker = await aBroker(db);
    const work = await agreed(db);
    const stranger = await aUser(db, { at: (await aPractice(db)).code });
    const foreign = await aBroker(db, { group: "OTHER" });
    for (const nobody of [stranger, foreign])
      expect((await tick(db, nobody, "blocked", work.ids)).items).toEqual([
        { id: work.ids[0], step: null, changed: false, whyNot: "not-found", owedNext: "nothing" },
      ]);
    for (const step of ["blocked", "passed", "booked", "told"] as const)
      expect((await tick(db, broker, step, work.ids)).items).toMatchObject([{ step, changed: true }]);
  });
});

describe("H1: outcomes that go home", () => {
  it("a DNA closes the need and leaves home a call to make", async () => {
    const work = await agreed(db);
    await walkTo(db, work, "told");
    await db.holdClock("2026-12-15T11:00:00Z");
    expect((await tick(db, work.supporting, "dna", work.ids)).items).toMatchObject([{ owedNext: "ring-patient" }]);
    expect(await needStates(db, work.request.requestId)).toEqual(["closed"]);
    expect(await count(db, sql`needs where ended_as = 'dna'`)).toBe(1);
    expect((await heard(db, work.home.organisationCode, "agreement.stepped")).at(-1)).toMatchObject({
      agreements: [{ step: "dna", owedNext: "ring-patient" }],
    });
    expect((await tick(db, work.supporting, "attended", work.ids)).items).toMatchObject([{ whyNot: "finished" }]);
  });

  it("not done and still needed: the need looks again one priority higher, and may be agreed anew", async () => {
    const work = await agreed(db);
    await walkTo(db, work, "told");
    await db.holdClock("2026-12-15T11:00:00Z");
    expect((await tick(db, work.supporting, "not-done", work.ids)).items).toMatchObject([
      { step: "not-done", owedNext: "cover-again" },
    ]);
    expect(await needStates(db, work.request.requestId)).toEqual(["open"]);
    expect(await count(db, sql`needs where priority = 'urgent'`)).toBe(1);
    expect(await count(db, sql`agreements where is_live`)).toBe(0);
    expect(await slotState(db, work.clinic.slots[0]?.id)).toBe("busy-unavailable");
  });

  it("not done after the due-by comes back, for a person of home to acknowledge (R7); not needed, it is closed", async () => {
    const late = await agreed(db, { needs: [{ dueBy: "2026-12-15T11:00:00Z" }] });
    const spare = await agreed(db);
    await walkTo(db, late, "told");
    await walkTo(db, spare, "told");
    await db.holdClock("2026-12-15T12:00:00Z");
    expect((await tick(db, late.supporting, "not-done", late.ids)).items).toMatchObject([
      { owedNext: "acknowledge-return" },
    ]);
    expect(await needStates(db, late.request.requestId)).toEqual(["returned"]);
    await tick(db, spare.supporting, "not-done", spare.ids, false);
    expect(await needStates(db, spare.request.requestId)).toEqual(["closed"]);
  });
});

describe("H1: taking a step back", () => {
  it("its owner takes the last step back on the same day; the need follows and every row stays", async () => {
    const work = await agreed(db);
    const [id = ""] = work.ids;
    await walkTo(db, work, "told");
    expect((await undo(work.supporting, [id])).items).toMatchObject([{ whyNot: "not-your-step" }]);
    expect((await undo(work.home, [id])).items).toMatchObject([{ step: "booked", changed: true }]);
    expect(await needStates(db, work.request.requestId)).toEqual(["agreed"]);
    await tick(db, work.home, "told", [id]);
    expect((await history(db, id)).filter(({ step }) => step === "told").map(({ undone }) => undone)).toEqual([
      true,
      false,
    ]);
    expect((await heard(db, work.supporting.organisationCode, "agreement.stepped")).at(-2)).toMatchObject({
      wasUndone: true,
      agreements: [{ step: "booked" }],
    });
  });

  it("an outcome ticked by mistake makes the need told again", async () => {
    const work = await agreed(db);
    await walkTo(db, work, "told");
    await db.holdClock("2026-12-15T11:00:00Z");
    await tick(db, work.supporting, "dna", work.ids);
    await undo(work.supporting, work.ids);
    expect(await needStates(db, work.request.requestId)).toEqual(["told"]);
    expect(await count(db, sql`needs where ended_as is null and ended_at is null`)).toBe(1);
    expect((await tick(db, work.supporting, "attended", work.ids)).items).toMatchObject([{ changed: true }]);
  });

  it("tomorrow is too late, nothing was ticked is nothing, and what is not done cannot be called back", async () => {
    const work = await agreed(db, { count: 2 });
    const [first = "", second = ""] = work.ids;
    await tick(db, work.supporting, "blocked", [first]);
    expect((await undo(work.supporting, [second])).items).toMatchObject([{ whyNot: "nothing-to-undo" }]);
    await db.holdClock(TUESDAY);
    expect((await undo(work.supporting, [first])).items).toMatchObject([{ whyNot: "too-late" }]);
    await walkTo(db, work, "told");
    await tick(db, work.supporting, "not-done", [first]);
    expect((await undo(work.supporting, [first])).items).toMatchObject([{ step: "not-done", whyNot: "ended" }]);
    expect(await stepOf(db, first)).toBe("not-done");
  });
});
