import { parse } from "csv-parse/sync";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Actor } from "../../../src/features/access/index.ts";
import { sweepAlarms, watchOpen } from "../../../src/features/alarms/index.ts";
import { toCsv } from "../../../src/features/board/sitrep.rules.ts";
import { readSitrep, sitrepCsv } from "../../../src/features/board/sitrep.service.ts";
import { declarePressure } from "../../../src/features/pressure/index.ts";
import {
  aBroker,
  aClinic,
  aPractice,
  aRequest,
  aUser,
  openTestDatabase,
  type TestDatabase,
} from "../../support/index.ts";
import { anOffer } from "./support.ts";

describe("a table for spreadsheets (RFC 4180)", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 30 }).filter((each) => !each.includes("\u0000"));

  it("is read back as it was written, whatever stands in it, and no cell begins a formula", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.nat(), text), { maxLength: 8 }), (rows) => {
        const csv = toCsv(["a", "b", "c"], rows);
        expect(csv.startsWith("\ufeff")).toBe(true);
        const read = parse(csv, { bom: true, record_delimiter: "\r\n", relax_column_count: false });
        expect(read).toHaveLength(rows.length + 1);
        for (const [at, row] of rows.entries())
          for (const [column, value] of row.entries()) {
            const cell = String(read[at + 1]?.[column]);
            expect(cell === String(value) || cell === `'${String(value)}`).toBe(true);
            expect(/^\s*[=+\-@\t\r]/u.test(cell)).toBe(false);
          }
      }),
    );
  });

  it.each(["=1+1", "+44 1632", "-2", "@SUM(A1)", "\t=1", " =HYPERLINK(1)", "＝1"])("shows %j as text", (value) => {
    expect(toCsv([value], [])).toBe(`\ufeff"'${value}"\r\n`);
  });
});

describe("the group's situation", () => {
  let db: TestDatabase;
  let broker: Actor;
  beforeAll(async () => {
    db = await openTestDatabase();
    await db.holdClock("2026-12-21T09:00:00Z");
    broker = await aBroker(db);
    const home = (await aPractice(db, { name: '=Riverside, "the" Surgery' })).code;
    await aRequest(db, {
      home,
      needs: [
        { count: 3, dueBy: "2026-12-22T12:00:00Z" },
        { count: 2, dueBy: "2026-12-23T23:30:00Z" },
      ],
    });
    const desk = await aUser(db, { at: (await aPractice(db, { name: "Elm Tree Practice" })).code });
    const { slots } = await aClinic(db, { at: desk.organisationCode, slots: 1 });
    await anOffer(db, { request: await aRequest(db, { home }), at: desk.organisationCode, slots });
    await db.database.transact(async (tx) => declarePressure(tx, { ...desk, organisationCode: home }, { level: 4 }));
    await watchOpen(db.database);
    await db.advance({ hours: 1 });
    await sweepAlarms(db.database);
    await aRequest(db, { home: (await aPractice(db, { group: "SITREP-X" })).code });
  });
  afterAll(async () => db.close());

  it("counts needs by service and London day, names pressure and silent desks, and only of this group (P3)", async () => {
    const { needs, totals, pressure, silent } = await readSitrep(db.q, broker);
    expect(needs.map(({ day, looking, atRisk }) => [day, looking, atRisk])).toEqual([
      ["2026-12-22", 3, 3],
      ["2026-12-23", 2, 0],
      ["2026-12-24", 1, 0],
    ]);
    expect(totals).toMatchObject({ looking: 6, atRisk: 3, agreed: 0 });
    expect(pressure).toMatchObject([{ level: 4 }]);
    expect(silent).toMatchObject([{ name: "Elm Tree Practice", offers: 1 }]);
  });

  it("comes as one file", async () => {
    const read = parse<Record<string, string>>(sitrepCsv(await readSitrep(db.q, broker)), { bom: true, columns: true });
    expect(read.map(({ what }) => what)).toEqual(["as it stood", "needs", "needs", "needs", "pressure", "silent desk"]);
    expect(read[4]).toMatchObject({
      name: '\'=Riverside, "the" Surgery',
      detail: "OPEL 4, in difficulty, until 18:30",
    });
  });

  it("says what came back until home acknowledges it, also of days before", async () => {
    await db.q.execute(sql`update needs set state = 'returned' where ref = 'N04'`);
    await db.holdClock("2026-12-24T09:00:00Z");
    const { needs } = await readSitrep(db.q, broker);
    expect(needs.map(({ day, returned }) => [day, returned])).toEqual([
      ["2026-12-23", 1],
      ["2026-12-24", 0],
    ]);
  });
});
