import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { membershipOf, openingHoursOf, readOrganisation } from "../../../src/features/practices/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { aPractice, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { count, importText, practicesCsv } from "./support.ts";

describe("importing practices", () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
    await db.holdClock("2026-12-21T09:00:00Z");
  });
  afterAll(async () => db.close());
  beforeEach(async () => {
    await db.q.execute(sql`truncate organisations, networks, match_due cascade`);
  });

  const two = [
    { ods_code: "A81001" },
    { ods_code: "A81002", name: "Queen's Park", lat: "54.56916", lon: "-1.31388", pcn_code: "U2", pcn_name: "Two PCN" },
  ];

  it("C6: brings in practices with site and networks, and changes nothing the second time", async () => {
    const first = await importText(db, practicesCsv(...two), { sharingGroup: "sub_icb_code" });
    expect(first.summary).toMatchObject({ rows: 2, created: 2, updated: 0, closed: 0, unchanged: 0, groupsTouched: 1 });
    expect(await readOrganisation(db.q, "A81001")).toMatchObject({
      kind: "practice",
      postcode: "TS18 1HU",
      listSize: 8000,
      isAccepting: true,
      groupCode: "G1",
    });
    expect((await openingHoursOf(db.q, ["A81001"])).get("A81001")).toHaveLength(5);
    const second = await importText(db, practicesCsv(...two), { sharingGroup: "sub_icb_code" });
    expect(second.summary).toMatchObject({ created: 0, updated: 0, closed: 0, unchanged: 2, groupsTouched: 0 });
    expect(await count(db, sql`sites`)).toBe(2);
  });

  it("P6: imported members are unsigned; moving to another group drops the signature", async () => {
    await importText(db, practicesCsv(...two), { sharingGroup: "sub_icb_code" });
    expect(await membershipOf(db.q, "A81001")).toEqual({ groupCode: "G1", isSigned: false });
    await db.q.execute(sql`update sharing_memberships set agreement_version = '1.0', signed_by = 'A manager',
      signed_at = app_now(), valid_from = '2026-01-01'`);
    expect(await membershipOf(db.q, "A81001")).toEqual({ groupCode: "G1", isSigned: true });
    const moved = [{ ...two[0], sub_icb_code: "G2" }, { ...two[1] }];
    const { summary } = await importText(db, practicesCsv(...moved), { sharingGroup: "sub_icb_code" });
    expect(summary.groupsTouched).toBe(2);
    expect(await membershipOf(db.q, "A81001")).toEqual({ groupCode: "G2", isSigned: false });
    expect(await membershipOf(db.q, "A81002")).toEqual({ groupCode: "G1", isSigned: true });
    expect(await count(db, sql`neighbours`)).toBe(0);
  });

  it("keeps what practices set themselves, and brings names, sizes and PCNs in step", async () => {
    await importText(db, practicesCsv(...two), { sharingGroup: "sub_icb_code" });
    await db.q.execute(sql`update organisations set is_accepting = false, daily_cap = 6 where code = 'A81001'`);
    const changed = [
      { ...two[0], name: "New Name", list_size: "", pcn_code: "U2", pcn_name: "Two PCN" },
      { ...two[1] },
    ];
    const { summary } = await importText(db, practicesCsv(...changed), { sharingGroup: "sub_icb_code" });
    expect(summary).toMatchObject({ created: 0, updated: 1, unchanged: 1, groupsTouched: 1 });
    expect(await readOrganisation(db.q, "A81001")).toMatchObject({
      name: "New Name",
      listSize: 8000,
      isAccepting: false,
      dailyCap: 6,
    });
    const same = await rows(db.q, z.object({ same: z.boolean() }), sql`select is_same_pcn as same from neighbours`);
    expect(same).toEqual([{ same: true }, { same: true }]);
  });

  it("closes what the file calls closed, and with closeMissing what it leaves out, but never a hub", async () => {
    await importText(db, practicesCsv(...two));
    await aPractice(db, { code: "HUB1", kind: "hub", group: null });
    const closing = practicesCsv({ ...two[0], status: "CLOSED", lat: "", lon: "" });
    expect((await importText(db, closing)).summary).toMatchObject({ closed: 1, updated: 0 });
    expect(await readOrganisation(db.q, "A81001")).toMatchObject({ status: "CLOSED", lat: 54.56162 });
    expect(await readOrganisation(db.q, "A81002")).toMatchObject({ status: "ACTIVE" });
    expect((await importText(db, closing, { closeMissing: true })).summary).toMatchObject({ closed: 1, unchanged: 1 });
    expect(await readOrganisation(db.q, "A81002")).toMatchObject({ status: "CLOSED" });
    expect(await readOrganisation(db.q, "HUB1")).toMatchObject({ status: "ACTIVE" });
  });

  it("does not make practices that closed before they were known", async () => {
    const { summary } = await importText(db, practicesCsv({ status: "CLOSED", lat: "", lon: "" }));
    expect(summary).toMatchObject({ rows: 1, created: 0, ignored: 1 });
    expect(await readOrganisation(db.q, "A81001")).toBeUndefined();
  });

  const bad = practicesCsv(
    { ods_code: "A81001" },
    { ods_code: "A 81", lat: "somewhere" },
    { ods_code: "A81001" },
    { ods_code: "A81003", postcode: "nowhere", status: "OPEN" },
    { ods_code: "A81004", name: "Practice of 943 476 5919" },
    { ods_code: "A81005", list_size: "about 900" },
  );

  it("C6: names each bad row with its line and the fix, and imports nothing", async () => {
    const said: string[] = [];
    await expect(importText(db, bad, {}, said)).rejects.toThrow(/Nothing was imported/);
    const text = said.join("\n");
    expect(text).toMatch(/line 3, ods_code: "A 81" is not an organisation code\. Write the ODS code/);
    expect(text).toMatch(/line 3, lat: "somewhere" is not a latitude/);
    expect(text).toMatch(/line 4 \(A81001\), ods_code: A81001 stands on line 2 already/);
    expect(text).toMatch(/line 5 \(A81003\), status: "OPEN" is not a status\. Use one of ACTIVE/);
    expect(text).toMatch(/line 5 \(A81003\), postcode/);
    expect(text).toMatch(/line 7 \(A81005\), list_size: "about 900" is not a number of patients/);
    expect(await count(db, sql`organisations`)).toBe(0);
  });

  it("P1: a name that holds something like an NHS number is refused, and the number is not repeated", async () => {
    const said: string[] = [];
    const { summary } = await importText(db, bad, { skipBad: true }, said);
    expect(summary).toMatchObject({ created: 1, refused: 5 });
    expect(said.join("\n")).toMatch(/line 6 \(A81004\), name: This looks like an NHS number/);
    expect(said.join("\n")).not.toMatch(/943.?476.?5919/);
    expect(await readOrganisation(db.q, "A81004")).toBeUndefined();
  });

  it("says which columns are missing, and which there are to group by", async () => {
    await expect(importText(db, "ods_code,name\nA81001,Surgery")).rejects.toThrow(/postcode, status, lat, lon/);
    await expect(importText(db, practicesCsv(...two), { sharingGroup: "county" })).rejects.toThrow(
      /no column county.*sub_icb_code/,
    );
  });

  it("reads a file that a spreadsheet saved: byte-order mark, quotes, Windows-1252", async () => {
    await importText(db, `\uFEFF${practicesCsv({ name: 'The "Old" Surgery, Stockton' })}`);
    expect(await readOrganisation(db.q, "A81001")).toMatchObject({ name: 'The "Old" Surgery, Stockton' });
    await importText(db, Buffer.from(practicesCsv({ name: "Caf\u00e9 Surgery" }), "latin1"));
    expect(await readOrganisation(db.q, "A81001")).toMatchObject({ name: "Café Surgery" });
  });

  it("refuses a file that names a hub as a practice", async () => {
    await aPractice(db, { code: "A81001", kind: "hub", group: null });
    await expect(importText(db, practicesCsv(...two))).rejects.toMatchObject({ code: "import-other-kind" });
  });
});
