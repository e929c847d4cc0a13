import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { parseScenario, toAnswer } from "../../../../src/features/matching/scenario.schema.ts";
import { catalogueOf } from "../../../../src/features/matching/solver/catalogue.ts";
import { solve } from "../../../../src/features/matching/solver/index.ts";
import { compile } from "../../../../src/features/matching/solver/model.ts";
import { planOneLine } from "../../../../src/features/matching/solver/one-line.ts";
import { loadExactSolver, solveExactly, type ExactSolver } from "./exact.ts";
import { blocksOf, checkAnswer, readScenario } from "./judge.ts";

/* One line as a practice posts it: some alike needs, neighbours with a few free times each, some of them used already. */

const MINUTE = 60_000;
const at = (minutes: number): string => new Date(Date.parse("2026-12-21T09:00:00Z") + minutes * MINUTE).toISOString();

const line = fc
  .record({
    practices: fc.array(
      fc.record({
        // Near each other, so that the charge of a place weighs as much as its distance.
        lat: fc.integer({ min: 0, max: 12 }).map((step) => 52 + step / 150),
        pcn: fc.constantFrom("U1", "U2"),
        balanceMinutes: fc.integer({ min: -300, max: 300 }),
      }),
      { minLength: 3, maxLength: 6 },
    ),
    clinics: fc.array(
      fc.record({
        practice: fc.integer({ min: 1, max: 5 }),
        slotMinutes: fc.constantFrom(10, 20),
        from: fc.constantFrom(0, 30, 1_440),
        present: fc.array(fc.boolean(), { minLength: 2, maxLength: 6 }),
      }),
      { minLength: 2, maxLength: 7 },
    ),
    count: fc.integer({ min: 1, max: 7 }),
    minutes: fc.constantFrom(10, 20, 30),
    paid: fc.subarray([1, 2, 3]),
  })
  .map(({ practices, clinics, count, minutes, paid }) => ({
    version: 1,
    name: "one line",
    now: at(-60),
    practices: practices.map((practice, index) => ({
      id: `P${index}`,
      lon: -1,
      federation: "F",
      listSize: 6000,
      accepting: true,
      dailyCap: null,
      provides: [],
      ...practice,
    })),
    clinics: clinics.map(({ practice, slotMinutes, from, present }, index) => ({
      id: `C${index}`,
      practice: `P${practice % practices.length}`,
      services: ["wound-simple"],
      channel: "in-person",
      provides: [],
      pledge: "ask",
      slotMinutes,
      slots: present.flatMap((is, step) =>
        is ? [{ id: `C${index}-S${step}`, start: at(from + step * slotMinutes) }] : [],
      ),
    })),
    requests: [
      {
        id: "R",
        practice: "P0",
        priority: "urgent",
        needs: Array.from({ length: count }, (_, index) => ({
          id: `N${index}`,
          service: "wound-simple",
          minutes,
          earliest: at(0),
          dueBy: at(2_880),
          requires: [],
          maxKm: 15,
        })),
      },
    ],
    paidHosts: paid.filter((index) => index < practices.length).map((index) => ["R", `P${index}`]),
  }));
type Draft = typeof line extends fc.Arbitrary<infer One> ? One : never;

const modelOf = (file: unknown) => compile(catalogueOf(parseScenario(file)));

describe("needs of one line", () => {
  let highs: ExactSolver;
  beforeAll(async () => {
    highs = await loadExactSolver();
  });

  it("M2: get the best plan that there is, without a search", { timeout: 120_000 }, () => {
    let spread = 0;
    let short = 0;
    fc.assert(
      fc.property(line, (file) => {
        const read = readScenario(file);
        const blocks = blocksOf(read);
        expect(planOneLine(modelOf(file))).toBeDefined();
        const plan = solve(parseScenario(file));
        const judged = checkAnswer(read, toAnswer(plan), blocks);
        expect(judged.faults).toEqual([]);
        const exact = solveExactly(highs, read, blocks, 20);
        expect(exact.isFinished).toBe(true);
        expect(judged.score).toBeCloseTo(exact.score, 6);
        if (new Set(plan.assignments.map(({ host }) => host)).size > 1) spread += 1;
        if (plan.covered > 0 && plan.unassigned.length > 0) short += 1;
      }),
      { numRuns: 250, seed: 20_261_128 },
    );
    // Lines that fit into one practice would prove little.
    expect(spread).toBeGreaterThan(60);
    expect(short).toBeGreaterThan(30);
  });

  it("are searched as ever where a cap, a course or another line stands between them", () => {
    const [file] = fc.sample(
      line.filter(({ clinics }) => clinics.some(({ slots }) => slots.length > 0)),
      { numRuns: 1, seed: 7 },
    );
    const with_ = (change: (draft: Draft) => object): unknown =>
      file === undefined ? {} : { ...file, ...change(file) };
    const needs = (change: (at: number) => object) => (draft: Draft) => ({
      requests: draft.requests.map((request) => ({
        ...request,
        needs: [...request.needs, ...request.needs].map((need, index) => ({
          ...need,
          id: `N${index}`,
          ...change(index),
        })),
      })),
    });
    expect(planOneLine(modelOf(with_(needs(() => ({})))))).toBeDefined();
    expect(planOneLine(modelOf(with_(needs(() => ({ course: "A" })))))).toBeUndefined();
    expect(
      planOneLine(modelOf(with_(needs((index) => ({ priority: index === 0 ? "asap" : "routine" }))))),
    ).toBeUndefined();
    expect(planOneLine(modelOf(with_(needs((index) => ({ dueBy: at(index === 0 ? 10 : 2_880) })))))).toBeUndefined();
    expect(
      planOneLine(
        modelOf(
          with_((draft) => ({
            ...needs(() => ({}))(draft),
            practices: draft.practices.map((practice) => ({ ...practice, dailyCap: 1 })),
          })),
        ),
      ),
    ).toBeUndefined();
  });
});
