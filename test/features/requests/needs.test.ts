import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  clearExclusions,
  excludePractice,
  markNeeds,
  reopenNeeds,
  markOffered,
} from "../../../src/features/requests/index.ts";
import { rows, type Tx } from "../../../src/platform/db/database.ts";
import { aPractice, aRequest, openTestDatabase, type BuiltRequest, type TestDatabase } from "../../support/index.ts";
import { logOf, MONDAY, needsOf } from "./support.ts";

let db: TestDatabase;
let request: BuiltRequest;

beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => db.close());
beforeEach(async () => {
  await db.holdClock(MONDAY);
  request = await aRequest(db, { priority: "routine", needs: [{ count: 3 }] });
});

const run = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => db.database.transact(work);
const need = (at: number): string => request.needIds[at] ?? "";

const exclusions = async (): Promise<string[]> =>
  (
    await rows(
      db.q,
      z.object({ text: z.string() }),
      sql`select n.ref || ' ' || e.reason as text from need_exclusions e join needs n on n.id = e.need_id
          where n.request_id = ${request.requestId} order by 1`,
    )
  ).map(({ text }) => text);

describe("marking needs", () => {
  it("moves only what is in the expected state, and says what really moved", async () => {
    await run(async (tx) => markNeeds(tx, [need(0)], { from: ["open"], to: "agreed" }));
    const moved = await run(async (tx) => markNeeds(tx, request.needIds, { from: ["open"], to: "offered" }));
    expect(moved.toSorted()).toEqual([need(1), need(2)].toSorted());
    expect(await run(async (tx) => markNeeds(tx, [], { from: ["open"], to: "offered" }))).toEqual([]);
  });

  it("O4: fifty at once agree one need once", async () => {
    const tries = await Promise.all(
      Array.from({ length: 50 }, async () =>
        run(async (tx) => markNeeds(tx, request.needIds, { from: ["open", "offered"], to: "agreed" })),
      ),
    );
    expect(tries.flat().toSorted()).toEqual([...request.needIds].toSorted());
  });

  it("two that name the same needs in opposite order wait for each other and never in a circle", async () => {
    const backwards = [...request.needIds].reverse();
    const tries = await Promise.all(
      Array.from({ length: 40 }, async (_, at) =>
        run(async (tx) => {
          const [from, to] = at % 2 === 0 ? (["open", "offered"] as const) : (["offered", "open"] as const);
          return markNeeds(tx, at % 2 === 0 ? request.needIds : backwards, { from: [from], to });
        }),
      ),
    );
    expect(tries.every((moved) => moved.length === 0 || moved.length === 3)).toBe(true);
  });

  it("A3: the wait for the next ring is kept while a need looks for cover and ends when it is agreed", async () => {
    const widenAt = new Date("2026-12-21T12:00:00Z");
    await run(async (tx) => markOffered(tx, [], [{ needId: need(0), ring: 2, extraAsks: 1, widenAt }]));
    await run(async (tx) => markNeeds(tx, [need(0)], { from: ["open"], to: "offered" }));
    expect((await needsOf(db, request.reference))[0]?.widenAt).toEqual(widenAt);
    await run(async (tx) => markNeeds(tx, [need(0)], { from: ["offered"], to: "agreed" }));
    expect((await needsOf(db, request.reference))[0]?.widenAt).toBeNull();
    await run(async (tx) => markOffered(tx, [], [{ needId: need(0), ring: 3, extraAsks: 2, widenAt }]));
    expect((await needsOf(db, request.reference))[0]?.widenAt).toBeNull();
  });
});

describe("re-opening needs", () => {
  const agree = async (): Promise<void> => {
    await run(async (tx) => markNeeds(tx, request.needIds, { from: ["open"], to: "agreed" }));
  };

  it("still wanted with due-by ahead: open again, one priority higher if the supporting side cancelled", async () => {
    await agree();
    db.followUps.length = 0;
    const first = await run(async (tx) => reopenNeeds(tx, [need(0)], { raisePriority: true }));
    const second = await run(async (tx) => reopenNeeds(tx, [need(1)], { raisePriority: false }));
    expect([first, second]).toEqual([
      { reopened: [need(0)], returned: [] },
      { reopened: [need(1)], returned: [] },
    ]);
    const after = await needsOf(db, request.reference);
    expect(after.map(({ state, priority }) => [state, priority])).toEqual([
      ["open", "urgent"],
      ["open", "routine"],
      ["agreed", "routine"],
    ]);
    expect(db.followUps.map(({ job }) => job)).toEqual(["plan-group", "plan-group"]);
  });

  it("due-by passed: returned, not raised, and home is told", async () => {
    await agree();
    await db.advance({ days: 3 });
    const { reopened, returned } = await run(async (tx) => reopenNeeds(tx, request.needIds, { raisePriority: true }));
    expect([reopened.length, returned.length]).toEqual([0, 3]);
    expect(
      (await needsOf(db, request.reference)).map(({ state, priority, endedAs }) => [state, priority, endedAs]),
    ).toEqual(Array.from({ length: 3 }, () => ["returned", "routine", "due-by-passed"]));
    expect((await logOf(db, request.homeCode)).map(({ type }) => type)).toEqual(
      Array.from({ length: 3 }, () => "need.returned"),
    );
  });

  it("R7: a need that was withdrawn meanwhile stays withdrawn", async () => {
    await run(async (tx) => markNeeds(tx, request.needIds, { from: ["open"], to: "withdrawn", endedAs: "not-needed" }));
    const outcome = await run(async (tx) => reopenNeeds(tx, request.needIds, { raisePriority: true }));
    expect(outcome).toEqual({ reopened: [], returned: [] });
  });
});

describe("A5: exclusions", () => {
  it("a stronger reason replaces a weaker one and never the reverse", async () => {
    const { code } = await aPractice(db);
    for (const reason of ["declined", "lapsed", "patient-no", "declined"] as const) {
      await run(async (tx) => excludePractice(tx, [need(0)], code, reason));
    }
    expect(await exclusions()).toEqual(["N01 patient-no"]);
  });

  it("a material change lifts a no and a silence, never a patient's no or a cancellation", async () => {
    for (const reason of ["declined", "lapsed", "patient-no", "cancelled"] as const) {
      const { code } = await aPractice(db);
      await run(async (tx) => excludePractice(tx, [need(0), need(1)], code, reason));
    }
    await run(async (tx) => clearExclusions(tx, [need(0)]));
    expect(await exclusions()).toEqual([
      "N01 cancelled",
      "N01 patient-no",
      "N02 cancelled",
      "N02 declined",
      "N02 lapsed",
      "N02 patient-no",
    ]);
  });

  it("a raised priority lifts them too", async () => {
    const { code } = await aPractice(db);
    await run(async (tx) => excludePractice(tx, [need(0)], code, "declined"));
    await run(async (tx) => markNeeds(tx, [need(0)], { from: ["open"], to: "agreed" }));
    await run(async (tx) => reopenNeeds(tx, [need(0)], { raisePriority: true }));
    expect(await exclusions()).toEqual([]);
  });
});
