import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { clinicRoutes } from "../../../src/features/capacity/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { readAfter } from "../../../src/platform/event-log/event-log.ts";
import { aPractice, aService, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { openDesk, recordedPorts, type Desk } from "./desk.ts";

let db: TestDatabase;
let desk: Desk;
let nurse: Actor;

const morning = {
  services: ["wound-simple"],
  pledge: "ask",
  startsAt: "2026-12-22T09:00:00Z",
  endsAt: "2026-12-22T12:00:00Z",
  slotMinutes: 20,
};

const published = z.object({
  slotCount: z.number(),
  clinics: z.array(z.object({ id: z.string().nullable(), lane: z.string().nullable(), slotCount: z.number() })),
});
const publish = async (body: object, url = "/v1/clinics", actor = nurse) => {
  const said = await desk.say(actor, "POST", url, body);
  if (said.status >= 300) throw new Error(JSON.stringify(said.body));
  return published.parse(said.body);
};
const problems = (said: { body: Record<string, unknown> }): string[] =>
  z
    .object({ errors: z.array(z.object({ pointer: z.string() })) })
    .parse(said.body)
    .errors.map((one) => one.pointer);

beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-21T08:00:00Z");
  for (const code of ["wound-simple", "b12", "ear"]) await aService(db, code);
  desk = openDesk(db, clinicRoutes(recordedPorts()));
  nurse = await aUser(db);
});
afterAll(async () => {
  await desk.close();
  await db.close();
});

describe("publishing a clinic", () => {
  it("C1: shows the slot count before anything is saved, and saves as many", async () => {
    const body = {
      ...morning,
      clinicians: 2,
      breaks: [{ from: "2026-12-22T10:20:00Z", until: "2026-12-22T10:40:00Z" }],
    };
    const shown = await publish(body, "/v1/clinics?dryRun=true");
    expect(shown.slotCount).toBe(16);
    expect(shown.clinics.map((clinic) => clinic.id)).toEqual([null, null]);
    const before = await desk.say(nurse, "GET", "/v1/clinics");
    expect(before.body["items"]).toEqual([]);

    const saved = await publish(body);
    expect(saved.slotCount).toBe(16);
    const slots = await desk.say(nurse, "GET", "/v1/slots?state=free");
    expect(z.array(z.unknown()).parse(slots.body["items"])).toHaveLength(16);
  });

  it("S3, M5: tells the organisation's own log and makes its group due for matching", async () => {
    const other = await aUser(db, { roles: ["reception"] });
    const { clinics } = await publish(morning, "/v1/clinics", other);
    const [event] = await readAfter(db.q, [{ stream: other.organisationCode, after: 0 }], 10);
    expect(event).toMatchObject({
      type: "clinic.changed",
      data: {
        clinicId: clinics[0]?.id,
        startsAt: "2026-12-22T09:00:00.000Z",
        free: 9,
        held: 0,
        busy: 0,
        withdrawn: false,
      },
    });
    const due = await rows(
      db.q,
      z.object({ cause: z.string() }),
      sql`select cause from match_due order by id desc limit 1`,
    );
    expect(due).toEqual([{ cause: "clinic.published" }]);
    expect(db.followUps.at(-1)).toMatchObject({ job: "plan-group", payload: { groupCode: other.groupCode } });
  });

  it("C1: a clinician's lane is in one place at a time, in a dry run as well", async () => {
    const lanes = { ...morning, startsAt: "2026-12-23T09:00:00Z", endsAt: "2026-12-23T12:00:00Z", lane: "N1" };
    await publish(lanes);
    for (const url of ["/v1/clinics", "/v1/clinics?dryRun=true"]) {
      const clash = await desk.say(nurse, "POST", url, {
        ...lanes,
        startsAt: "2026-12-23T11:00:00Z",
        endsAt: "2026-12-23T13:00:00Z",
      });
      expect(clash).toMatchObject({ status: 409, body: { code: "lane-clash" } });
    }
    await publish({ ...lanes, startsAt: "2026-12-23T12:00:00Z", endsAt: "2026-12-23T13:00:00Z" });
    const twins = await publish({ ...lanes, startsAt: "2026-12-23T09:00:00Z", clinicians: 2 });
    expect(twins.clinics.map((clinic) => clinic.lane)).toEqual(["N1-1", "N1-2"]);
  });

  it.each([
    ["in the past", { startsAt: "2026-12-20T09:00:00Z", endsAt: "2026-12-20T12:00:00Z" }, "/endsAt"],
    ["longer than 14 hours", { endsAt: "2026-12-22T23:20:00Z" }, "/endsAt"],
    ["more than 370 days ahead", { startsAt: "2028-01-04T09:00:00Z", endsAt: "2028-01-04T10:00:00Z" }, "/startsAt"],
    ["ending before it starts", { endsAt: "2026-12-22T08:00:00Z" }, "/endsAt"],
    ["too short for one slot", { endsAt: "2026-12-22T09:10:00Z" }, "/slotMinutes"],
    ["a break outside", { breaks: [{ from: "2026-12-22T08:00:00Z", until: "2026-12-22T09:10:00Z" }] }, "/breaks/0"],
    ["an unknown service", { services: ["b12", "no-such"] }, "/services/1"],
    ["an unknown requirement", { provides: ["a-friendly-face"] }, "/provides/0"],
    ["a lane that is a name", { lane: "Nurse Jo" }, "/lane"],
    ["eleven clinicians", { clinicians: 11 }, "/clinicians"],
    ["a year that no database holds", { startsAt: "0000-01-01T00:00:00Z" }, "/startsAt"],
  ])("C1, P1: refuses %s and says where", async (_what, change, pointer) => {
    const said = await desk.say(nurse, "POST", "/v1/clinics", { ...morning, ...change });
    expect(said.status).toBe(422);
    expect(problems(said)).toContain(pointer);
  });

  it("P1: there is no place for free text", async () => {
    const said = await desk.say(nurse, "POST", "/v1/clinics", { ...morning, notes: "Mrs Smith first" });
    expect(said.status).toBe(422);
  });

  it("P3: somebody else's clinic or site answers as one that does not exist", async () => {
    const stranger = await aUser(db, { roles: ["manager"] });
    const { clinics } = await publish({ ...morning, startsAt: "2026-12-29T09:00:00Z", endsAt: "2026-12-29T10:00:00Z" });
    const id = String(clinics[0]?.id);
    const unknown = await desk.say(stranger, "GET", "/v1/clinics/0191a3b4-0000-7000-8000-000000000000");
    expect(unknown.status).toBe(404);
    expect(await desk.say(stranger, "GET", `/v1/clinics/${id}`)).toEqual(unknown);
    for (const [url, body] of [
      [`/v1/clinics/${id}/withdraw`, {}],
      [`/v1/clinics/${id}/confirm`, {}],
    ] as const)
      expect((await desk.say(stranger, "POST", url, body)).status).toBe(404);
    const patch = await desk.say(stranger, "PATCH", `/v1/clinics/${id}`, { pledge: "firm" }, { "if-match": '"1"' });
    expect(patch.status).toBe(404);
    const { siteId } = await aPractice(db);
    expect((await desk.say(nurse, "POST", "/v1/clinics", { ...morning, siteId })).status).toBe(404);
  });

  it("finds clinics and slots in a window, by state, service and clinic", async () => {
    const manager = await aUser(db, { roles: ["manager"] });
    const first = await publish(morning, "/v1/clinics", manager);
    await publish(
      { ...morning, services: ["b12"], startsAt: "2026-12-23T09:00:00Z", endsAt: "2026-12-23T10:00:00Z" },
      "/v1/clinics",
      manager,
    );
    const count = async (url: string): Promise<number> =>
      z.array(z.unknown()).parse((await desk.say(manager, "GET", url)).body["items"]).length;
    expect(await count("/v1/clinics?from=2026-12-22T00:00:00Z&until=2026-12-23T00:00:00Z")).toBe(1);
    expect(await count("/v1/clinics?withdrawn=true")).toBe(0);
    expect(await count("/v1/slots?from=2026-12-22T11:00:00Z&until=2026-12-23T09:20:00Z")).toBe(4);
    expect(await count("/v1/slots?service=b12")).toBe(3);
    expect(await count(`/v1/slots?clinicId=${first.clinics[0]?.id}&state=free`)).toBe(9);
    expect(await count("/v1/slots?state=busy")).toBe(0);
  });

  it("pages through clinics and slots without repeating or skipping one", async () => {
    const manager = await aUser(db, { roles: ["manager"] });
    await publish({ ...morning, clinicians: 5 }, "/v1/clinics", manager);
    for (const [what, total] of [
      ["clinics", 5],
      ["slots", 45],
    ] as const) {
      const seen: string[] = [];
      let next: string | null = "";
      while (next !== null) {
        const said: { body: unknown } = await desk.say(
          manager,
          "GET",
          `/v1/${what}?limit=2${next === "" ? "" : `&after=${next}`}`,
        );
        const page = z
          .object({ items: z.array(z.object({ id: z.string() })), next: z.string().nullable() })
          .parse(said.body);
        seen.push(...page.items.map((item) => item.id));
        next = page.next;
      }
      expect(new Set(seen).size).toBe(total);
      expect(seen).toHaveLength(total);
    }
    expect((await desk.say(manager, "GET", "/v1/clinics?after=nonsense")).status).toBe(422);
  });
});

describe("confirming firm capacity", () => {
  it("C5: firm by hand counts today, must be confirmed tomorrow, and one click does it for all", async () => {
    const manager = await aUser(db, { roles: ["manager"] });
    const firm = { ...morning, pledge: "firm", startsAt: "2026-12-24T09:00:00Z", endsAt: "2026-12-24T10:00:00Z" };
    const { clinics } = await publish({ ...firm, clinicians: 2 }, "/v1/clinics", manager);
    const isFirm = async () => (await desk.say(manager, "GET", `/v1/clinics/${clinics[0]?.id}`)).body["isFirmToday"];
    expect(await isFirm()).toBe(true);
    await db.advance({ days: 1 });
    expect(await isFirm()).toBe(false);
    const confirmed = await desk.say(manager, "POST", "/v1/clinics/confirm", {});
    expect(confirmed).toMatchObject({ status: 200, body: { confirmedOn: "2026-12-22", clinics: 2 } });
    expect(await isFirm()).toBe(true);
    expect((await desk.say(manager, "POST", "/v1/clinics/confirm", {})).body).toMatchObject({ clinics: 0 });
    await db.holdClock("2026-12-21T08:00:00Z");
  });

  it("C5: an ask clinic has nothing to confirm", async () => {
    const { clinics } = await publish({ ...morning, startsAt: "2026-12-30T09:00:00Z", endsAt: "2026-12-30T10:00:00Z" });
    const said = await desk.say(nurse, "POST", `/v1/clinics/${clinics[0]?.id}/confirm`, {});
    expect(said).toMatchObject({ status: 409, body: { code: "clinic-not-firm" } });
  });
});
