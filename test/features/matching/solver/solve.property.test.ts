import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { parseScenario, toAnswer } from "../../../../src/features/matching/scenario.schema.ts";
import { catalogueOf } from "../../../../src/features/matching/solver/catalogue.ts";
import { mostWeight } from "../../../../src/features/matching/solver/cover.ts";
import { solve } from "../../../../src/features/matching/solver/index.ts";
import { compile } from "../../../../src/features/matching/solver/model.ts";
import { learnPrices } from "../../../../src/features/matching/solver/prices.ts";
import { loadExactSolver, solveExactly, type ExactSolver } from "./exact.ts";
import { blocksOf, checkAnswer, readScenario } from "./judge.ts";

/*
 * Small, dense, awkward instances: few slots for many needs, long needs, clinics of other lengths and with gaps, caps, days
 * partly used, courses, exclusions, paid places, channels, other federations.
 */

const MINUTE = 60_000;
const DAYS = ["2026-12-21", "2026-12-22"] as const;
const at = (day: string, minutes: number): string =>
  new Date(Date.parse(`${day}T08:00:00Z`) + minutes * MINUTE).toISOString();
const service = fc.constantFrom("wound-simple", "phleb");
const channel = fc.oneof(
  { weight: 19, arbitrary: fc.constant("in-person") },
  { weight: 1, arbitrary: fc.constant("telephone") },
);

const practices = (count: number) =>
  fc.array(
    fc.record({
      lat: fc.integer({ min: 0, max: 20 }).map((step) => 52 + step / 100),
      lon: fc.integer({ min: 0, max: 20 }).map((step) => -1 + step / 70),
      pcn: fc.constantFrom("U1", "U2", null),
      federation: fc.constantFrom(...Array.from({ length: 9 }, () => "F"), "G"),
      listSize: fc.constantFrom(4000, 9000, 0, null),
      balanceMinutes: fc.integer({ min: -400, max: 400 }),
      accepting: fc.constantFrom(...Array.from({ length: 9 }, () => true), false),
      dailyCap: fc.constantFrom(null, null, null, 0, 1, 2, 3, 4),
      provides: fc.subarray(["step-free", "hoist"]),
    }),
    { minLength: count, maxLength: count },
  );

const clinic = (count: number) =>
  fc.record({
    practice: fc.integer({ min: 0, max: count - 1 }),
    day: fc.constantFrom(...DAYS),
    from: fc.integer({ min: 0, max: 3 }).map((step) => step * 20),
    services: fc.uniqueArray(service, { minLength: 1, maxLength: 2 }),
    channel,
    provides: fc.subarray(["female-clinician"]),
    slotMinutes: fc.constantFrom(10, 20, 20, 15),
    present: fc.array(fc.constantFrom(true, true, true, true, false), { minLength: 3, maxLength: 8 }),
  });

const need = fc.record({
  minutes: fc.constantFrom(10, 20, 20, 30, 40),
  firstDay: fc.constantFrom(0, 1),
  lastDay: fc.constantFrom(1, 1, 0),
  until: fc.constantFrom(630, 630, 630, 60, 120),
  requires: fc.constantFrom([], [], [], ["step-free"], ["female-clinician"]),
  maxKm: fc.constantFrom(12, 25, 40),
  priority: fc.constantFrom(undefined, undefined, "asap", "urgent", "routine"),
  course: fc.constantFrom(undefined, undefined, "A", "B"),
  channel: fc.oneof(
    { weight: 19, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constant("telephone") },
  ),
});

const scenario = fc.integer({ min: 4, max: 7 }).chain((count) =>
  fc
    .record({
      practices: practices(count),
      clinics: fc.array(clinic(count), { minLength: 5, maxLength: 10 }),
      requests: fc.array(
        fc.record({
          practice: fc.integer({ min: 0, max: count - 1 }),
          service,
          priority: fc.constantFrom("asap", "urgent", "routine"),
          needs: fc.array(need, { minLength: 3, maxLength: 8 }),
        }),
        { minLength: 2, maxLength: 4 },
      ),
      excluded: fc.array(fc.tuple(fc.nat(3), fc.nat(5), fc.nat(count - 1)), { maxLength: 4 }),
      used: fc.array(fc.tuple(fc.nat(count - 1), fc.constantFrom(...DAYS), fc.integer({ min: 1, max: 3 })), {
        maxLength: 3,
      }),
      paid: fc.array(fc.tuple(fc.nat(3), fc.nat(count - 1)), { maxLength: 3 }),
    })
    .map((draft) => ({
      version: 1,
      name: "random",
      now: "2026-12-21T08:10:00Z",
      practices: draft.practices.map((practice, index) => ({ id: `P${index}`, ...practice })),
      clinics: draft.clinics.map(({ practice, day, from, present, ...rest }, index) => ({
        id: `C${index}`,
        practice: `P${practice}`,
        pledge: "ask",
        ...rest,
        // Shuffled by parity: blocks go by time, whatever the order in the file.
        slots: present
          .flatMap((is, step) =>
            is ? [{ id: `C${index}-S${step}`, start: at(day, from + step * rest.slotMinutes) }] : [],
          )
          .sort((a, b) => (Number(a.id.slice(-1)) % 2) - (Number(b.id.slice(-1)) % 2)),
      })),
      requests: draft.requests.map((request, index) => ({
        id: `R${index}`,
        practice: `P${request.practice}`,
        priority: request.priority,
        needs: request.needs.map(({ firstDay, lastDay, until, ...rest }, needIndex) => ({
          id: `R${index}-N${needIndex}`,
          service: request.service,
          ...rest,
          earliest: at(DAYS[firstDay === 1 && lastDay === 1 ? 1 : 0], 0),
          dueBy: at(DAYS[lastDay === 1 ? 1 : 0], until),
        })),
      })),
      excluded: draft.excluded.flatMap(([request, needIndex, practice]) =>
        draft.requests[request]?.needs[needIndex] === undefined ? [] : [[`R${request}-N${needIndex}`, `P${practice}`]],
      ),
      usedByDay: Object.fromEntries(draft.used.map(([practice, day, count]) => [`P${practice}|${day}`, count])),
      paidHosts: draft.paid.flatMap(([request, practice]) =>
        draft.requests[request] === undefined ? [] : [[`R${request}`, `P${practice}`]],
      ),
    })),
);

/** As the file would be read: `undefined` is left out. */
const asFile = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("the solver on random small instances, against an exact one", () => {
  let highs: ExactSolver;
  beforeAll(async () => {
    highs = await loadExactSolver();
  });

  it(
    "M1, M2: keeps every rule, reaches all the weight, which no proof puts too low, and misses the best cost by 1 % at most, 0.1 % on average",
    { timeout: 120_000 },
    () => {
      let regrets = 0;
      let count = 0;
      let covered = 0;
      fc.assert(
        fc.property(scenario, (draft) => {
          const file = asFile(draft);
          const read = readScenario(file);
          const blocks = blocksOf(read);
          const plan = solve(parseScenario(file));
          const judged = checkAnswer(read, toAnswer(plan), blocks);
          expect(judged.faults).toEqual([]);
          const exact = solveExactly(highs, read, blocks, 20);
          expect(exact.isFinished).toBe(true);
          expect(judged.weight).toBeGreaterThanOrEqual(exact.weight);
          const model = compile(catalogueOf(parseScenario(file)));
          expect(mostWeight(model, learnPrices(model, true))).toBeGreaterThanOrEqual(exact.weight);
          const regret = exact.cost === 0 ? 0 : (exact.score - judged.score) / exact.cost;
          expect(regret).toBeLessThanOrEqual(0.01);
          regrets += Math.max(0, regret);
          count += 1;
          covered += judged.covered;
        }),
        { numRuns: 300, seed: 20_261_224 },
      );
      // Instances with nothing to decide would prove nothing.
      expect(covered / count).toBeGreaterThan(4);
      expect(regrets / count).toBeLessThanOrEqual(0.001);
    },
  );

  it("M4: the order of a file never changes the plan", () => {
    fc.assert(
      fc.property(scenario, (draft) => {
        const turned = {
          ...draft,
          practices: [...draft.practices].reverse(),
          clinics: [...draft.clinics].reverse().map((entry) => ({ ...entry, slots: [...entry.slots].reverse() })),
          requests: [...draft.requests].reverse().map((entry) => ({ ...entry, needs: [...entry.needs].reverse() })),
        };
        const plan = (file: unknown) => {
          const { assignments, unassigned, score } = toAnswer(solve(parseScenario(asFile(file))));
          return { assignments, unassigned, score };
        };
        expect(plan(turned)).toEqual(plan(draft));
      }),
      { numRuns: 60, seed: 4 },
    );
  });
});
