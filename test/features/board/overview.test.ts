import { afterAll, beforeAll, describe, expect, it } from "vitest";
import fc from "fast-check";
import { readFacts, readPlaces } from "../../../src/features/board/facts.repository.ts";
import type { Fact } from "../../../src/features/board/facts.schema.ts";
import { chooseOpen, countsOf, openQuery } from "../../../src/features/board/open.rules.ts";
import { coverByDay, placeOnMap, stepBars, stepOf, whoDoesWhat } from "../../../src/features/board/overview.rules.ts";
import { aClinic, aPractice, aRequest, openTestDatabase, TEST_GROUP, type TestDatabase } from "../../support/index.ts";
import { anOffer } from "./support.ts";

describe("the map", () => {
  const size = { width: 600, height: 420, margin: 28 };
  const place = fc.record({
    lat: fc.double({ min: 50, max: 55, noNaN: true }),
    lon: fc.double({ min: -5, max: 1, noNaN: true }),
  });

  it("keeps every practice inside its margins, north above south and west left of east", () => {
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 60 }), (places) => {
        const coded = places.map((each, index) => ({ ...each, code: String(index) }));
        const placed = placeOnMap(coded, size);
        for (const one of coded) {
          const at = placed.get(one.code);
          expect(at?.x).toBeGreaterThanOrEqual(size.margin);
          expect(at?.x).toBeLessThanOrEqual(size.width - size.margin);
          expect(at?.y).toBeGreaterThanOrEqual(size.margin);
          expect(at?.y).toBeLessThanOrEqual(size.height - size.margin);
          const strayed = coded.filter((other) => {
            const there = placed.get(other.code) ?? { x: -1, y: -1 };
            return (one.lat > other.lat && (at?.y ?? 0) > there.y) || (one.lon < other.lon && (at?.x ?? 0) > there.x);
          });
          expect(strayed).toEqual([]);
        }
      }),
    );
  });

  it("leaves out a practice without coordinates", () => {
    expect(placeOnMap([{ code: "X", lat: null, lon: null }], size).size).toBe(0);
  });
});

describe("the plots", () => {
  it("count every request once, whatever its time", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.double({ min: 0, max: 100_000, noNaN: true }))), (times) => {
        const bars = stepBars(times);
        expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(times.length);
      }),
    );
    expect([0.4, 1, 15.01, 1_440, 1_441, null].map(stepOf)).toEqual(["1m", "1m", "1h", "1d", "more", "none"]);
  });
});

describe("what the broker's second view counts", () => {
  let db: TestDatabase;
  let facts: Fact[];
  let homes: { short: string; helped: string; giving: string };
  beforeAll(async () => {
    db = await openTestDatabase();
    await db.holdClock("2026-12-21T09:00:00Z");
    const short = (await aPractice(db)).code;
    const helped = (await aPractice(db)).code;
    const giving = (await aPractice(db)).code;
    homes = { short, helped, giving };
    await aRequest(db, { home: short, priority: "routine", needs: [{ count: 3, dueBy: "2026-12-22T12:00:00Z" }] });
    const asked = await aRequest(db, {
      home: helped,
      priority: "urgent",
      needs: [{ count: 2, dueBy: "2026-12-23T12:00:00Z" }],
    });
    await db.advance({ minutes: 10 });
    const { slots } = await aClinic(db, { at: giving, slots: 2 });
    await anOffer(db, { request: asked, at: giving, slots });
    const elsewhere = (await aPractice(db, { group: "ELSEWHERE" })).code;
    await aRequest(db, { home: elsewhere });
    facts = await readFacts(db.q, TEST_GROUP);
  });
  afterAll(async () => db.close());

  it("P3: is of this group only, and says who is short, asked and giving", async () => {
    const doing = whoDoesWhat(await readPlaces(db.q, TEST_GROUP), facts);
    expect(
      doing.filter(({ short, asked }) => short + asked > 0).map(({ code, short, asked }) => [code, short, asked]),
    ).toEqual(
      expect.arrayContaining([
        [homes.short, 3, 0],
        [homes.helped, 2, 0],
        [homes.giving, 0, 1],
      ]),
    );
    expect(doing).toHaveLength(3);
    expect(facts).toHaveLength(2);
  });

  it("a number and the list behind it agree", () => {
    const now = new Date("2026-12-21T09:10:00Z");
    expect(coverByDay(facts, now, 14)).toMatchObject([
      { date: "2026-12-22", covered: 0, uncovered: 3 },
      { date: "2026-12-23", covered: 0, uncovered: 2 },
    ]);
    const behind = (query: object): string[] =>
      chooseOpen(facts, openQuery.parse(query)).map(({ homeCode }) => homeCode);
    expect(behind({ due: "2026-12-22" })).toEqual([homes.short]);
    expect(behind({ asked: homes.giving })).toEqual([homes.helped]);
    expect(behind({ first: "15m" })).toEqual([homes.helped]);
    expect(behind({ first: "none" })).toEqual([homes.short]);
    expect(behind({ full: "none", sort: "due" })).toEqual([homes.short, homes.helped]);
    expect(behind({ priority: "urgent" })).toEqual([homes.helped]);
    expect(behind({ show: "told" })).toEqual([]);
    expect(countsOf(facts.find(({ homeCode }) => homeCode === homes.short) ?? { lines: [] }).looking).toBe(3);
  });
});
