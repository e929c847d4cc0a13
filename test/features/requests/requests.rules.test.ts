import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  amendedPriority,
  changeCount,
  isLoosened,
  isNarrowed,
  outdatesOffers,
  type CountedLineNeed,
} from "../../../src/features/requests/amending.rules.ts";
import {
  countNeeds,
  courseLetter,
  courseProblems,
  hasEnded,
  needReference,
  raised,
  rank,
  similarRequests,
  windowProblems,
} from "../../../src/features/requests/requests.rules.ts";
import { needRef, needStates, priorities } from "../../../src/features/requests/requests.schema.ts";

const NOW = new Date("2026-12-21T08:00:00Z");
const HOUR = 3_600_000;
const later = (hours: number): Date => new Date(NOW.getTime() + hours * HOUR);

const state = fc.constantFrom(...needStates);
const priority = fc.constantFrom(...priorities);
const instant = fc.integer({ min: -1_000, max: 9_000 }).map(later);
const window = fc
  .tuple(instant, fc.integer({ min: 1, max: 1_440 }))
  .map(([earliest, hours]) => ({ earliest, dueBy: new Date(earliest.getTime() + hours * HOUR) }));
const wanted = fc
  .tuple(window, fc.constantFrom("ecg", "phleb"), fc.constantFrom("in-person", "telephone"))
  .map(([times, service, channel]) => ({ ...times, service, channel }));

describe("words of a request", () => {
  it("R4: need references are N01, N02… and never repeat", () => {
    const references = Array.from({ length: 1_200 }, (_, at) => needReference(at + 1));
    expect(references.slice(0, 3)).toEqual(["N01", "N02", "N03"]);
    expect(new Set(references).size).toBe(1_200);
    expect(references.every((reference) => needRef.safeParse(reference).success)).toBe(true);
  });

  it("course letters are A … Z, AA … and never repeat", () => {
    const letters = Array.from({ length: 800 }, (_, at) => courseLetter(at));
    expect([letters[0], letters[25], letters[26], letters[27], letters[701], letters[702]]).toEqual([
      "A",
      "Z",
      "AA",
      "AB",
      "ZZ",
      "AAA",
    ]);
    expect(new Set(letters).size).toBe(800);
  });

  it("R3: a raised priority is one higher and never above asap", () => {
    expect(priorities.map(raised)).toEqual(["urgent", "asap", "asap"]);
  });
});

describe("R1: the window", () => {
  it("is refused exactly when it has passed, is upside down, or spans more than 60 days or a year ahead", () => {
    fc.assert(
      fc.property(instant, instant, (earliest, dueBy) => {
        const isGood =
          dueBy > NOW &&
          earliest < dueBy &&
          dueBy.getTime() - earliest.getTime() <= 60 * 24 * HOUR &&
          dueBy.getTime() - NOW.getTime() <= 366 * 24 * HOUR;
        expect(windowProblems({ earliest, dueBy }, NOW, "/needs/0").length === 0).toBe(isGood);
      }),
    );
  });

  it("takes 60 days and not a minute more", () => {
    expect(windowProblems({ earliest: NOW, dueBy: later(60 * 24) }, NOW, "")).toEqual([]);
    expect(windowProblems({ earliest: NOW, dueBy: later(60 * 24 + 1 / 60) }, NOW, "")).toHaveLength(1);
  });
});

describe("courses", () => {
  it("name needs of their line only, each once", () => {
    expect(
      courseProblems(
        {
          count: 5,
          courses: [
            [1, 2, 3],
            [4, 5],
          ],
        },
        "",
      ),
    ).toEqual([]);
    expect(courseProblems({ count: 4, courses: [[4, 5]] }, "")).toHaveLength(1);
    expect(
      courseProblems(
        {
          count: 5,
          courses: [
            [1, 2],
            [2, 3],
          ],
        },
        "",
      ),
    ).toHaveLength(1);
  });
});

describe("R6: similar requests", () => {
  it("resembling is mutual", () => {
    fc.assert(
      fc.property(wanted, wanted, (left, right) => {
        const one = similarRequests([left], [{ ...right, reference: "CR-2222" }]).length;
        const other = similarRequests([right], [{ ...left, reference: "CR-2222" }]).length;
        expect(one).toBe(other);
      }),
    );
  });

  it("the same post again always resembles itself, another service or another way never", () => {
    fc.assert(
      fc.property(wanted, (line) => {
        const found = similarRequests([line], [{ ...line, reference: "CR-2222" }]);
        const none = similarRequests(
          [line],
          [
            { ...line, service: "ear", reference: "CR-3333" },
            { ...line, channel: "video", reference: "CR-4444" },
          ],
        );
        expect([found, none]).toEqual([["CR-2222"], []]);
      }),
    );
  });

  it("windows that only touch do not overlap", () => {
    const line = { service: "ecg", channel: "in-person" };
    const first = { ...line, earliest: later(0), dueBy: later(4) };
    const second = { ...line, earliest: later(4), dueBy: later(8), reference: "CR-2222" };
    expect(similarRequests([first], [second])).toEqual([]);
  });
});

describe("R8: counts", () => {
  it("every need is counted once, and acknowledgement only among the returned", () => {
    const need = fc.record({
      state,
      step: fc.constantFrom(null, "agreed", "blocked", "passed", "booked"),
      isAcknowledged: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(need), (needs) => {
        const { unacknowledged, ...others } = countNeeds(needs);
        const sum = Object.values(others).reduce((total, count) => total + count, 0);
        expect(sum).toBe(needs.length);
        expect(unacknowledged).toBeLessThanOrEqual(others.returned);
      }),
    );
  });

  it("only told is told: a booked patient still has to hear", () => {
    const counts = countNeeds([
      { state: "agreed", step: "passed", isAcknowledged: false },
      { state: "agreed", step: "booked", isAcknowledged: false },
      { state: "told", step: "told", isAcknowledged: false },
      { state: "closed", step: "attended", isAcknowledged: false },
    ]);
    expect(counts).toMatchObject({ looking: 0, agreed: 1, booked: 1, told: 2 });
  });
});

describe("R6: changing a line", () => {
  const line = fc
    .array(state, { minLength: 1, maxLength: 30 })
    .map((states) => states.map((each, at) => ({ id: `id-${at}`, ref: needReference(at + 1), state: each })));

  /** What is wrong with how a line comes to `count`, if anything is. */
  const flawOf = (needs: readonly CountedLineNeed[], count: number): string | undefined => {
    const live = needs.filter((need) => !hasEnded(need.state));
    const change = changeCount(needs, count);
    if (change.kind === "add") return live.length + change.number === count ? undefined : "adds another number";
    if (change.kind === "impossible") {
      if (count >= change.minimum) return "refuses what is possible";
      return changeCount(needs, change.minimum).kind === "impossible" ? "offers what is impossible" : undefined;
    }
    const chosen = live.filter(({ id }) => change.needIds.includes(id));
    const left = live.filter((need) => !chosen.includes(need));
    const wasAsked = chosen.filter(({ state }) => state === "offered");
    if (left.length !== count) return "leaves another number";
    if (chosen.some(({ state }) => state !== "open" && state !== "offered")) return "loses an agreed need";
    if (wasAsked.length > 0 && left.some(({ state }) => state === "open")) return "stands somebody down needlessly";
    return undefined;
  };

  it("comes to the count asked for, or says the least that is possible, and never touches what is agreed", () => {
    fc.assert(
      fc.property(line, fc.integer({ min: 1, max: 60 }), (needs, count) => {
        expect(flawOf(needs, count)).toBeUndefined();
      }),
    );
  });

  it("a need that was raised by itself is never lowered below that by a smaller raise of its line", () => {
    fc.assert(
      fc.property(priority, priority, priority, (own, before, after) => {
        const now = amendedPriority(own, before, after);
        expect(rank(now)).toBe(rank(own) > rank(before) ? Math.max(rank(own), rank(after)) : rank(after));
      }),
    );
  });

  it("A5: looser is more time, more distance or more urgent; tighter outdates what was offered", () => {
    const before = {
      serviceCode: "wound-unassessed",
      minutes: 20,
      earliest: later(0),
      dueBy: later(24),
      requires: [],
      maxKm: 8,
      priority: "urgent",
    } as const;
    expect(isLoosened(before, { ...before, dueBy: later(48) })).toBe(true);
    expect(isLoosened(before, { ...before, earliest: later(-1) })).toBe(true);
    expect(isLoosened(before, { ...before, maxKm: 9 })).toBe(true);
    expect(isLoosened(before, { ...before, priority: "asap" })).toBe(true);
    expect(isLoosened(before, { ...before, maxKm: 7, dueBy: later(12), priority: "routine" })).toBe(false);
    expect(outdatesOffers(before, { ...before, minutes: 30 })).toBe(true);
    expect(outdatesOffers(before, { ...before, requires: ["hoist"] })).toBe(true);
    expect(outdatesOffers(before, { ...before, maxKm: 9 })).toBe(false);
    expect(isNarrowed(before, { ...before, dueBy: later(12) })).toBe(true);
    expect(isNarrowed(before, { ...before, dueBy: later(48) })).toBe(false);
  });
});
