import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import {
  acknowledgeReturn,
  returnOverdue,
  sortNeed,
  withdrawNeeds,
} from "../../../src/features/requests/ending.service.ts";
import { markNeeds } from "../../../src/features/requests/index.ts";
import { setPaused } from "../../../src/features/requests/pausing.service.ts";
import type { NeedState, RequestView } from "../../../src/features/requests/requests.schema.ts";
import { rows, type Tx } from "../../../src/platform/db/database.ts";
import { aBroker, aService, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { codeOf, idsOf, logOf, MONDAY, needsOf, post, recordingPorts } from "./support.ts";

let db: TestDatabase;
let nurse: Actor;
let broker: Actor;
let reference: string;
const { ports, ended } = recordingPorts();

beforeAll(async () => {
  db = await openTestDatabase();
  await aService(db, "wound-simple");
  broker = await aBroker(db);
});
afterAll(async () => db.close());
beforeEach(async () => {
  await db.holdClock(MONDAY);
  nurse = await aUser(db);
  ({ reference } = await post(db, nurse, { count: 4 }));
  ended.length = 0;
});

const run = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => db.database.transact(work);

const move = async (to: NeedState, ...refs: string[]): Promise<void> => {
  const ids = await idsOf(db, reference, ...refs);
  await run(async (tx) => markNeeds(tx, ids, { from: ["open", "offered", "agreed"], to }));
};

const withdraw = async (needs?: string[], actor = nurse): Promise<RequestView> =>
  run(async (tx) => withdrawNeeds(tx, ports, actor, { reference, needs }));

/** By how many requests needs came back; those of other tests may be among them. */
const afterDueBy = async (): Promise<number> => {
  await db.holdClock("2026-12-24T18:30:00Z");
  return run(async (tx) => returnOverdue(tx, ports, 100));
};

const auditOf = async (action: string): Promise<unknown[]> =>
  rows(
    db.q,
    z.object({ data: z.unknown(), userId: z.string().nullable() }),
    sql`select data, user_id as "userId" from audit_entries where subject = ${reference} and action = ${action}`,
  );

describe("R7: a need never ends silently", () => {
  it("withdrawn: all that are not told, and whoever was asked or had agreed hears", async () => {
    await move("offered", "N02");
    await move("agreed", "N03");
    await move("told", "N04");
    const view = await withdraw();
    expect(view.counts).toMatchObject({ looking: 0, told: 1, withdrawn: 3 });
    expect(ended.map(({ why, needIds }) => [why, needIds])).toEqual([
      ["withdrawn", (await idsOf(db, reference, "N02", "N03")).sort()],
    ]);
    expect(await codeOf(withdraw())).toBe("nothing-to-withdraw");
  });

  it("withdrawn: one of many; where a named one has moved on, none is", async () => {
    expect((await withdraw(["N01"])).counts).toMatchObject({ looking: 3, withdrawn: 1 });
    await move("told", "N03");
    await expect(withdraw(["N02", "N03"])).rejects.toMatchObject({
      code: "need-moved-on",
      details: { needs: [{ ref: "N03", state: "told" }] },
    });
    expect(await codeOf(withdraw(["N02", "N77"]))).toBe("invalid-input");
    expect((await needsOf(db, reference)).map(({ state }) => state)).toEqual(["withdrawn", "open", "told", "open"]);
    expect(ended).toEqual([]);
  });

  it("sorted another way, by a code", async () => {
    const view = await run(async (tx) =>
      sortNeed(tx, ports, nurse, { reference, ref: "N02", as: "community-nursing" }),
    );
    expect(view.needs[1]).toMatchObject({ state: "sorted", endedAs: "community-nursing" });
    expect(view.counts).toMatchObject({ looking: 3, sorted: 1 });
    const again = run(async (tx) => sortNeed(tx, ports, nurse, { reference, ref: "N02", as: "hub" }));
    expect(await codeOf(again)).toBe("need-moved-on");
  });

  it("returned at due-by: open and offered needs come back, agreed ones do not, and everybody hears", async () => {
    await move("offered", "N02");
    await move("agreed", "N03");
    await db.holdClock("2026-12-24T18:29:59Z");
    expect(await run(async (tx) => returnOverdue(tx, ports, 100))).toBe(0);
    const { reference: other } = await post(db, await aUser(db), { count: 1 });
    expect(await afterDueBy()).toBeGreaterThanOrEqual(2);
    expect((await needsOf(db, other)).map(({ state }) => state)).toEqual(["returned"]);
    expect((await needsOf(db, reference)).map(({ state }) => state)).toEqual([
      "returned",
      "returned",
      "agreed",
      "returned",
    ]);
    expect(ended.map(({ why, needIds }) => [why, needIds])).toEqual([["returned", await idsOf(db, reference, "N02")]]);
    for (const stream of [nurse.organisationCode, broker.organisationCode]) {
      const news = (await logOf(db, stream)).filter(({ data }) => data["reference"] === reference);
      expect(news.filter(({ type }) => type === "need.returned").map(({ data }) => data["ref"])).toEqual(
        expect.arrayContaining(["N01", "N02", "N04"]),
      );
      expect(news.at(-1)).toMatchObject({
        type: "request.changed",
        data: { returned: 3, unacknowledged: 3, agreed: 1 },
      });
    }
    expect(await run(async (tx) => returnOverdue(tx, ports, 100))).toBe(0);
  });

  it("returned: a person of home acknowledges it, once, and a broker cannot", async () => {
    await afterDueBy();
    const acknowledge = async (actor: Actor, ref = "N01"): Promise<RequestView> =>
      run(async (tx) => acknowledgeReturn(tx, actor, { reference, ref }));
    expect(await codeOf(acknowledge(broker))).toBe("home-acknowledges");
    expect((await acknowledge(nurse)).counts).toMatchObject({ returned: 4, unacknowledged: 3 });
    const colleague = await aUser(db, { at: nurse.organisationCode });
    expect((await acknowledge(colleague)).counts.unacknowledged).toBe(3);
    expect(await auditOf("need.acknowledge")).toEqual([{ userId: nurse.userId, data: { ref: "N01" } }]);
    expect(await codeOf(acknowledge(nurse, "N09"))).toBe("not-found");
  });

  it("what was not returned cannot be acknowledged", async () => {
    expect(await codeOf(run(async (tx) => acknowledgeReturn(tx, nurse, { reference, ref: "N01" })))).toBe(
      "not-returned",
    );
  });
});

describe("P3: other practices", () => {
  it("cannot withdraw, sort or acknowledge, and learn nothing", async () => {
    const stranger = await aUser(db);
    expect(await codeOf(withdraw(undefined, stranger))).toBe("not-found");
    expect(await codeOf(run(async (tx) => sortNeed(tx, ports, stranger, { reference, ref: "N01", as: "hub" })))).toBe(
      "not-found",
    );
    expect(await codeOf(run(async (tx) => acknowledgeReturn(tx, stranger, { reference, ref: "N01" })))).toBe(
      "not-found",
    );
    const foreigner = await aBroker(db, { group: "OTHER-GROUP" });
    expect(await codeOf(withdraw(undefined, foreigner))).toBe("not-found");
  });
});

describe("F3: pausing", () => {
  it("a broker pauses and resumes with a coded reason in the audit trail; twice is once", async () => {
    const pause = async (isPaused: boolean): Promise<RequestView> =>
      run(async (tx) => setPaused(tx, broker, { reference, reason: "practice-asked", isPaused }));
    expect((await pause(true)).pausedAt).toBe("2026-12-21T08:00:00.000Z");
    expect((await pause(true)).version).toBe(2);
    expect(await auditOf("broker.pause")).toEqual([{ userId: broker.userId, data: { reason: "practice-asked" } }]);
    db.followUps.length = 0;
    expect((await pause(false)).pausedAt).toBeNull();
    expect(db.followUps).toHaveLength(1);
  });
});
