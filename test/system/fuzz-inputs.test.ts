import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readImport } from "../../src/features/capacity/import-csv.rules.ts";
import { decodeText, readEpraccurFile, readPostcodes, readPracticesFile } from "../../src/features/practices/index.ts";
import { DomainError } from "../../src/platform/errors/domain-error.ts";
import { readClientFrame } from "../../src/platform/realtime/protocol.ts";
import { csvOf } from "./support/csv-cases.ts";
import { attack, harmIn, MINUTES } from "./support/harm.ts";
import { nasty, spoil } from "./support/nasty.ts";

describe("frames", () => {
  it(
    "are read or refused, never thrown over",
    async () => {
      const right = fc.record({ type: fc.constant("resume"), after: fc.nat() });
      const frames = fc.oneof(
        right.map((value) => JSON.stringify(value)),
        fc
          .tuple(right, fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }), nasty)
          .map(([value, where, evil]) => JSON.stringify(spoil(value, where, evil))),
        nasty.map((value) => JSON.stringify(value)),
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.constantFrom(
          "[".repeat(2_000),
          '{"type":"resume","after":1e999}',
          '{"type":"resume","after":9007199254740993}',
          '{"__proto__":{"after":1},"type":"resume"}',
        ),
      );
      let read = 0;
      const result = await attack(frames, (text) => {
        const frame = readClientFrame(text);
        if (frame === undefined) throw new DomainError("invalid", "bad-frame", "as it should be");
        read += 1;
        if (frame.type !== "resume" || !Number.isSafeInteger(frame.after) || frame.after < 0)
          throw new Error("let through");
      });
      expect(harmIn(result)).toEqual([]);
      expect(read).toBe(result.taken);
    },
    MINUTES,
  );
});

describe("imported files", () => {
  it("C6: lines are counted as an editor does, however they end", () => {
    const lineOf = (start: string, ending: string): number | undefined => {
      const header = "ods_code,name,postcode,status,lat,lon";
      const rows = [header, "A81001,One,TS18 1HU,ACTIVE,54.57,-1.3", "A81002,Two,TS18 1HU,ACTIVE,north,-1.3"];
      return readPracticesFile(start + rows.join(ending), undefined).problems[0]?.line;
    };
    expect([lineOf("", "\n"), lineOf("", "\r\n"), lineOf("", "\r"), lineOf("\n", "\r\n")]).toEqual([3, 3, 3, 4]);
  });

  const practices = csvOf(
    [
      "ods_code",
      "name",
      "postcode",
      "status",
      "lat",
      "lon",
      "list_size",
      "pcn_code",
      "pcn_name",
      "icb_code",
      "sub_icb_code",
    ],
    ["A81001", "A81002", "A81004"].map((code, n) => [
      code,
      `Practice ${n}`,
      "TS18 1HU",
      "ACTIVE",
      "54.57",
      "-1.3",
      "8000",
      "U12345",
      "A PCN",
      "QHM",
      "16C",
    ]),
  );
  const postcodes = readPostcodes("postcode,lat,lon\nTS18 1HU,54.57,-1.3\n");
  const line = (code: string): string[] => {
    const values = Array.from({ length: 27 }, () => "");
    for (const [at, value] of Object.entries({
      0: code,
      1: "PRACTICE",
      3: "QHM",
      9: "TS18 1HU",
      10: "19740401",
      12: "A",
      14: "16C",
      25: "4",
    }))
      values[Number(at)] = value;
    return values;
  };

  it(
    "practices: every problem has a line of the file and a fix",
    async () => {
      const result = await attack(
        fc.tuple(practices, fc.constantFrom(undefined, "sub_icb_code", "pcn_code", "none")),
        ([text, group]) => {
          const { problems } = readPracticesFile(text, group);
          // A bare CR ends a line too.
          const lines = text.split(/\r\n|\r|\n/).length;
          for (const problem of problems)
            if (problem.line < 0 || problem.line > lines + 1 || problem.fix === "")
              throw new Error(`odd problem ${JSON.stringify(problem)}`);
        },
      );
      expect(harmIn(result)).toEqual([]);
    },
    MINUTES,
  );

  it(
    "epraccur, and its postcodes",
    async () => {
      const files = csvOf(undefined, ["A81001", "A81002", "Y00001"].map(line));
      expect(harmIn(await attack(files, (text) => readEpraccurFile(text, postcodes, "sub_icb_code")))).toEqual([]);
      const places = csvOf(
        ["postcode", "lat", "lon"],
        [
          ["TS18 1HU", "54.57", "-1.3"],
          ["NE1 1AA", "55", "-1.6"],
        ],
      );
      expect(harmIn(await attack(places, readPostcodes))).toEqual([]);
    },
    2 * MINUTES,
  );

  it(
    "C6 clinics: what is good has a key, times in order and an end of its own day",
    async () => {
      const files = csvOf(
        ["date", "from", "until", "services", "slot_minutes", "pledge", "channel", "provides", "lane", "key"],
        [
          ["2026-12-22", "09:00", "12:00", "wound-simple;b12", "20", "ask", "", "step-free", "N1", "c1"],
          ["22/12/2026", "9:00", "12:30", "b12", "10", "firm", "in-person", "", "", ""],
        ],
      );
      const now = new Date("2026-12-14T10:00:00Z");
      const result = await attack(files, (text) => {
        const { good, bad } = readImport(text, now);
        for (const row of good)
          if (row.key === "" || row.startsAt >= row.endsAt || Number.isNaN(row.endsAt.getTime()))
            throw new Error(`let through ${JSON.stringify(row)}`);
        for (const row of bad)
          if (row.fix === "" || row.problem === "") throw new Error(`no fix in ${JSON.stringify(row)}`);
      });
      expect(harmIn(result)).toEqual([]);
    },
    MINUTES,
  );

  it(
    "bytes in any encoding are text",
    async () => {
      const result = await attack(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const text = decodeText(bytes);
        readImport(text, new Date("2026-12-14T10:00:00Z"));
        readPracticesFile(`ods_code,name,postcode,status,lat,lon\n${text}`, undefined);
      });
      expect(harmIn(result)).toEqual([]);
    },
    MINUTES,
  );
});
