import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { clinics, slots } from "../../../src/features/capacity/capacity.table.ts";
import { clinicRoutes, setSlotStates } from "../../../src/features/capacity/index.ts";
import { readImport } from "../../../src/features/capacity/import-csv.rules.ts";
import { aService, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { openDesk, recordedPorts, type Desk } from "./desk.ts";

let db: TestDatabase;
let desk: Desk;
let nurse: Actor;
const ports = recordedPorts();

beforeAll(async () => {
  db = await openTestDatabase();
  for (const code of ["wound-simple", "b12"]) await aService(db, code);
  desk = openDesk(db, clinicRoutes(ports));
});
beforeEach(async () => {
  await db.holdClock("2026-12-21T08:00:00Z");
  nurse = await aUser(db);
});
afterAll(async () => {
  await desk.close();
  await db.close();
});

const header = "date,from,until,services,slot_minutes,pledge,channel,provides,lane,key";
const csv = (...lines: string[]): string => [header, ...lines].join("\r\n");
const send = async (text: string, url = "/v1/clinics/import") => desk.say(nurse, "POST", url, { csv: text });
const badRows = (body: Record<string, unknown>) =>
  z.object({ bad: z.array(z.object({ line: z.number(), column: z.string(), fix: z.string() })) }).parse(body).bad;
const ours = async () => db.q.select().from(clinics).where(eq(clinics.organisationCode, nurse.organisationCode));

const two = csv(
  "2026-12-22,09:00,12:00,wound-simple;b12,20,firm,,step-free,N1,K1",
  "22/12/2026,9:00,10:00,b12,10,ask,telephone,,N2,",
);

describe("importing clinics", () => {
  it("C6: the same file again changes nothing", async () => {
    expect(await send(two)).toMatchObject({
      status: 200,
      body: { rows: 2, created: 2, updated: 0, unchanged: 0, bad: [] },
    });
    const before = await ours();
    expect(await send(two)).toMatchObject({ status: 200, body: { created: 0, updated: 0, unchanged: 2 } });
    expect(await ours()).toEqual(before);
    expect(new Set(before.map((clinic) => clinic.confirmedOn))).toEqual(new Set(["2026-12-21", null]));
  });

  it("C6: a changed row updates its clinic, found again by its key", async () => {
    await send(two);
    const changed = two.replace("12:00,wound-simple;b12", "13:00,b12");
    expect(await send(changed)).toMatchObject({ status: 200, body: { created: 0, updated: 1, unchanged: 1 } });
    const clinic = (await ours()).find((one) => one.externalKey === "K1");
    expect(clinic).toMatchObject({ services: ["b12"], endsAt: new Date("2026-12-22T13:00:00Z"), isChanged: false });
    const free = await db.q
      .select()
      .from(slots)
      .where(eq(slots.clinicId, clinic?.id ?? ""));
    expect(free).toHaveLength(12);
  });

  it("C6: all or nothing; each bad row by its line and with the fix", async () => {
    const text = csv(
      "2026-12-22,09:00,12:00,wound-simple,20,firm,,,N1,K1",
      "2026-12-22,11:00,13:00,wound-simple,20,firm,,,N1,K2",
      "soon,09:00,12:00,no such thing,2,maybe,carrier-pigeon,,Nurse Jo,K3",
      "2026-12-20,09:00,12:00,b12,20,ask,,,,K4",
      "2026-12-23,09:00,12:00,made-up,20,ask,,,,K5",
      "2026-12-23,09:00,12:00,b12,20,ask,,,,K1",
      "2026-12-23,12:00,09:00,b12,20,ask,,,,K6",
    );
    const refused = await send(text);
    expect(refused).toMatchObject({ status: 422, body: { code: "import-refused", rows: 7 } });
    expect(badRows(refused.body).map(({ line, column }) => `${line} ${column}`)).toEqual([
      "3 lane",
      "4 date",
      "4 services",
      "4 slot_minutes",
      "4 pledge",
      "4 channel",
      "4 lane",
      "5 date",
      "6 services",
      "7 key",
      "8 until",
    ]);
    expect(await ours()).toEqual([]);
    const skipped = await send(text, "/v1/clinics/import?skipBad=true");
    expect(skipped).toMatchObject({ status: 200, body: { rows: 7, created: 1 } });
  });

  it("C4, C6: an import never takes away what was given", async () => {
    await send(two);
    const clinic = (await ours()).find((one) => one.externalKey === "K1");
    const all = await db.q
      .select()
      .from(slots)
      .where(eq(slots.clinicId, clinic?.id ?? ""))
      .orderBy(slots.startsAt);
    const last = all.at(-1)?.id ?? "";
    await db.database.transact(async (tx) => setSlotStates(tx, [last], ["free"], "busy"));
    const shorter = await send(two.replace("12:00,wound", "11:00,wound"));
    expect(badRows(shorter.body)).toMatchObject([{ line: 2, column: "row" }]);
    expect(ports.lost).toEqual([]);
  });

  it("P1: something like an NHS number is refused and not said back", async () => {
    const refused = await send(csv("2026-12-22,09:00,12:00,b12,20,ask,,,,943-476-5919"));
    expect(badRows(refused.body)).toMatchObject([{ line: 2, column: "key" }]);
    expect(JSON.stringify(refused.body)).not.toContain("5919");
    const notes = await send(`${header},notes\n2026-12-22,09:00,12:00,b12,20,ask,,,,K9,943 476 5919`);
    expect(badRows(notes.body)).toMatchObject([{ line: 1, column: "header" }]);
    expect(JSON.stringify(notes.body)).not.toContain("5919");
  });
});

describe("reading the file", () => {
  const now = new Date("2026-06-01T08:00:00Z");

  it("T1: wall times are London's, in winter and in summer", () => {
    const file = readImport(csv("2026-07-01,09:00,10:00,b12,20,ask,,,,", "2026-12-01,09:00,10:00,b12,20,ask,,,,"), now);
    expect(file.good.map((row) => row.startsAt.toISOString())).toEqual([
      "2026-07-01T08:00:00.000Z",
      "2026-12-01T09:00:00.000Z",
    ]);
  });

  it("C6: two alike rows without a key are two clinics, and found again in the same order", () => {
    const text = csv("2026-07-01,09:00,10:00,b12,20,ask,,,,", "2026-07-01,09:00,10:00,b12,20,ask,,,,");
    const keys = readImport(text, now).good.map((row) => row.key);
    expect(new Set(keys).size).toBe(2);
    expect(readImport(text, now).good.map((row) => row.key)).toEqual(keys);
  });

  it.each([
    ["nothing at all", "", "date"],
    ["a missing column", "date,from,until,services,slot_minutes\n", "pledge"],
    ["something that is not CSV", `${header}\n"2026-12-22,09:00`, "file"],
    ["too many cells", csv("2026-12-22,09:00,12:00,b12,20,ask,,,,K1,extra"), "row"],
  ])("C6: says what is wrong with %s", (_what, text, column) => {
    expect(readImport(text, now).bad.map((one) => one.column)).toContain(column);
  });

  it("C6: byte-order marks, empty lines and a short row are no problem", () => {
    const file = readImport(`\uFEFF${header}\n\n2026-12-22,09:00,12:00,b12,20,ask\n\n`, now);
    expect(file).toMatchObject({ rowCount: 1, bad: [], good: [{ line: 3, channel: "in-person" }] });
  });
});
