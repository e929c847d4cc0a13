import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { nextWeekRoutes } from "../../../src/features/capacity/index.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import { aClinic, aPractice, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { openDesk, type Desk } from "./desk.ts";

const PATH = "/v1/clinics/next-week";
const weekOf = "2026-12-14";

let db: TestDatabase;
let desk: Desk;
let nurse: Actor;
beforeAll(async () => {
  db = await openTestDatabase();
  desk = openDesk(db, nextWeekRoutes);
});
afterAll(async () => {
  await desk.close();
  await db.close();
});
beforeEach(async () => {
  // Thursday, when it is asked.
  await db.holdClock("2026-12-17T10:00:00Z");
  nurse = await aUser(db, { at: (await aPractice(db)).code });
});

const at = async (startsAt: string): Promise<string> =>
  (await aClinic(db, { at: nurse.organisationCode, startsAt, services: ["wound-simple"] })).clinicId;

describe("Same clinics next week? by the API (C1, C2)", () => {
  it("shows what each would be, with its slots and why one cannot be; reading it answers nothing", async () => {
    const tuesday = await at("2026-12-15T09:00:00Z");
    const friday = await at("2026-12-18T09:00:00Z");
    const shown = await desk.say(nurse, "GET", PATH);
    expect(shown).toMatchObject({
      status: 200,
      body: {
        weekOf,
        answer: null,
        clinics: [
          {
            id: tuesday,
            next: "open",
            says: null,
            slots: 3,
            startsAt: "2026-12-22T09:00:00.000Z",
            services: ["wound-simple"],
          },
          {
            id: friday,
            next: "skipped",
            startsAt: "2026-12-25T09:00:00.000Z",
          },
        ],
      },
    });
    expect(JSON.stringify(shown.body)).toMatch(/"says":"[^"]*Christmas Day/);
    expect((await desk.say(nurse, "GET", PATH)).body).toEqual(shown.body);
  });

  it("yes publishes all that can be, once; change publishes nothing; what was said is shown", async () => {
    await at("2026-12-15T09:00:00Z");
    await at("2026-12-16T09:00:00Z");
    await at("2026-12-18T09:00:00Z");
    const yes = { answer: "yes", weekOf };
    expect(await desk.say(nurse, "POST", PATH, yes)).toMatchObject({ status: 200, body: { published: 2 } });
    expect(await desk.say(nurse, "POST", PATH, yes)).toMatchObject({ status: 200, body: { published: 0 } });
    expect(await desk.say(nurse, "GET", PATH)).toMatchObject({
      body: { answer: "yes", clinics: [{ next: "there" }, { next: "there" }, { next: "skipped" }] },
    });
    const other = await aUser(db, { at: (await aPractice(db)).code });
    await aClinic(db, { at: other.organisationCode, startsAt: "2026-12-15T09:00:00Z" });
    expect(await desk.say(other, "POST", PATH, { answer: "change", weekOf })).toMatchObject({ body: { published: 0 } });
    expect(await desk.say(other, "GET", PATH)).toMatchObject({
      body: { answer: "change", clinics: [{ next: "open" }] },
    });
  });

  it("yes to some publishes those; another practice's are nobody's here (P3)", async () => {
    const tuesday = await at("2026-12-15T09:00:00Z");
    await at("2026-12-16T09:00:00Z");
    const theirs = (await aClinic(db, { startsAt: "2026-12-15T09:00:00Z" })).clinicId;
    const some = { answer: "yes", weekOf, clinics: [tuesday, theirs] };
    expect(await desk.say(nurse, "POST", PATH, some)).toMatchObject({ body: { published: 1 } });
    expect(await desk.say(nurse, "GET", PATH)).toMatchObject({
      body: { clinics: [{ next: "there" }, { next: "open" }] },
    });
  });

  it("takes neither last week's answer nor other words", async () => {
    expect(await desk.say(nurse, "POST", PATH, { answer: "yes", weekOf: "2026-12-07" })).toMatchObject({
      status: 409,
      body: { code: "week-is-over" },
    });
    for (const body of [{ answer: "maybe", weekOf }, { answer: "change", weekOf, clinics: [] }, { answer: "yes" }])
      expect((await desk.say(nurse, "POST", PATH, body)).status).toBe(422);
  });
});
