import { describe, expect, it } from "vitest";
import { catalogueOf } from "../../../../src/features/matching/solver/catalogue.ts";
import { mostWeight } from "../../../../src/features/matching/solver/cover.ts";
import type { Priority } from "../../../../src/features/matching/solver/index.ts";
import { compile } from "../../../../src/features/matching/solver/model.ts";
import { learnPrices, type Prices } from "../../../../src/features/matching/solver/prices.ts";
import { HOUR, now, practice } from "./small-world.ts";

/** What is proved about needs of one home that all want the one clinic, of 20-minute slots. */
const provedFor = (
  clinic: { readonly slots: number; readonly dailyCap?: number },
  needs: readonly { readonly priority: Priority; readonly minutes?: number }[],
  priced?: (learnt: Prices) => Prices,
): number => {
  const catalogue = catalogueOf({
    now,
    practices: [practice("HOME", 0), practice("HOST", 0, { dailyCap: clinic.dailyCap ?? null })],
    clinics: [
      {
        id: "C",
        practice: "HOST",
        services: ["wound-simple"],
        channel: "in-person",
        provides: [],
        slotMinutes: 20,
        slots: Array.from({ length: clinic.slots }, (_, at) => ({ id: `S${at}`, start: now + HOUR + at * 1_200_000 })),
      },
    ],
    requests: needs.map(({ priority, minutes = 20 }, at) => ({
      id: `R${at}`,
      practice: "HOME",
      priority,
      needs: [
        {
          id: `N${at}`,
          service: "wound-simple",
          minutes,
          earliest: now,
          dueBy: now + 10 * HOUR,
          requires: [],
          maxKm: 20,
        },
      ],
    })),
    excluded: [],
    usedByDay: {},
    paidHosts: [],
  });
  const model = compile(catalogue);
  const learnt = learnPrices(model, true);
  return mostWeight(model, priced?.(learnt) ?? learnt);
};

const ROUTINE = { priority: "routine" } as const;
const URGENT = { priority: "urgent" } as const;
const ASAP = { priority: "asap" } as const;

describe("the most weight that any plan can cover", () => {
  it("is all of it where everybody fits", () => {
    expect(provedFor({ slots: 3 }, [ROUTINE, URGENT, ASAP])).toBe(21);
  });

  it("is what the heaviest weigh where slots are short", () => {
    expect(provedFor({ slots: 2 }, [ROUTINE, URGENT, ASAP, ROUTINE])).toBe(20);
  });

  it("heeds the daily cap", () => {
    expect(provedFor({ slots: 8, dailyCap: 1 }, [ROUTINE, URGENT, URGENT])).toBe(4);
  });

  it("knows that a slot left over is of no use to a need of two", () => {
    const long = { ...URGENT, minutes: 40 };
    expect(provedFor({ slots: 5 }, [long, long, long])).toBe(8);
  });

  it("is never too low, whatever the prices are", () => {
    const needs = [ROUTINE, URGENT, ASAP, { ...URGENT, minutes: 40 }];
    for (const points of [0, 1_000, 7_500, 40_000, 500_000]) {
      const proved = provedFor({ slots: 3, dailyCap: 3 }, needs, ({ run, day }) => ({
        run: run.map(() => points),
        day: day.map((_, at) => points / (at + 2)),
      }));
      // asap and urgent of one slot and a routine: 21, or asap and the urgent of two slots: 20.
      expect(proved).toBeGreaterThanOrEqual(21);
    }
  });
});
