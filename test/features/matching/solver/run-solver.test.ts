import { afterEach, describe, expect, it } from "vitest";
import {
  createSolverRunner,
  isSolvedInline,
  solve,
  type Problem,
  type SolverRunner,
} from "../../../../src/features/matching/solver/index.ts";

const now = Date.parse("2026-12-21T08:00:00Z");
const hour = 3_600_000;

/** `count` needs at one home, and two practices with room for all of them. */
const problemOf = (count: number): Problem => ({
  now,
  practices: ["A1", "B1", "B2"].map((id, at) => ({
    id,
    lat: 52 + at / 50,
    lon: -1,
    pcn: null,
    federation: "F",
    listSize: 8000,
    balanceMinutes: 0,
    accepting: true,
    dailyCap: null,
    provides: [],
  })),
  clinics: ["B1", "B2"].map((practice) => ({
    id: `${practice}-C`,
    practice,
    services: ["wound-simple"],
    channel: "in-person",
    provides: [],
    slotMinutes: 20,
    slots: Array.from({ length: count }, (_, at) => ({ id: `${practice}-${at}`, start: now + hour + at * 1_200_000 })),
  })),
  requests: [
    {
      id: "R1",
      practice: "A1",
      priority: "urgent",
      needs: Array.from({ length: count }, (_, at) => ({
        id: `N${String(at).padStart(2, "0")}`,
        service: "wound-simple",
        minutes: 20,
        earliest: now,
        dueBy: now + 48 * hour,
        requires: [],
        maxKm: 10,
      })),
    },
  ],
  excluded: [],
  usedByDay: {},
  paidHosts: [],
});

describe("solving off the event loop", () => {
  let runner: SolverRunner | undefined;
  afterEach(async () => {
    await runner?.close();
    runner = undefined;
  });

  it("plans a few needs at once, without another thread", async () => {
    runner = createSolverRunner();
    const problem = problemOf(3);
    expect(isSolvedInline(problem)).toBe(true);
    expect((await runner.run(problem)).covered).toBe(3);
  });

  it("M4: plans many on a thread and answers exactly as on this one", async () => {
    runner = createSolverRunner();
    const problem = problemOf(40);
    expect(isSolvedInline(problem)).toBe(false);
    let turns = 0;
    const ticking = setInterval(() => {
      turns += 1;
    }, 1);
    const [first, second] = await Promise.all([runner.run(problem), runner.run(problem)]);
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(0);
    expect(first.solveMs).toBeGreaterThan(0);
    const expected = solve(problem);
    for (const plan of [first, second])
      expect({ ...plan, solveMs: undefined }).toEqual({ ...expected, solveMs: undefined });
  });

  it("passes a failure on, and works again afterwards", async () => {
    runner = createSolverRunner();
    const broken: Problem = { ...problemOf(40), practices: [] };
    await expect(runner.run(broken)).rejects.toThrow("not in the snapshot");
    expect((await runner.run(problemOf(40))).covered).toBe(40);
  });

  it("rejects what was under way when it is closed", async () => {
    runner = createSolverRunner();
    const running = runner.run(problemOf(60));
    await Promise.all([expect(running).rejects.toThrow("closed"), runner.close()]);
    await expect(runner.run(problemOf(1))).rejects.toThrow("closed");
  });
});
