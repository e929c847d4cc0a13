import { and, eq, isNull } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { clinics, slots } from "../../../src/features/capacity/capacity.table.ts";
import { capacitySweepers, clinicRoutes, seriesRoutes, setSlotStates } from "../../../src/features/capacity/index.ts";
import { aService, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { openDesk, recordedPorts, type Desk, type RecordedPorts } from "./desk.ts";

let db: TestDatabase;
let desk: Desk;
let ports: RecordedPorts;
let nurse: Actor;

beforeAll(async () => {
  db = await openTestDatabase();
  for (const code of ["wound-simple", "b12"]) await aService(db, code);
});
beforeEach(async () => {
  await db.holdClock("2026-12-07T08:00:00Z");
  ports = recordedPorts();
  await desk?.close();
  desk = openDesk(db, [...clinicRoutes(ports), ...seriesRoutes(ports)]);
  nurse = await aUser(db);
});
afterAll(async () => {
  await desk.close();
  await db.close();
});

const fridays = {
  services: ["wound-simple"],
  pledge: "ask",
  slotMinutes: 20,
  weekdays: [5],
  opens: "09:00",
  closes: "12:00",
  breaks: [{ from: "10:20", until: "10:40" }],
};
const view = z.object({
  id: z.string(),
  version: z.number(),
  days: z.array(z.object({ date: z.string(), clinicId: z.string(), isChanged: z.boolean(), isWithdrawn: z.boolean() })),
  skipped: z.array(z.object({ date: z.string(), reason: z.string(), says: z.string() })),
});
const post = async (body: object = fridays) => {
  const said = await desk.say(nurse, "POST", "/v1/clinic-series", body);
  if (said.status !== 201) throw new Error(JSON.stringify(said.body));
  return view.parse(said.body);
};
const get = async (id: string) => view.parse((await desk.say(nurse, "GET", `/v1/clinic-series/${id}`)).body);
const dates = (series: z.output<typeof view>): string[] =>
  series.days.filter((day) => !day.isWithdrawn).map((day) => day.date);
const sweep = async (): Promise<void> => {
  for (const sweeper of capacitySweepers(db.database)) await sweeper.run();
};
const liveClinics = async () =>
  db.q
    .select()
    .from(clinics)
    .where(and(eq(clinics.organisationCode, nurse.organisationCode), isNull(clinics.withdrawnAt)))
    .orderBy(clinics.startsAt);
const agreeOn = async (clinicId: string): Promise<string> => {
  const [slot] = await db.q.select().from(slots).where(eq(slots.clinicId, clinicId)).orderBy(slots.startsAt);
  const id = slot?.id ?? "";
  await db.database.transact(async (tx) => setSlotStates(tx, [id], ["free"], "busy"));
  ports.agreements.set(id, {
    agreementId: id,
    reference: "CR-7F3K",
    needRef: "N01",
    homeCode: "A81001",
    startsAt: new Date("2026-12-11T09:00:00Z"),
    endsAt: new Date("2026-12-11T09:20:00Z"),
    step: "agreed",
  });
  return id;
};

describe("weekly clinics", () => {
  it("C2: repeat for eight weeks; England's bank holidays are skipped and said so", async () => {
    const series = await post();
    expect(dates(series)).toEqual(["2026-12-11", "2026-12-18", "2027-01-08", "2027-01-15", "2027-01-22", "2027-01-29"]);
    expect(series.skipped).toEqual([
      { date: "2026-12-25", reason: "bank-holiday", says: "Christmas Day" },
      { date: "2027-01-01", reason: "bank-holiday", says: "New Year’s Day" },
    ]);
    const [first] = await liveClinics();
    const there = await db.q
      .select()
      .from(slots)
      .where(eq(slots.clinicId, first?.id ?? ""));
    expect(there).toHaveLength(8);
  });

  it("T1: nine o'clock stays nine o'clock across the clock change", async () => {
    await db.holdClock("2027-03-15T08:00:00Z");
    await post({ ...fridays, lastDate: "2027-04-09" });
    expect((await liveClinics()).map((clinic) => clinic.startsAt.toISOString())).toEqual([
      "2027-03-19T09:00:00.000Z",
      "2027-04-02T08:00:00.000Z",
      "2027-04-09T08:00:00.000Z",
    ]);
  });

  it("C2: the sweep makes the next days once, however often and by however many it is run", async () => {
    const { id } = await post();
    await sweep();
    expect(await liveClinics()).toHaveLength(6);
    await db.advance({ days: 14 });
    await Promise.all([sweep(), sweep(), sweep()]);
    expect(dates(await get(id))).toEqual([
      "2027-01-08",
      "2027-01-15",
      "2027-01-22",
      "2027-01-29",
      "2027-02-05",
      "2027-02-12",
    ]);
    expect(await liveClinics()).toHaveLength(8);
  });

  it("C5: firm days that the sweep makes wait to be confirmed", async () => {
    await post({ ...fridays, pledge: "firm" });
    await db.advance({ days: 7 });
    await sweep();
    const made = (await liveClinics()).map((clinic) => clinic.confirmedOn);
    expect(made.filter((day) => day === "2026-12-07")).toHaveLength(6);
    expect(made.filter((day) => day === null)).toHaveLength(1);
  });

  it("C2: a day changed or withdrawn by hand is neither overwritten nor made again", async () => {
    const series = await post();
    const [first, second] = series.days;
    const longer = { endsAt: "2026-12-11T13:00:00Z" };
    const patched = await desk.say(nurse, "PATCH", `/v1/clinics/${first?.clinicId}`, longer, { "if-match": '"1"' });
    expect(patched.status).toBe(200);
    await desk.say(nurse, "POST", `/v1/clinics/${second?.clinicId}/withdraw`, {});
    const changed = await desk.say(
      nurse,
      "PATCH",
      `/v1/clinic-series/${series.id}`,
      { closes: "11:00", weekdays: [4, 5] },
      { "if-match": '"1"' },
    );
    expect(changed.status).toBe(200);
    await sweep();
    const ends = (await liveClinics()).map((clinic) => clinic.endsAt.toISOString().slice(0, 13));
    expect(ends).toContain("2026-12-11T13");
    expect(ends).not.toContain("2026-12-18T11");
    expect(ends).toContain("2027-01-08T11");
    expect(ends).toContain("2026-12-10T11");
  });

  it("C4: a change of the rule shows first which agreements it breaks on all its days", async () => {
    const series = await post();
    const lost = [await agreeOn(series.days[0]?.clinicId ?? ""), await agreeOn(series.days[1]?.clinicId ?? "")];
    const change = { opens: "10:00" };
    const shown = await desk.say(nurse, "PATCH", `/v1/clinic-series/${series.id}`, change, { "if-match": '"1"' });
    expect(shown).toMatchObject({ status: 409, body: { code: "would-break-agreements" } });
    expect(z.array(z.unknown()).parse(shown.body["agreements"])).toHaveLength(2);
    const done = await desk.say(
      nurse,
      "PATCH",
      `/v1/clinic-series/${series.id}`,
      { ...change, confirmBreaking: true },
      { "if-match": '"1"' },
    );
    expect(done).toMatchObject({ status: 200, body: { agreements: { broken: 2 } } });
    expect(ports.lost.flatMap((one) => one.slotIds)).toEqual(expect.arrayContaining(lost));
  });

  it("C2: ending a series withdraws its days ahead", async () => {
    const series = await post();
    await db.advance({ days: 5 });
    expect((await desk.say(nurse, "DELETE", `/v1/clinic-series/${series.id}`)).status).toBe(200);
    expect((await liveClinics()).map((clinic) => clinic.seriesDate)).toEqual(["2026-12-11"]);
    expect((await desk.say(nurse, "GET", `/v1/clinic-series/${series.id}`)).status).toBe(404);
    await sweep();
    expect(await liveClinics()).toHaveLength(1);
  });

  it("C1: a day on which the lane is taken is skipped and said so", async () => {
    const clash = {
      services: ["b12"],
      pledge: "ask",
      slotMinutes: 10,
      lane: "N1",
      startsAt: "2026-12-18T08:00:00Z",
      endsAt: "2026-12-18T10:00:00Z",
    };
    await desk.say(nurse, "POST", "/v1/clinics", clash);
    const series = await post({ ...fridays, lane: "N1" });
    expect(series.skipped.map((day) => `${day.date} ${day.reason}`)).toContain("2026-12-18 lane-taken");
    expect(dates(series)).not.toContain("2026-12-18");
  });

  it("P3: somebody else's series is none", async () => {
    const { id } = await post();
    const stranger = await aUser(db);
    expect((await desk.say(stranger, "GET", `/v1/clinic-series/${id}`)).status).toBe(404);
    expect((await desk.say(stranger, "DELETE", `/v1/clinic-series/${id}`)).status).toBe(404);
  });

  it.each([
    ["no weekday", { weekdays: [] }],
    ["an eighth weekday", { weekdays: [8] }],
    ["ending before it starts", { closes: "08:00" }],
    ["a break outside", { breaks: [{ from: "12:00", until: "12:30" }] }],
  ])("C2: refuses %s", async (_what, change) => {
    expect((await desk.say(nurse, "POST", "/v1/clinic-series", { ...fridays, ...change })).status).toBe(422);
  });
});

describe("closures", () => {
  it("C2, C4: closing a day shows what it breaks, withdraws, is skipped by series, and can be taken back", async () => {
    const series = await post();
    const lost = await agreeOn(series.days[1]?.clinicId ?? "");
    const closing = { date: "2026-12-18" };
    expect((await desk.say(nurse, "POST", "/v1/closures", closing)).body["code"]).toBe("would-break-agreements");
    expect((await desk.say(nurse, "GET", "/v1/closures")).body).toEqual({ items: [] });
    const closed = await desk.say(nurse, "POST", "/v1/closures", { ...closing, confirmBreaking: true });
    expect(closed).toMatchObject({ status: 201, body: { withdrawn: 1, agreements: { broken: 1 } } });
    expect(ports.lost).toEqual([{ slotIds: [lost], cause: "clinic-withdrawn" }]);
    const after = await get(series.id);
    expect(dates(after)).not.toContain("2026-12-18");
    expect(after.skipped).toContainEqual({ date: "2026-12-18", reason: "closed", says: "You are closed that day" });

    expect((await desk.say(nurse, "DELETE", "/v1/closures/2026-12-18")).status).toBe(204);
    expect(dates(await get(series.id))).toContain("2026-12-18");
    expect((await desk.say(nurse, "DELETE", "/v1/closures/2026-12-18")).status).toBe(404);
  });

  it("C2: not for a day that has passed", async () => {
    expect((await desk.say(nurse, "POST", "/v1/closures", { date: "2026-12-06" })).status).toBe(422);
  });
});
