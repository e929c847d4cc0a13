import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ensureCatalogue,
  giveDefaultServices,
  readService,
  replaceServicesOf,
  serviceCatalogue,
  servicesOf,
} from "../../../src/features/services/index.ts";
import { initialCatalogue } from "../../../src/features/services/catalogue.rules.ts";
import {
  serviceCodeSchema,
  serviceInputSchema,
  serviceSchema,
} from "../../../src/features/services/services.schema.ts";
import { putService } from "../../../src/features/services/services.service.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import { aPractice, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";

let db: TestDatabase;
let admin: Actor;
beforeAll(async () => {
  db = await openTestDatabase();
  await ensureCatalogue(db.q);
  admin = await aUser(db, { roles: ["admin"] });
});
afterAll(async () => db.close());

const input = (change: Record<string, unknown> = {}) =>
  serviceInputSchema.parse({
    name: "Simple dressing",
    defaultMinutes: 15,
    performers: ["nurse"],
    requires: [],
    handoverChecklist: ["Patient brings dressings"],
    isSharedByDefault: true,
    matchedAs: null,
    isActive: true,
    ...change,
  });
const put = async (code: string, change: Record<string, unknown> = {}) =>
  db.database.transact(async (tx) => putService(tx, admin, code, input(change)));

describe("the catalogue of services", () => {
  it("knows those that practices speak of, each well formed", () => {
    const codes = initialCatalogue.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes).toEqual(
      expect.arrayContaining(
        (
          "wound-simple wound-complex wound-unassessed suture phleb smear b12 ecg ear compression woundcheck imms-child imms-adult " +
          "inj-other bp healthcheck ltc contraception catheter minorill gp-f2f gp-tel pharmacist-review fcp link-worker " +
          "mental-health visit care-home-round"
        ).split(" "),
      ),
    );
    const malformed = initialCatalogue.filter(({ code, ...service }) =>
      [serviceCodeSchema.safeParse(code), serviceInputSchema.safeParse(service)].some(({ success }) => !success),
    );
    expect(malformed).toEqual([]);
  });

  it("R5: matches a dressing that nobody has assessed as a complex one", async () => {
    expect(await readService(db.q, "wound-unassessed")).toMatchObject({ matchedAs: "wound-complex" });
  });

  it("H2: lists what home prepares, for every service", () => {
    expect(initialCatalogue.filter(({ handoverChecklist }) => handoverChecklist.length === 0)).toEqual([]);
  });

  it("keeps an admin's edits when it is filled in again", async () => {
    await put("wound-simple", { defaultMinutes: 25 });
    await ensureCatalogue(db.q);
    expect(serviceSchema.parse(await readService(db.q, "wound-simple"))).toMatchObject({ defaultMinutes: 25 });
  });

  it("hides what was switched off, but keeps it for old needs", async () => {
    await put("flu", { isActive: false });
    const codes = (await serviceCatalogue(db.q)).map(({ code }) => code);
    expect(codes).not.toContain("flu");
    expect(codes).toContain("phleb");
    expect((await serviceCatalogue(db.q, { withInactive: true })).map(({ code }) => code)).toContain("flu");
  });

  it("is matched in one step: never as itself, as nothing, or as one that is itself matched as another", async () => {
    for (const matchedAs of ["new-service", "no-such-service", "wound-unassessed"]) {
      await expect(put("new-service", { matchedAs })).rejects.toMatchObject({ code: "matched-as-unknown" });
    }
    await expect(put("wound-complex", { matchedAs: "phleb" })).rejects.toMatchObject({ code: "matched-as-unknown" });
    expect(await put("new-service", { matchedAs: "phleb" })).toMatchObject({ matchedAs: "phleb" });
  });

  it("C3: gives what is shared by default once, and never over what a practice has said", async () => {
    const fresh = await aPractice(db);
    const spoken = await aPractice(db);
    await replaceServicesOf(db.q, spoken.code, ["phleb"]);
    await giveDefaultServices(db.q, [fresh.code, spoken.code]);
    expect(await servicesOf(db.q, fresh.code)).toContain("wound-simple");
    expect(await servicesOf(db.q, fresh.code)).not.toContain("visit");
    expect(await servicesOf(db.q, spoken.code)).toEqual(["phleb"]);
  });

  it("P1: refuses something like an NHS number in its texts", () => {
    const refused = serviceInputSchema.safeParse({ ...input(), handoverChecklist: ["Ring about 943 476 5919"] });
    expect(refused.success).toBe(false);
  });
});
