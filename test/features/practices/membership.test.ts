import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createOrganisationCommand, signAgreementCommand } from "../../../src/app/commands/sign-agreement.ts";
import { brokerStreams, isAskableSql, membershipOf } from "../../../src/features/practices/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { aPractice, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { count } from "./support.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-21T09:00:00Z");
});
afterAll(async () => db.close());

const isSigned = async (code: string): Promise<boolean | undefined> => (await membershipOf(db.q, code))?.isSigned;
const sign = async (more: Record<string, unknown>) =>
  signAgreementCommand(db.database, { version: "1.0", signedBy: "A manager", from: "2026-01-01", ...more });

describe("P6: membership of a sharing group", () => {
  it("holds from its first day to its last, by the London date", async () => {
    const { code } = await aPractice(db, { group: "DATES", signed: false });
    expect(await isSigned(code)).toBe(false);
    await sign({ groupCode: "DATES", from: "2027-06-02", until: "2027-06-03" });
    const at = async (iso: string) => {
      await db.holdClock(iso);
      return isSigned(code);
    };
    // Summer time: the London day begins at 23:00 UTC.
    expect(await at("2027-06-01T22:59:00Z")).toBe(false);
    expect(await at("2027-06-01T23:00:00Z")).toBe(true);
    expect(await at("2027-06-03T22:59:00Z")).toBe(true);
    expect(await at("2027-06-03T23:00:00Z")).toBe(false);
    await db.holdClock("2026-12-21T09:00:00Z");
  });

  it("can be signed for some members, and for nobody outside the group", async () => {
    const [one, two] = [
      await aPractice(db, { group: "SOME", signed: false }),
      await aPractice(db, { group: "SOME", signed: false }),
    ];
    const foreign = await aPractice(db, { group: "OTHER", signed: false });
    expect(await sign({ groupCode: "SOME", organisations: [one.code] })).toEqual({ signed: 1 });
    expect([await isSigned(one.code), await isSigned(two.code)]).toEqual([true, false]);
    await expect(sign({ groupCode: "SOME", organisations: [foreign.code] })).rejects.toMatchObject({
      code: "not-members",
    });
    await expect(sign({ groupCode: "NOWHERE" })).rejects.toMatchObject({ code: "group-unknown" });
    await expect(sign({ groupCode: "SOME", until: "2025-01-01" })).rejects.toMatchObject({ code: "agreement-dates" });
  });

  it("P1: whoever signs has a name without something like an NHS number", async () => {
    await expect(sign({ groupCode: "SOME", signedBy: "943 476 5919" })).rejects.toThrow(/looks like an NHS number/);
  });
});

describe("creating organisations", () => {
  it("makes a hub and a federation of a new group, once, with a neighbour where there is a place", async () => {
    const hub = { code: "hub-1", kind: "hub", name: "Evening hub", groupCode: "NEW", lat: 54.57, lon: -1.31 };
    expect(await createOrganisationCommand(db.database, hub)).toEqual({ code: "HUB-1", isNewGroup: true });
    await expect(createOrganisationCommand(db.database, hub)).rejects.toMatchObject({ code: "organisation-exists" });
    await createOrganisationCommand(db.database, { ...hub, code: "HUB-2", lat: 54.58 });
    await createOrganisationCommand(db.database, { code: "FED-1", kind: "federation", name: "Fed", groupCode: "NEW" });
    expect(await brokerStreams(db.q, "NEW")).toEqual(["FED-1"]);
    expect(await count(db, sql`neighbours where home_code in ('HUB-1', 'HUB-2', 'FED-1')`)).toBe(2);
    await expect(createOrganisationCommand(db.database, { ...hub, code: "HUB-3", lon: undefined })).rejects.toThrow(
      /both/,
    );
  });
});

describe("who may be asked", () => {
  it("ACTIVE practices of 500 patients or more or of unknown size, and hubs; never federations", async () => {
    const group = "ASKED";
    const yes = [
      await aPractice(db, { group, listSize: 500 }),
      await aPractice(db, { group, listSize: null }),
      await aPractice(db, { group, kind: "hub", listSize: null }),
    ];
    await aPractice(db, { group, listSize: 499 });
    await aPractice(db, { group, status: "DORMANT" });
    await aPractice(db, { group, kind: "federation" });
    const found = await rows(
      db.q,
      z.object({ code: z.string() }),
      sql`select o.code from organisations o join sharing_memberships m on m.organisation_code = o.code
          where m.group_code = ${group} and ${isAskableSql("o")}`,
    );
    expect(found.map(({ code }) => code).toSorted()).toEqual(yes.map(({ code }) => code).toSorted());
  });
});
