import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Actor } from "../../../src/features/access/index.ts";
import { amendRequest } from "../../../src/features/requests/amending.service.ts";
import { amendRequestBody, type RequestView } from "../../../src/features/requests/requests.schema.ts";
import { ensureCatalogue } from "../../../src/features/services/index.ts";
import { aPractice, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { codeOf, MONDAY, post, problemsOf, recordingPorts } from "./support.ts";

describe("R5: a dressing that nobody had checked", () => {
  let db: TestDatabase;
  let home: string;
  beforeAll(async () => {
    db = await openTestDatabase();
    await ensureCatalogue(db.q);
  });
  afterAll(async () => db.close());
  beforeEach(async () => {
    await db.holdClock(MONDAY);
    home = (await aPractice(db)).code;
  });

  const sort = async (actor: Actor, view: RequestView, service: string): Promise<RequestView> =>
    db.database.transact(async (tx) =>
      amendRequest(tx, recordingPorts().ports, actor, {
        ...amendRequestBody.parse({ lines: [{ line: 1, service }] }),
        reference: view.reference,
        version: view.version,
      }),
    );

  it("is sorted by a nurse, and keeps its needs", async () => {
    const nurse = await aUser(db, { at: home, roles: ["nurse"] });
    const view = await post(db, nurse, { service: "wound-unassessed", count: 3 });
    const after = await sort(nurse, view, "wound-simple");
    expect(after.lines[0]).toMatchObject({ service: "wound-simple", count: 3 });
  });

  it("is not sorted by reception", async () => {
    const reception = await aUser(db, { at: home, roles: ["reception"] });
    const view = await post(db, reception, { service: "wound-unassessed", count: 1 });
    expect(await codeOf(sort(reception, view, "wound-simple"))).toBe("nurse-sorts-dressings");
  });

  it("cannot be made of something else", async () => {
    const nurse = await aUser(db, { at: home, roles: ["nurse"] });
    const view = await post(db, nurse, { service: "smear", count: 1 });
    expect(await problemsOf(sort(nurse, view, "wound-complex"))).toEqual(["/lines/0/service"]);
  });
});
