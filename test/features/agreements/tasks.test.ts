import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Actor } from "../../../src/features/access/index.ts";
import {
  acknowledgeTask,
  listTasks,
  loseAgreedSlots,
  patientSaidNo,
  readerFor,
  swapAgreements,
  undoLastSteps,
} from "../../../src/features/agreements/index.ts";
import { cancelAgreement } from "../../../src/features/agreements/agreements.service.ts";
import { readBoard } from "../../../src/features/board/index.ts";
import { setSlotStates } from "../../../src/features/capacity/index.ts";
import { aBroker, aClinic, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { needStates } from "../../support/story.ts";
import { agreed, heard, history, MONDAY, stepOf, tick, walkTo, type Agreed } from "./support.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.q.execute(sql`truncate organisations, cover_requests, match_due, events, event_heads cascade`);
  await db.holdClock(MONDAY);
});

const open = async (actor: Actor) => listTasks(db.q, readerFor(actor), { state: "open" });

const acknowledge = async (actor: Actor, id: string, as = "rung") =>
  db.database.transact(async (tx) => acknowledgeTask(tx, actor, id, { as }));

/** The clinic of the work gets one more free slot at its end. */
const oneMoreSlot = async (work: Agreed): Promise<void> => {
  await db.q.execute(sql`
    insert into slots (id, clinic_id, organisation_code, starts_at, ends_at, state)
    select gen_random_uuid(), clinic_id, organisation_code, max(ends_at), max(ends_at) + interval '20 minutes', 'free'
    from slots where clinic_id = ${work.clinic.clinicId} group by 2, 3`);
};

const lose = async (work: Agreed, slotIds: readonly string[]) =>
  db.database.transact(async (tx) => {
    await setSlotStates(tx, slotIds, ["busy"], "busy-unavailable");
    return loseAgreedSlots(tx, work.supporting, slotIds, true);
  });

describe("C4: ring the patient", () => {
  it("moved to another time after she was told: a task with both times, which only a person of home acknowledges", async () => {
    const broker = await aBroker(db);
    const work = await agreed(db);
    await walkTo(db, work, "told");
    await oneMoreSlot(work);
    expect(await lose(work, [work.clinic.slots[0]?.id ?? ""])).toEqual({ moved: 1, broken: 0 });
    const [task] = await open(work.home);
    expect(task).toMatchObject({
      kind: "ring-patient",
      why: "moved",
      before: "2026-12-15T10:00:00.000Z",
      after: "2026-12-15T10:20:00.000Z",
      ref: "N01",
      acknowledgedAt: null,
    });
    const id = task?.id ?? "";
    expect((await open(broker)).map((one) => one.id)).toEqual([id]);
    expect(await open(work.supporting)).toEqual([]);
    expect((await readBoard(db.q, broker)).risks[0]).toMatchObject({ kind: "ring-patient", needs: 1 });
    const stranger = await aUser(db);
    await expect(acknowledge(stranger, id)).rejects.toMatchObject({ code: "not-found" });
    await expect(acknowledge(work.supporting, id)).rejects.toMatchObject({ code: "not-found" });
    await expect(acknowledge(broker, id)).rejects.toMatchObject({ code: "home-acts" });
    const both = await Promise.all([acknowledge(work.home, id), acknowledge(work.home, id)]);
    expect(both.map(({ acknowledgedAs }) => acknowledgedAs)).toEqual(["rung", "rung"]);
    expect(await open(broker)).toEqual([]);
    for (const actor of [work.home, broker]) {
      expect(await heard(db, actor.organisationCode, "task.made")).toMatchObject([{ id, homeCode: task?.homeCode }]);
      expect(await heard(db, actor.organisationCode, "task.ended")).toMatchObject([{ id, acknowledgedAs: "rung" }]);
    }
    expect(await heard(db, work.supporting.organisationCode, "task.made")).toEqual([]);
  });

  it("a moved agreement is never told: it goes back to what must be done again, and its release-by counts anew", async () => {
    for (const [from, to, need] of [
      ["told", "passed", "agreed"],
      ["booked", "passed", "agreed"],
      ["passed", "passed", "agreed"],
      ["blocked", "agreed", "agreed"],
    ] as const) {
      const work = await agreed(db);
      await walkTo(db, work, from);
      await oneMoreSlot(work);
      await lose(work, [work.clinic.slots[0]?.id ?? ""]);
      const [id = ""] = work.ids;
      expect([from, await stepOf(db, id)]).toEqual([from, to]);
      expect(await needStates(db, work.request.requestId)).toEqual([need]);
      const standing = (await history(db, id)).filter(({ undone }) => !undone).map(({ step }) => step);
      expect(standing).toEqual(to === "passed" ? ["agreed", "passed"] : ["agreed"]);
      // Booked says both, and then she is told the new time.
      if (to === "passed") await tick(db, work.supporting, "booked", work.ids);
      else await walkTo(db, work, "booked");
      await tick(db, work.home, "told", work.ids);
      expect(await stepOf(db, id)).toBe("told");
      expect(await needStates(db, work.request.requestId)).toEqual(["told"]);
      expect(await open(work.home)).toEqual([]);
    }
  });

  it("a time that goes twice before anybody has rung stays one task, with what she was told and what stands now", async () => {
    const work = await agreed(db);
    await walkTo(db, work, "told");
    await oneMoreSlot(work);
    await lose(work, [work.clinic.slots[0]?.id ?? ""]);
    const [first] = await open(work.home);
    await db.database.transact(async (tx) =>
      cancelAgreement(tx, work.supporting, work.ids[0] ?? "", { code: "staff-absence", stillNeeded: true }),
    );
    expect(await open(work.home)).toMatchObject([
      { id: first?.id, why: "cancelled", before: "2026-12-15T10:00:00.000Z", after: null },
    ]);
  });

  it("and one that goes after she was rung about the new time must be rung about again", async () => {
    const work = await agreed(db);
    await walkTo(db, work, "told");
    await oneMoreSlot(work);
    await lose(work, [work.clinic.slots[0]?.id ?? ""]);
    await acknowledge(work.home, (await open(work.home))[0]?.id ?? "");
    await db.database.transact(async (tx) =>
      cancelAgreement(tx, work.supporting, work.ids[0] ?? "", { code: "premises", stillNeeded: true }),
    );
    expect(await open(work.home)).toMatchObject([{ before: "2026-12-15T10:20:00.000Z", after: null }]);
  });

  it("broken, cancelled and swapped alike where she was told; nobody is rung who was not", async () => {
    const work = await agreed(db, { count: 3 });
    await tick(db, work.supporting, "blocked", work.ids);
    expect(await lose(work, [work.clinic.slots[2]?.id ?? ""])).toEqual({ moved: 0, broken: 1 });
    expect(await open(work.home)).toEqual([]);
    const [a = "", b = ""] = work.ids;
    await tick(db, work.home, "passed", [a, b]);
    await tick(db, work.supporting, "booked", [a, b]);
    await tick(db, work.home, "told", [a]);
    await db.database.transact(async (tx) => swapAgreements(tx, work.home, { a, b }));
    expect(await open(work.home)).toMatchObject([{ agreementId: a, why: "swapped" }]);
    await tick(db, work.supporting, "booked", [a, b]);
    await tick(db, work.home, "told", [a, b]);
    // Told in due form: whoever was to be rung has been.
    expect(await open(work.home)).toEqual([]);
    expect(await lose(work, [work.clinic.slots[0]?.id ?? ""])).toEqual({ moved: 0, broken: 1 });
    expect(await open(work.home)).toMatchObject([{ agreementId: b, why: "cancelled", after: null }]);
  });
});

describe("C4: a patient who says no after she was told", () => {
  it.each([
    ["time", 0],
    ["not-reached", 1],
  ] as const)("%s: %i to ring", async (code, tasks) => {
    const work = await agreed(db);
    await walkTo(db, work, "told");
    await oneMoreSlot(work);
    await lose(work, [work.clinic.slots[0]?.id ?? ""]);
    expect(await open(work.home)).toHaveLength(1);
    await db.database.transact(async (tx) => patientSaidNo(tx, work.home, work.ids[0] ?? "", { code }));
    expect(await open(work.home)).toHaveLength(tasks);
  });
});

describe("H1: what home owes after an outcome", () => {
  it("DNA goes home as a task that asks what is next, and goes away where it was a slip", async () => {
    const work = await agreed(db, { count: 2 });
    await walkTo(db, work, "told");
    await db.holdClock("2026-12-15T10:40:00Z");
    await tick(db, work.supporting, "dna", work.ids);
    expect(await open(work.home)).toMatchObject([
      { kind: "dna", ref: "N01" },
      { kind: "dna", ref: "N02" },
    ]);
    await db.database.transact(async (tx) => undoLastSteps(tx, work.supporting, { agreements: work.ids.slice(0, 1) }));
    const [left, ...none] = await open(work.home);
    expect([left?.ref, none.length]).toEqual(["N02", 0]);
    expect(await acknowledge(work.home, left?.id ?? "", "seen-here")).toMatchObject({ acknowledgedAs: "seen-here" });
  });

  it("not done, still needed: the need looks again and home tells her so; not needed, nothing is owed", async () => {
    const work = await agreed(db, { count: 2 });
    await aClinic(db, { at: work.supporting.organisationCode, slots: 0 });
    await walkTo(db, work, "told");
    await db.holdClock("2026-12-15T10:40:00Z");
    const [first = "", second = ""] = work.ids;
    await tick(db, work.supporting, "not-done", [first]);
    await tick(db, work.supporting, "not-done", [second], false);
    expect(await needStates(db, work.request.requestId)).toEqual(["open", "closed"]);
    expect(await open(work.home)).toMatchObject([{ kind: "not-done", agreementId: first }]);
  });
});

describe("R7: a time that passed untold has an ending too", () => {
  it("stays on the board until the practice says how it went; somebody who came without a tick was seen", async () => {
    const broker = await aBroker(db);
    const work = await agreed(db, { count: 4 });
    const [a = "", b = "", c = "", d = ""] = work.ids;
    await walkTo(db, { ...work, ids: [a, b] }, "booked");
    await tick(db, work.home, "passed", [c, d]);
    expect((await tick(db, work.supporting, "attended", [a])).items).toMatchObject([{ whyNot: "not-started" }]);
    await db.holdClock("2026-12-15T12:00:00Z");
    const untold = async (): Promise<number> =>
      (await readBoard(db.q, broker)).risks
        .filter(({ kind }) => kind === "not-told")
        .reduce((sum, { needs }) => sum + needs, 0);
    expect(await untold()).toBe(4);
    await tick(db, work.supporting, "attended", [a]);
    await tick(db, work.supporting, "dna", [b]);
    await tick(db, work.supporting, "not-done", [c]);
    await tick(db, work.supporting, "not-done", [d], false);
    expect(await needStates(db, work.request.requestId)).toEqual(["closed", "closed", "open", "closed"]);
    expect(await untold()).toBe(0);
    expect((await open(work.home)).map(({ kind, agreementId }) => [kind, agreementId])).toEqual([
      ["dna", b],
      ["not-done", c],
    ]);
  });

  it("and where the outcome was a slip, the need goes back to where it was", async () => {
    const work = await agreed(db);
    await walkTo(db, work, "booked");
    await db.holdClock("2026-12-15T12:00:00Z");
    await tick(db, work.supporting, "attended", work.ids);
    await db.database.transact(async (tx) => undoLastSteps(tx, work.supporting, { agreements: work.ids }));
    expect(await stepOf(db, work.ids[0] ?? "")).toBe("booked");
    expect(await needStates(db, work.request.requestId)).toEqual(["agreed"]);
  });

  it("C4: a patient who came anyway need not be rung any more", async () => {
    const work = await agreed(db);
    await walkTo(db, work, "told");
    await oneMoreSlot(work);
    await lose(work, [work.clinic.slots[0]?.id ?? ""]);
    expect(await open(work.home)).toHaveLength(1);
    await db.holdClock("2026-12-15T12:00:00Z");
    await tick(db, work.supporting, "attended", work.ids);
    expect(await open(work.home)).toEqual([]);
  });
});
