import { expect, it } from "vitest";
import { newHex, newId } from "../../../src/platform/ids/ids.ts";
import { withSameIds } from "../../bench/day/same-ids.ts";

const idsOf = (count: number): string[] => Array.from({ length: count }, () => newId());

it("makes a UUID of version 7 that begins with the present millisecond, and never the same twice", () => {
  const before = Date.now();
  const ids = idsOf(2_000);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const times = ids.map((id) => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16));
  expect(Math.min(...times)).toBeGreaterThanOrEqual(before);
  expect(Math.max(...times)).toBeLessThanOrEqual(Date.now());
  expect(new Set(ids).size).toBe(ids.length);
});

it("makes hex of any length up to 32 digits, and never the same twice", () => {
  for (const digits of [16, 32]) {
    const made = Array.from({ length: 2_000 }, () => newHex(digits));
    for (const one of made) expect(one).toMatch(new RegExp(`^[0-9a-f]{${digits}}$`));
    expect(new Set(made).size).toBe(made.length);
  }
});

it("counts up in a simulated rush, so that a seed is one run", async () => {
  const tails = async (): Promise<string[]> => withSameIds(async () => idsOf(3).map((id) => id.slice(14)));
  const first = await tails();
  expect(first).toEqual([...first].sort());
  expect(new Set(first).size).toBe(3);
  expect(await tails()).toEqual(first);
  expect(idsOf(1).map((id) => id.slice(14))).not.toContain(first[0]);
});
