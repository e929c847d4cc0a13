import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { relayout, type ExistingSlot } from "../../../src/features/capacity/change.rules.ts";
import { layOutSlots, liesWithin, overlap, type Stretch } from "../../../src/features/capacity/slot-layout.rules.ts";

const MINUTE = 60_000;
const at = (minute: number): number => Date.UTC(2026, 11, 22, 9) + minute * MINUTE;
const part = (from: number, until: number): Stretch => ({ from: at(from), until: at(until) });

const breaks = fc.array(
  fc
    .tuple(fc.integer({ min: -60, max: 600 }), fc.integer({ min: 0, max: 90 }))
    .map(([from, length]) => part(from, from + length)),
  { maxLength: 4 },
);
const length = fc.integer({ min: 5, max: 120 });

describe("laying out slots", () => {
  it("C1: a morning of three hours with a break of twenty minutes has eight slots of twenty minutes", () => {
    expect(layOutSlots(part(0, 180), [part(80, 100)], 20)).toHaveLength(8);
  });

  it("C1: a break that leaves part of a slot loses that part", () => {
    expect(layOutSlots(part(0, 60), [part(30, 40)], 20)).toEqual([part(0, 20), part(40, 60)]);
  });

  it("C1: slots have their length, never overlap each other or a break, and no further slot would fit", () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 840 }), breaks, length, (minutes, pauses, slotMinutes) => {
        const whole = part(0, minutes);
        const slots = layOutSlots(whole, pauses, slotMinutes);
        for (const [index, slot] of slots.entries()) {
          expect(slot.until - slot.from).toBe(slotMinutes * MINUTE);
          expect(liesWithin(slot, whole)).toBe(true);
          expect(pauses.filter((pause) => pause.from < pause.until).some((pause) => overlap(slot, pause))).toBe(false);
          expect(slots[index + 1]?.from ?? slot.until).toBeGreaterThanOrEqual(slot.until);
        }
        const again = layOutSlots(whole, [...pauses, ...slots], slotMinutes);
        expect(again).toEqual([]);
      }),
    );
  });

  it("C1: without breaks the count is the plain formula", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 840 }), length, (minutes, slotMinutes) => {
        expect(layOutSlots(part(0, minutes), [], slotMinutes)).toHaveLength(Math.floor(minutes / slotMinutes));
      }),
    );
  });
});

const states = ["free", "busy-tentative", "busy", "busy-unavailable"] as const;

describe("changing a clinic's times", () => {
  const old = layOutSlots(part(0, 240), [], 20);
  const slots = fc
    .array(fc.record({ state: fc.constantFrom(...states), isGone: fc.boolean() }), {
      minLength: old.length,
      maxLength: old.length,
    })
    .map((marks) =>
      old.map(({ from, until }, index): ExistingSlot => {
        const mark = marks[index] ?? { state: "free", isGone: false };
        const isGone = mark.state === "busy-unavailable" && mark.isGone;
        const { state } = mark;
        return {
          id: String(index),
          startsAt: new Date(from),
          endsAt: new Date(until),
          state,
          isGone,
          isStarted: from <= at(30),
        };
      }),
    );

  it("C4: nothing that is agreed and still fits is moved, and what will be there never overlaps", () => {
    fc.assert(
      fc.property(
        slots,
        fc.integer({ min: -60, max: 120 }),
        fc.integer({ min: 130, max: 420 }),
        breaks,
        (before, from, until, pauses) => {
          const whole = part(from, until);
          const plan = relayout(before, { whole, breaks: pauses, slotMinutes: 20 }, at(30));
          const away = new Set([...plan.lost, ...plan.dropped]);
          const back = new Set(plan.revived);
          const there = before
            .filter((slot) =>
              slot.state === "busy-unavailable" ? slot.isGone || back.has(slot.id) : !away.has(slot.id),
            )
            .map((slot) => ({ from: slot.startsAt.getTime(), until: slot.endsAt.getTime() }));
          const all = [...there, ...plan.added].sort((one, other) => one.from - other.from);
          all.forEach((slot, index) => {
            expect(all[index + 1]?.from ?? slot.until).toBeGreaterThanOrEqual(slot.until);
          });
          for (const slot of before) {
            const stretch = { from: slot.startsAt.getTime(), until: slot.endsAt.getTime() };
            const fits =
              liesWithin(stretch, whole) &&
              !pauses.some((pause) => pause.from < pause.until && overlap(stretch, pause));
            const isTaken = slot.state === "busy" || slot.state === "busy-tentative";
            expect(plan.lost.includes(slot.id)).toBe(isTaken && !slot.isStarted && !fits);
            expect((slot.isGone || slot.isStarted) && (away.has(slot.id) || back.has(slot.id))).toBe(false);
          }
          for (const slot of plan.added) expect(slot.from).toBeGreaterThan(at(30));
        },
      ),
    );
  });
});
