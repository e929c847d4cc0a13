import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { solveHere, warmUpPlanning, type Problem } from "../../../src/features/matching/index.ts";
import { aClinic, aPractice, openTestDatabase, aService, type TestDatabase } from "../../support/index.ts";
import { count } from "../../support/story.ts";

describe("warming up", () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
    await db.holdClock("2026-12-14T10:00:00Z");
    await aService(db);
  });
  afterAll(async () => db.close());

  const warm = async (isOver: (solved: readonly Problem[]) => boolean): Promise<readonly Problem[]> => {
    const solved: Problem[] = [];
    const solve = async (problem: Problem) => {
      solved.push(problem);
      return solveHere(problem);
    };
    await warmUpPlanning(db.database, solve, { plans: 6, forMs: 30_000, isOver: () => isOver(solved) });
    return solved;
  };

  it("does nothing where nobody has published time", async () => {
    await aPractice(db);
    expect(await warm(() => false)).toEqual([]);
  });

  it("plans for practices in turn with what their neighbours have, writes nothing, and ends when told to", async () => {
    const { code } = await aPractice(db);
    await aClinic(db, { at: code, slots: 3 });
    const solved = await warm((done) => done.length >= 4);
    expect(solved.length).toBeGreaterThanOrEqual(4);
    expect(new Set(solved.flatMap(({ requests }) => requests.map(({ practice }) => practice))).size).toBe(2);
    expect(solved.some(({ clinics }) => clinics.some(({ slots }) => slots.length === 3))).toBe(true);
    const written = sql`(select 1 from needs union all select 1 from offers union all select 1 from events
      union all select 1 from match_due where cause = 'request.posted' union all select 1 from slots where state <> 'free') x`;
    expect(await count(db, written)).toBe(0);
  });
});
