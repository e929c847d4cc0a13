import { describe, expect, it } from "vitest";
import { parseScenario, toAnswer } from "../../../../src/features/matching/scenario.schema.ts";
import {
  solve,
  type Problem,
  type ProblemClinic,
  type ProblemNeed,
  type ProblemPractice,
} from "../../../../src/features/matching/solver/index.ts";
import { HOUR, now, practice } from "./small-world.ts";

const clinic = (host: string, slots: number, more: Partial<ProblemClinic> = {}): ProblemClinic => ({
  id: `${host}-C`,
  practice: host,
  services: ["wound-simple"],
  channel: "in-person",
  provides: [],
  slotMinutes: 20,
  slots: Array.from({ length: slots }, (_, at) => ({ id: `${host}-${at}`, start: now + HOUR + at * 1_200_000 })),
  ...more,
});
const need = (id: string, more: Partial<ProblemNeed> = {}): ProblemNeed => ({
  id,
  service: "wound-simple",
  minutes: 20,
  earliest: now,
  dueBy: now + 10 * HOUR,
  requires: [],
  maxKm: 20,
  ...more,
});
const problem = (more: Partial<Problem> = {}, needs: readonly ProblemNeed[] = [need("N01")]): Problem => ({
  now,
  practices: [practice("HOME", 0), practice("NEAR", 2), practice("FAR", 6)],
  clinics: [clinic("NEAR", 1), clinic("FAR", 1)],
  requests: [{ id: "R1", practice: "HOME", priority: "routine", needs }],
  excluded: [],
  usedByDay: {},
  paidHosts: [],
  ...more,
});
const hostOf = (given: Problem): string | undefined => solve(given).assignments[0]?.host;

describe("a waiting offer", () => {
  const atFar = [{ needId: "N01", slotIds: ["FAR-0"] }];

  it("stays where it is when moving would gain less than the threshold", () => {
    expect(hostOf(problem())).toBe("NEAR");
    expect(hostOf(problem({ incumbent: atFar }))).toBe("FAR");
  });

  it("moves for more than the threshold, and the plan's cost is the true one", () => {
    expect(hostOf(problem({ incumbent: atFar, moveThreshold: 5 }))).toBe("NEAR");
    const stays = solve(problem({ incumbent: atFar }));
    expect(stays.cost).toBeCloseTo(1.4 * 6 + 0.5 / 24 + 3 + 4 + 6, 3);
  });

  it("moves when that lets one more need be covered", () => {
    const needs = [need("N01"), need("N02", { maxKm: 3 })];
    const atNear = [{ needId: "N01", slotIds: ["NEAR-0"] }];
    expect(solve(problem({ incumbent: atNear, moveThreshold: 100 }, needs)).covered).toBe(2);
  });

  it("A6: stays at a desk that is full, which gets nothing new", () => {
    const full = [practice("HOME", 0), practice("NEAR", 2, { deskFull: true }), practice("FAR", 6)];
    expect(hostOf(problem({ practices: full }))).toBe("FAR");
    expect(hostOf(problem({ practices: full, incumbent: [{ needId: "N01", slotIds: ["NEAR-0"] }] }))).toBe("NEAR");
  });
});

describe("M1: the first rule that fails is the reason", () => {
  const reasonsAt = (
    host: Partial<ProblemPractice>,
    at: Partial<ProblemClinic>,
    of: Partial<ProblemNeed>,
    more: Partial<Problem> = {},
  ) =>
    solve(
      problem(
        { practices: [practice("HOME", 0), practice("NEAR", 2, host)], clinics: [clinic("NEAR", 1, at)], ...more },
        [need("N01", of)],
      ),
    ).unassigned[0]?.reasons;

  it.each([
    ["not-signed", { federation: "G" }, {}, {}, {}],
    ["not-accepting", { accepting: false }, {}, {}, {}],
    ["excluded", {}, {}, {}, { excluded: [["N01", "NEAR"]] }],
    ["not-yet-ring", {}, {}, { reach: ["FAR"] }, {}],
    ["service", {}, { services: ["ecg"] }, {}, {}],
    ["window", {}, {}, { dueBy: now + HOUR }, {}],
    ["duration", {}, {}, { minutes: 40 }, {}],
    ["channel", {}, { channel: "telephone" }, {}, {}],
    ["requirement", {}, {}, { requires: ["hoist"] }, {}],
    ["distance", {}, {}, { maxKm: 1 }, {}],
    ["daily-cap", { dailyCap: 1 }, {}, {}, { usedByDay: { "NEAR|2026-12-21": 1 } }],
    ["desk-full", { deskFull: true }, {}, {}, {}],
    ["held", {}, { slots: [{ id: "S", start: now + HOUR, held: true }] }, {}, {}],
  ] satisfies [string, Partial<ProblemPractice>, Partial<ProblemClinic>, Partial<ProblemNeed>, Partial<Problem>][])(
    "%s",
    (reason, host, at, of, more) => {
      expect(reasonsAt(host, at, of, more)).toEqual({ [reason]: 1 });
    },
  );

  it("counts what the plan itself took as held", () => {
    const plan = solve(problem({ clinics: [clinic("NEAR", 1)] }, [need("N01"), need("N02")]));
    expect(plan.covered).toBe(1);
    expect(plan.unassigned[0]?.reasons).toEqual({ held: 1, service: 1 });
  });
});

describe("a budget of steps", () => {
  it("M4: says that it cut the search short, and still keeps every need in one list", () => {
    const needs = Array.from({ length: 6 }, (_, at) => need(`N0${at}`));
    const plan = solve(problem({ clinics: [clinic("NEAR", 4)] }, needs), { maxSteps: 10 });
    expect(plan.truncated).toBe(true);
    expect(plan.assignments.length + plan.unassigned.length).toBe(6);
    expect(solve(problem()).truncated).toBe(false);
  });
});

describe("a scenario file", () => {
  it("is refused with the place and the fault of each problem", () => {
    expect(() => parseScenario({ version: 2 })).toThrow("/version");
    const file = {
      version: 1,
      now: "2026-12-20T18:00:00Z",
      practices: [{ id: "A", lat: 1, lon: 1, federation: "F", accepting: true }],
      clinics: [{ id: "C", practice: "B", services: [], slotMinutes: 20, slots: [] }],
      requests: [],
    };
    expect(() => parseScenario(file)).toThrow('/clinics/0/practice: there is no practice "B" in this file.');
  });

  it("with nothing to do has an empty answer", () => {
    const empty = { version: 1, now: "2026-12-20T18:00:00Z", practices: [], clinics: [], requests: [] };
    expect(toAnswer(solve(parseScenario(empty)))).toMatchObject({
      assignments: [],
      unassigned: [],
      weight: 0,
      score: 0,
    });
  });
});
