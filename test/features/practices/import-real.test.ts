import { sql } from "drizzle-orm";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { signAgreementCommand } from "../../../src/app/commands/sign-agreement.ts";
import { membershipOf } from "../../../src/features/practices/index.ts";
import { servicesOf } from "../../../src/features/services/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { openTestDatabase, referenceData, type TestDatabase } from "../../support/index.ts";
import { count, importText, type ImportRun } from "./support.ts";

const file = referenceData("data/practices.csv");

describe.skipIf(file === undefined)("importing every practice of England", () => {
  let db: TestDatabase;
  let text = "";
  let first: ImportRun;
  let firstMs = 0;
  const timed = async (): Promise<ImportRun> => {
    const from = performance.now();
    const run = await importText(db, text, { sharingGroup: "sub_icb_code" });
    firstMs = performance.now() - from;
    return run;
  };
  beforeAll(async () => {
    db = await openTestDatabase();
    text = await readFile(file ?? "", "utf8");
    first = await timed();
  }, 60_000);
  afterAll(async () => db.close());

  it("takes all 6,171 in seconds", () => {
    expect(first.summary).toMatchObject({ rows: 6171, created: 6171, refused: 0, groupsTouched: 106 });
    // The suite shares its cores with others; `test/bench/import.bench.ts` measures alone.
    expect(firstMs).toBeLessThan(20_000);
  });

  it("is idempotent, and quick when there is nothing to do", async () => {
    const { summary } = await timed();
    expect(summary).toMatchObject({ created: 0, updated: 0, closed: 0, unchanged: 6171, groupsTouched: 0 });
    expect(firstMs).toBeLessThan(5_000);
  });

  it("makes neighbours of the same group only, both ways, with haversine distances", async () => {
    const shape = z.object({
      pairs: z.coerce.number(),
      oneWay: z.coerce.number(),
      foreign: z.coerce.number(),
      far: z.number(),
    });
    const [found] = await rows(
      db.q,
      shape,
      sql`select count(*) as pairs,
            count(*) filter (where not exists (select from neighbours r where r.home_code = n.host_code
              and r.host_code = n.home_code and r.km = n.km)) as "oneWay",
            count(*) filter (where a.group_code <> b.group_code) as foreign, max(km)::float8 as far
          from neighbours n join sharing_memberships a on a.organisation_code = n.home_code
          join sharing_memberships b on b.organisation_code = n.host_code`,
    );
    expect(found).toMatchObject({ oneWay: 0, foreign: 0 });
    expect(found?.pairs).toBeGreaterThan(400_000);
    expect(found?.far).toBeLessThanOrEqual(80);
    const [known] = await rows(
      db.q,
      z.object({ km: z.number() }),
      sql`select km::float8 from neighbours where home_code = 'A81001' and host_code = 'A81002'`,
    );
    expect(known?.km).toBeCloseTo(haversine([54.56162, -1.31899], [54.56916, -1.31388]), 4);
  });

  it("P6: signing one sub-ICB makes its members, and nobody else, matchable", async () => {
    const signed = await signAgreementCommand(db.database, {
      groupCode: "93C",
      version: "1.0",
      signedBy: "A manager",
      from: "2026-01-01",
    });
    expect(signed).toEqual({ signed: 175 });
    expect(await membershipOf(db.q, "E83003")).toEqual({ groupCode: "93C", isSigned: true });
    expect(await count(db, sql`sharing_memberships where signed_at is not null`)).toBe(175);
    expect(await servicesOf(db.q, "E83003")).toContain("wound-simple");
    expect(await servicesOf(db.q, "E83003")).not.toContain("care-home-round");
    expect(await count(db, sql`match_due where group_code = '93C'`)).toBeGreaterThan(0);
    expect(await count(db, sql`audit_entries where action = 'agreement.sign' and subject = '93C'`)).toBe(1);
  });
});

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const haversine = ([lat1, lon1]: [number, number], [lat2, lon2]: [number, number]): number =>
  2 *
  6371.0088 *
  Math.asin(
    Math.sqrt(
      Math.sin(radians(lat2 - lat1) / 2) ** 2 +
        Math.cos(radians(lat1)) * Math.cos(radians(lat2)) * Math.sin(radians(lon2 - lon1) / 2) ** 2,
    ),
  );
