import fc from "fast-check";
import { nasty } from "./nasty.ts";

const rawCell = fc.oneof(
  fc.constantFrom(
    '"',
    '""',
    'a"b',
    "a,b",
    "a\nb",
    "a\r\nb",
    "\uFEFF",
    "\0",
    "=1+1",
    "943 476 5919",
    "x".repeat(5_000),
    "é\u0301💉",
    "1e999",
    "-0",
    "NaN",
    "2026-02-30",
    "24:00",
    "99/99/9999",
    ";;;",
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
  nasty.map((value) => (typeof value === "string" ? value : JSON.stringify(value))),
);

/** A CSV file whose rows are right, with some cells replaced, rows doubled, dropped or cut, and an odd ending. */
export const csvOf = (
  header: readonly string[] | undefined,
  rows: readonly (readonly string[])[],
): fc.Arbitrary<string> =>
  fc
    .record({
      spoiled: fc.array(fc.tuple(fc.nat(20), fc.nat(30), rawCell), { maxLength: 3 }),
      quotes: fc.boolean(),
      ending: fc.constantFrom("\n", "\r\n", "\r", "\n\n"),
      start: fc.constantFrom("", "", "", "\uFEFF", "\n", "sep=,\n"),
      cut: fc.oneof(
        { weight: 4, arbitrary: fc.constant(1) },
        { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
      ),
      doubled: fc.nat(5),
      separator: fc.oneof({ weight: 12, arbitrary: fc.constant(",") }, fc.constantFrom(";", "\t")),
    })
    .map(({ spoiled, quotes, ending, start, cut, doubled, separator }) => {
      const table = [...(header === undefined ? [] : [header]), ...rows].map((row) => [...row]);
      if (doubled === 0) table.push([...(table.at(-1) ?? [])]);
      for (const [line, column, cell] of spoiled) {
        const row = table[line % table.length];
        if (row !== undefined) row[column % (row.length + 1)] = cell;
      }
      const cellText = (text: string): string =>
        quotes
          ? `"${text.replaceAll('"', '""')}"`
          : /^[^",\r\n]*$/.test(text)
            ? text
            : `"${text.replaceAll('"', '""')}"`;
      const text = start + table.map((row) => row.map(cellText).join(separator)).join(ending);
      return text.slice(0, Math.floor(text.length * cut));
    });
