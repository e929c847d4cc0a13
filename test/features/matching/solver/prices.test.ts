import { describe, expect, it } from "vitest";
import { catalogueOf } from "../../../../src/features/matching/solver/catalogue.ts";
import type { ProblemNeed } from "../../../../src/features/matching/solver/index.ts";
import { compile } from "../../../../src/features/matching/solver/model.ts";
import { learnPrices, tollsOf as tollsAt } from "../../../../src/features/matching/solver/prices.ts";
import { HOUR, now, practice } from "./small-world.ts";

/** One clinic at NEAR and one at FAR, for these needs of one home; what a block at each costs the others. */
const tollsOf = (
  given: { readonly near: number; readonly far: number; readonly cap?: number },
  needs: readonly Partial<ProblemNeed>[],
): { readonly near: number; readonly far: number } => {
  const clinic = (host: string, slots: number) => ({
    id: `${host}-C`,
    practice: host,
    services: ["wound-simple"],
    channel: "in-person",
    provides: [],
    slotMinutes: 20,
    slots: Array.from({ length: slots }, (_, at) => ({ id: `${host}-${at}`, start: now + HOUR + at * 1_200_000 })),
  });
  const catalogue = catalogueOf({
    now,
    practices: [practice("HOME", 0), practice("NEAR", 2, { dailyCap: given.cap ?? null }), practice("FAR", 6)],
    clinics: [clinic("NEAR", given.near), clinic("FAR", given.far)],
    requests: needs.map((need, at) => ({
      id: `R${at}`,
      practice: "HOME",
      priority: "routine",
      needs: [
        {
          id: `N${at}`,
          service: "wound-simple",
          minutes: 20,
          earliest: now,
          dueBy: now + 10 * HOUR,
          requires: [],
          maxKm: 20,
          ...need,
        },
      ],
    })),
    excluded: [],
    usedByDay: {},
    paidHosts: [],
  });
  const model = compile(catalogue);
  const tolls = tollsAt(model, learnPrices(model, needs.length > given.near + given.far));
  const at = (host: string): number => {
    const number = catalogue.hosts.findIndex((one) => one.practice.id === host);
    return tolls[model.edgeHost.indexOf(number)] ?? Number.NaN;
  };
  return { near: at("NEAR"), far: at("FAR") };
};

describe("what a block is worth to others", () => {
  it("is nothing where there is room for everybody", () => {
    expect(tollsOf({ near: 3, far: 3 }, [{}, {}])).toEqual({ near: 0, far: 0 });
  });

  it("is about the way that somebody else must go further, where one place is too small", () => {
    const { near, far } = tollsOf({ near: 1, far: 3 }, [{}, {}, {}]);
    expect(far).toBe(0);
    // Four kilometres by road, at 1.4.
    expect(near).toBeGreaterThan(4);
    expect(near).toBeLessThan(8);
  });

  it("is about the worth of the heaviest need that stays out, where cover is scarce", () => {
    const { near } = tollsOf({ near: 1, far: 0 }, [{ priority: "asap" }, { priority: "urgent" }, {}]);
    expect(near).toBeGreaterThan(35_000);
    expect(near).toBeLessThan(165_000);
  });

  it("comes from the day's cap as well as from the slots", () => {
    const { near, far } = tollsOf({ near: 3, far: 3, cap: 1 }, [{}, {}, {}]);
    expect(near).toBeGreaterThan(4);
    expect(far).toBe(0);
  });
});
