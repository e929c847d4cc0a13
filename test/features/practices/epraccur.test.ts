import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { readOrganisation } from "../../../src/features/practices/index.ts";
import { readCsv, withHeader } from "../../../src/features/practices/import/csv.rules.ts";
import { openTestDatabase, referenceData, type TestDatabase } from "../../support/index.ts";
import { count, importText } from "./support.ts";

/** One line of the ODS file, 27 columns, every one in quotation marks, as it is published. */
const line = (given: {
  code?: string;
  name?: string;
  postcode?: string;
  status?: string;
  setting?: string;
  icb?: string;
  commissioner?: string;
}): string => {
  const columns = Array.from({ length: 27 }, () => "");
  const at: Record<number, string> = {
    1: given.code ?? "A81001",
    2: given.name ?? "THE DENSHAM SURGERY",
    3: "Y63",
    4: given.icb ?? "QHM",
    5: "HEALTH CENTRE",
    6: "LAWSON STREET",
    8: "STOCKTON-ON-TEES",
    10: given.postcode ?? "TS18 1HU",
    11: "19740401",
    13: given.status ?? "ACTIVE",
    14: "B",
    15: given.commissioner ?? "16C",
    18: "01642 672351",
    22: "1",
    26: given.setting ?? "RO76",
  };
  for (const [position, value] of Object.entries(at)) columns[Number(position) - 1] = value;
  return columns.map((value) => `"${value}"`).join(",");
};

const postcodesText = "postcode,lat,lon\nTS18 1HU,54.56162,-1.31899\nts182aw,54.56916,-1.31388\n";
const options = { format: "epraccur", postcodesText, sharingGroup: "commissioner" } as const;

describe("importing the raw ODS practice file", () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(async () => db.close());
  beforeEach(async () => {
    await db.q.execute(sql`truncate organisations, networks cascade`);
  });

  it("places practices by postcode, groups them by commissioner, and leaves other prescribers out", async () => {
    const text = [line({}), line({ code: "A81002", postcode: "TS18 2AW" }), line({ code: "Y00001", setting: "RO72" })];
    const { summary } = await importText(db, text.join("\r\n"), options);
    expect(summary).toMatchObject({ rows: 2, created: 2, groupsTouched: 1 });
    expect(await readOrganisation(db.q, "A81001")).toMatchObject({ lat: 54.56162, groupCode: "16C", listSize: null });
    expect(await count(db, sql`sites where address = 'HEALTH CENTRE, LAWSON STREET, STOCKTON-ON-TEES'`)).toBe(2);
    expect(await count(db, sql`network_members where network_code = 'QHM'`)).toBe(2);
    expect((await importText(db, text.join("\r\n"), options)).summary).toMatchObject({ created: 0, unchanged: 2 });
  });

  it("reads older editions too: one letter for the status, 4 for a GP practice", async () => {
    const older = (status: string) => line({ status, setting: "4" });
    await importText(db, older("A"), options);
    expect(await readOrganisation(db.q, "A81001")).toMatchObject({ status: "ACTIVE" });
    await importText(db, older("D"), options);
    expect(await readOrganisation(db.q, "A81001")).toMatchObject({ status: "DORMANT" });
    expect((await importText(db, older("C"), options)).summary).toMatchObject({ closed: 1 });
  });

  it("closes what has become inactive, even where the postcode is no longer known", async () => {
    await importText(db, line({}), options);
    const { summary } = await importText(db, line({ status: "INACTIVE", postcode: "TS99 9ZZ" }), options);
    expect(summary).toMatchObject({ closed: 1, refused: 0 });
  });

  it("keeps list sizes and PCNs, which the file does not know", async () => {
    await importText(db, line({}), options);
    await db.q.execute(sql`update organisations set list_size = 3749`);
    await db.q.execute(sql`insert into networks values ('U1', 'pcn', 'One PCN')`);
    await db.q.execute(sql`insert into network_members values ('U1', 'A81001')`);
    await importText(db, line({ name: "A NEW NAME" }), options);
    expect(await readOrganisation(db.q, "A81001")).toMatchObject({ name: "A NEW NAME", listSize: 3749 });
    expect(await count(db, sql`network_members where network_code = 'U1'`)).toBe(1);
  });

  it("C6: says which postcode is missing and which line is no line of this file", async () => {
    const said: string[] = [];
    const text = [line({}), line({ code: "A81009", postcode: "TS5 6HF" }), '"A81010","Too short"'].join("\n");
    await expect(importText(db, text, options, said)).rejects.toThrow(/Nothing was imported/);
    expect(said.join("\n")).toMatch(/line 2 \(A81009\), postcode: .* Add a line for TS5 6HF to the postcode file/);
    expect(said.join("\n")).toMatch(/line 3: This line has 2 columns, not 27/);
    expect((await importText(db, text, { ...options, skipBad: true })).summary).toMatchObject({
      created: 1,
      refused: 2,
    });
  });

  it("asks for a postcode file", async () => {
    await expect(importText(db, line({}), { format: "epraccur" })).rejects.toThrow(/--postcodes/);
  });

  const file = referenceData("data/practices.csv");
  it.skipIf(file === undefined)(
    "takes all of England in that form, too",
    async () => {
      const { rows } = withHeader(readCsv(await readFile(file ?? "", "utf8")).records);
      const text = rows.map(({ value }) =>
        line({
          code: value("ods_code"),
          name: value("name"),
          postcode: value("postcode"),
          commissioner: value("sub_icb_code"),
        }),
      );
      const places = rows.map(({ value }) => `${value("postcode")},${value("lat")},${value("lon")}`);
      const { summary } = await importText(db, text.join("\r\n"), {
        ...options,
        postcodesText: ["postcode,lat,lon", ...places].join("\n"),
      });
      expect(summary).toMatchObject({ rows: 6171, created: 6171, refused: 0, groupsTouched: 106 });
    },
    60_000,
  );
});
