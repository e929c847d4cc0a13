import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askForMatching } from "../../../src/features/match-due/index.ts";
import { planGroup, type Solver } from "../../../src/features/matching/index.ts";
import { createDatabase, createPool, noHooks, type Database } from "../../../src/platform/db/database.ts";
import { aClinic, aPractice, aRequest, openTestDatabase, until, type TestDatabase } from "../../support/index.ts";
import { count, needStates, solver as solveHere } from "../../support/story.ts";

/** A solver that stops at a gate until it is opened, and knows how many are inside. */
const gated = () => {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const seen = { inside: 0, calls: 0, mostInside: 0 };
  const solve: Solver = async (problem) => {
    seen.calls += 1;
    seen.inside += 1;
    seen.mostInside = Math.max(seen.mostInside, seen.inside);
    await gate;
    seen.inside -= 1;
    return solveHere(problem);
  };
  return { solve, seen, open: () => open() };
};

describe("plans beside each other", () => {
  let db: TestDatabase;
  const closers: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    db = await openTestDatabase();
    await db.holdClock("2026-12-14T10:00:00Z");
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
    await db.close();
  });

  /** Connections of its own, as another process has. */
  const anotherProcess = (): Database => {
    const pool = createPool({
      url: db.url,
      max: 3,
      statementTimeoutMs: 15_000,
      applicationName: "covershare test, another process",
      onError: () => undefined,
    });
    closers.push(() => pool.end());
    return createDatabase(pool, noHooks);
  };
  const due = async (group: string): Promise<void> =>
    db.database.transact(async (tx) => askForMatching(tx, group, "test"));
  const aWaitingRequest = async (group: string, home?: string) => {
    const code = home ?? (await aPractice(db, { group })).code;
    if (home === undefined) await aClinic(db, { at: (await aPractice(db, { group })).code, slots: 4 });
    const request = await aRequest(db, { home: code, needs: [{ count: 1 }] });
    await due(group);
    return { home: code, requestId: request.requestId };
  };

  it("M3: plans of different groups run side by side, a large one never holds up a small one", async () => {
    const [north, south] = [await aWaitingRequest("G-NORTH"), await aWaitingRequest("G-SOUTH")];
    const slow = gated();
    const planning = planGroup(db.database, "G-NORTH", slow.solve);
    await until(() => slow.seen.inside === 1, { withinMs: 5_000, what: "the plan of the north is being solved" });
    await planGroup(anotherProcess(), "G-SOUTH", solveHere);
    expect(await needStates(db, south.requestId)).toEqual(["offered"]);
    expect(slow.seen.inside).toBe(1);
    expect(await needStates(db, north.requestId)).toEqual(["open"]);
    slow.open();
    await planning;
    expect(await needStates(db, north.requestId)).toEqual(["offered"]);
  });

  it("M3, M5: whoever comes second for a group leaves at once, and the first plans what the second came for", async () => {
    const first = await aWaitingRequest("G-NORTH");
    const slow = gated();
    const planning = planGroup(db.database, "G-NORTH", slow.solve);
    await until(() => slow.seen.inside === 1, { withinMs: 5_000, what: "the first plan is being solved" });
    const second = await aWaitingRequest("G-NORTH", first.home);
    const late = gated();
    await Promise.all([
      planGroup(anotherProcess(), "G-NORTH", late.solve),
      planGroup(anotherProcess(), "G-NORTH", late.solve),
      planGroup(db.database, "G-NORTH", late.solve),
    ]);
    expect(late.seen.calls).toBe(0);
    slow.open();
    await planning;
    expect(slow.seen.mostInside).toBe(1);
    expect(await needStates(db, first.requestId)).toEqual(["offered"]);
    expect(await needStates(db, second.requestId)).toEqual(["offered"]);
    expect(await count(db, sql`match_due where group_code = 'G-NORTH'`)).toBe(0);
  });

  it("M3: a process that dies in the middle of a plan leaves the group to the others, still due", async () => {
    const { requestId } = await aWaitingRequest("G-NORTH");
    const dying = gated();
    const planning = planGroup(anotherProcess(), "G-NORTH", dying.solve);
    const outcome = planning.then(
      () => "planned",
      () => "failed",
    );
    await until(() => dying.seen.inside === 1, { withinMs: 5_000, what: "the plan is being solved" });
    await db.q.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'covershare test, another process' and datname = current_database()`);
    await until(
      async () => {
        await planGroup(db.database, "G-NORTH", solveHere);
        return (await needStates(db, requestId))[0] === "offered";
      },
      { withinMs: 5_000, what: "the lock of the dead process is gone" },
    );
    dying.open();
    expect(await outcome).toBe("failed");
    expect(await count(db, sql`offers where state = 'waiting'`)).toBe(1);
  });
});
