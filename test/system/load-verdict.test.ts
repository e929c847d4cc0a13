import { describe, expect, it } from "vitest";
import { broken, type Judged } from "../bench/load/verdict.ts";

/* `npm run bench:load` ends with 1 where a promise did not hold: here each is broken in what a good run found. */

const flat = { from: 200, to: 200 };
const growth = { memory: flat, rss: flat, handles: flat, connections: flat };
const carried: Judged["carried"] = {
  broken: 0,
  lost: {},
  storms: [{ missed: 0 }, { missed: 0 }],
  one: [{ failed: 0, failures: {}, unheard: 0, answersPerSecond: 20 }],
  soaked: { failed: 0, failures: {}, unheard: 0, growth },
};
const good: Judged = { slow: { wasSentAway: true }, carried };
const stated = { failed: 0, failures: {}, unheard: 0, answersPerSecond: 20 };

describe("the verdict on a run of the load", () => {
  it("finds nothing in a run that kept every promise, with a soak and without", () => {
    expect(broken(good)).toEqual([]);
    expect(broken({ ...good, carried: { ...carried, soaked: undefined } })).toEqual([]);
  });

  it.each<[string, Judged]>([
    ["sent away", { ...good, slow: { wasSentAway: false } }],
    ["did not follow", { ...good, carried: { ...carried, broken: 1 } }],
    ["missed in a reconnect storm", { ...good, carried: { ...carried, storms: [{ missed: 0 }, { missed: 1 }] } }],
    ["lost their line", { ...good, carried: { ...carried, lost: { 1006: 1 } } }],
    [
      "commands failed",
      { ...good, carried: { ...carried, one: [{ ...stated, failed: 1, failures: { "post 503": 1 } }] } },
    ],
    ["reached no desk", { ...good, carried: { ...carried, one: [{ ...stated, unheard: 1 }] } }],
    ["no desk answered", { ...good, carried: { ...carried, one: [{ ...stated, answersPerSecond: 0 }] } }],
    [
      "failed in the soak",
      { ...good, carried: { ...carried, soaked: { failed: 1, failures: { "post 500": 1 }, unheard: 0, growth } } },
    ],
    [
      "in the soak reached no desk",
      { ...good, carried: { ...carried, soaked: { failed: 0, failures: {}, unheard: 1, growth } } },
    ],
  ])("says that %s", (words, found) => {
    expect(broken(found)).toEqual([expect.stringContaining(words)]);
  });

  it.each(["memory", "rss", "handles", "connections"] as const)(
    "finds that %s grew, and not that they vary",
    (what) => {
      const soaked = (to: number): Judged => ({
        ...good,
        carried: {
          ...carried,
          soaked: { failed: 0, failures: {}, unheard: 0, growth: { ...growth, [what]: { from: 200, to } } },
        },
      });
      expect(broken(soaked(240))).toEqual([`${what} grew from 200 to 240 in the soak`]);
      expect(broken(soaked(203))).toEqual([]);
    },
  );
});
