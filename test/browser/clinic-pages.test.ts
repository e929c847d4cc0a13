import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Actor } from "../../src/features/access/index.ts";
import { aClinic, aRequest, aUser, type TestDatabase } from "../support/index.ts";
import { anAgreement } from "./support/agreement.ts";
import { openChristmasSite, type TestSite, type Visitor } from "./support/site.ts";

let db: TestDatabase;
let site: TestSite;
let actor: Actor;
let desk: Visitor;

beforeAll(async () => {
  ({ db, site } = await openChristmasSite());
});
beforeEach(async () => {
  actor = await aUser(db, { roles: ["nurse", "manager"] });
  desk = await site.visitor(actor);
});
afterAll(async () => {
  await site.close();
  await db.close();
});

/** The value of a hidden field. */
const hidden = (body: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(body)?.[1] ?? "";

const landing = (headers: Record<string, unknown>): string => String(headers["location"]);

/** One agreed need of somebody else at the first slot of a clinic of ours on Tuesday at 09:00. */
const agreed = async () => {
  const clinic = await aClinic(db, { at: actor.organisationCode, startsAt: "2026-12-22T09:00:00Z", slots: 4 });
  const request = await aRequest(db, { needs: [{ requires: ["step-free"] }] });
  await anAgreement(db, request, clinic, actor);
  return { clinic, ref: `${request.reference} N01` };
};

const asIs = { date: "2026-12-22", from: "09:00", until: "10:20", services: ["wound-simple"], pledge: "ask" };

describe("changing a clinic", () => {
  it("C4: shows first which agreements it would break, and only then breaks them", async () => {
    const { clinic, ref } = await agreed();
    const path = `/clinics/${clinic.clinicId}/change`;
    const version = hidden((await desk.open(path)).body, "version");
    const shown = await desk.send(path, { ...asIs, version, from: "09:20" });
    expect(shown.statusCode).toBe(409);
    for (const text of ["Before you go on", "This breaks 1 agreement", ref, "Change and tell them"])
      expect(shown.body).toContain(text);
    expect(shown.body).not.toContain("confirmBreaking to");
    expect((await desk.open(`/clinics/${clinic.clinicId}`)).body).toContain("09:00 to 10:20");
    const done = await desk.send(path, { ...asIs, version, from: "09:20", confirmBreaking: "yes" });
    expect(done.statusCode).toBe(303);
    expect((await desk.open(`/clinics/${clinic.clinicId}`)).body).toContain("09:20 to 10:20");
  });

  it("takes a break that was added, and leaves alone what was not touched", async () => {
    const { clinic } = await agreed();
    const path = `/clinics/${clinic.clinicId}/change`;
    const version = hidden((await desk.open(path)).body, "version");
    const same = await desk.send(path, { ...asIs, version });
    expect(landing(same.headers)).toBe(`/clinics/${clinic.clinicId}`);
    expect(hidden((await desk.open(path)).body, "version")).toBe(version);
    expect((await desk.send(path, { ...asIs, version, "breakFrom-2": "later" })).body).toContain(
      "Enter a time such as 09:00",
    );
    await desk.send(path, { ...asIs, version, "breakFrom-2": "9.40", "breakUntil-2": "1000" });
    const page = await desk.open(path);
    expect(page.body).toMatch(/id="breakFrom-1"[^>]* value="09:40"/);
    expect((await desk.open("/clinics")).body).toContain("2 free, 0 held, 1 given");
  });

  it("says kindly when a colleague was quicker", async () => {
    const { clinic } = await agreed();
    const path = `/clinics/${clinic.clinicId}/change`;
    const version = hidden((await desk.open(path)).body, "version");
    await desk.send(path, { ...asIs, version, until: "10:40" });
    const late = await desk.send(path, { ...asIs, version, until: "11:00" });
    expect(late.statusCode).toBe(412);
    expect(late.body).toContain("Somebody changed this since you read it");
  });
});

const weekly = {
  weekdays: ["2", "5"],
  from: "09:00",
  until: "10:00",
  slotMinutes: "20",
  services: ["wound-simple"],
  pledge: "ask",
};

describe("a weekly clinic", () => {
  it("C2: is published in one form, skips bank holidays and says so; C1: shows its slots first", async () => {
    const counted = await desk.send("/clinics/weekly/check", weekly);
    expect(counted.body).toContain("<strong>3 slots</strong> each day");
    expect((await desk.open("/clinics/weekly")).body).toContain("None yet");
    expect((await desk.send("/clinics/weekly/new", { ...weekly, weekdays: [] })).body).toContain("Choose at least one");
    const sent = await desk.send("/clinics/weekly/new", weekly);
    const page = await desk.open(landing(sent.headers));
    expect(page.body).toContain("Tuesday and Friday, 09:00 to 10:00");
    expect(page.body).toContain("Tue 22 Dec");
    expect(page.body).toContain("Fri 25 Dec: Christmas Day");
    expect((await desk.open("/clinics")).body).toContain("Tue 22 Dec, 09:00 to 10:00");
  });

  it("C2: one day is changed by itself, and a change of every week leaves it alone", async () => {
    const path = landing((await desk.send("/clinics/weekly/new", weekly)).headers);
    const day = /\/clinics\/[0-9a-f-]{36}(?=">Tue 22 Dec)/.exec((await desk.open(path)).body)?.[0] ?? "";
    const version = hidden((await desk.open(`${day}/change`)).body, "version");
    await desk.send(`${day}/change`, { ...asIs, version, until: "11:00" });
    expect((await desk.open(path)).body).toContain("Changed by hand");
    const rule = { ...weekly, until: "12:00", version: hidden((await desk.open(path)).body, "version") };
    expect((await desk.send(`${path}/change`, rule)).statusCode).toBe(303);
    const list = await desk.open("/clinics");
    expect(list.body).toContain("Tue 22 Dec, 09:00 to 11:00");
    expect(list.body).toContain("Tue 29 Dec, 09:00 to 12:00");
  });

  it("ends with its days ahead", async () => {
    const path = landing((await desk.send("/clinics/weekly/new", weekly)).headers);
    expect(landing((await desk.send(`${path}/end`, {})).headers)).toBe("/clinics/weekly");
    expect((await desk.open("/clinics")).body).toContain("No clinic is published");
    expect((await desk.open(path)).statusCode).toBe(404);
  });
});

describe("closed days", () => {
  it("C2, C4: a day is closed after it was shown what that breaks, and opened again", async () => {
    const { ref } = await agreed();
    const first = await desk.send("/clinics/closures", { date: "2026-12-22" });
    expect(first.statusCode).toBe(409);
    expect(first.body).toContain(ref);
    expect((await desk.send("/clinics/closures", { date: "2026-12-22", confirmBreaking: "yes" })).statusCode).toBe(303);
    const page = await desk.open("/clinics/closures");
    expect(page.body).toContain("<li>Tue 22 Dec");
    expect(page.body).toContain("Fri 25 Dec: Christmas Day");
    expect((await desk.open("/clinics")).body).toContain("No clinic is published");
    await desk.send("/clinics/closures/2026-12-22/reopen", {});
    expect((await desk.open("/clinics/closures")).body).toContain("None yet");
    expect((await desk.send("/clinics/closures", { date: "2026-12-20" })).body).toContain("This day is in the past");
  });
});

const header = "date,from,until,services,slot_minutes,pledge";
const good = "22/12/2026,09:00,10:00,wound-simple,20,ask";

describe("importing a file", () => {
  it("C6: reports each bad row with its line and the fix, imports nothing, then what is good if asked", async () => {
    const csv = `${header}\r\n${good}\r\n23/12/2026,9 o'clock,10:00,wound-simple,20,ask`;
    const refused = await desk.send("/clinics/import", { csv });
    expect(refused.statusCode).toBe(422);
    expect(refused.body).toContain("Nothing was imported");
    expect(refused.body).toMatch(/Line <\/span><span>3<\/span>/);
    expect(refused.body).toContain("Write it as 09:00, London time.");
    expect((await desk.open("/clinics")).body).toContain("No clinic is published");
    const taken = await desk.send("/clinics/import", { csv, skipBad: "yes" });
    expect(taken.body).toContain("2 rows: 1 new, 0 changed, 0 as before, 1 left out.");
    expect((await desk.open("/clinics")).body).toContain("Tue 22 Dec, 09:00 to 10:00");
    const again = await desk.send("/clinics/import", { csv: `${header}\n${good}` });
    expect(again.body).toContain("1 row: 0 new, 0 changed, 1 as before.");
  });

  it("asks for a file where there is none, and takes one much longer than other forms may be", async () => {
    expect((await desk.send("/clinics/import", { csv: " " })).body).toContain("Choose a file, or paste its rows");
    const rows = Array.from({ length: 3_000 }, () => "not a row of the file at all,,,,,");
    const answer = await desk.send("/clinics/import", { csv: [header, ...rows].join("\r\n") });
    expect(answer.statusCode).toBe(422);
    expect(answer.body).toContain("3000 rows have a problem");
  });
});

describe("the day sheet", () => {
  it("P1: shows references, flags and what is free, and only of that day", async () => {
    const { ref } = await agreed();
    const sheet = await desk.open("/clinics/day-sheet?date=2026-12-22");
    expect(sheet.body).toContain(ref);
    expect(sheet.body).toContain("<strong>Step-free access</strong>");
    expect(sheet.body).toContain("Free: 09:20, 09:40, 10:00.");
    expect(sheet.body).toContain("1 appointment for neighbours");
    const today = await desk.open("/clinics/day-sheet?date=nonsense");
    expect(today.body).toContain("Mon 21 Dec (today)");
    expect(today.body).toContain("No clinic on this day");
  });
});

describe("being asked until a time", () => {
  it("C3: switches itself off, and says so", async () => {
    const settings = async () => desk.open("/settings");
    const fields = async () => ({
      version: hidden((await settings()).body, "version"),
      untilDay: "2026-12-21",
      isAccepting: "until",
      acceptRoles: ["nurse"],
    });
    expect((await desk.send("/settings", { ...(await fields()), acceptingUntil: "8:30" })).body).toContain(
      "Enter a time today that is still ahead",
    );
    expect((await desk.send("/settings", { ...(await fields()), acceptingUntil: "" })).statusCode).toBe(422);
    expect((await desk.send("/settings", { ...(await fields()), acceptingUntil: "18" })).statusCode).toBe(422);
    expect((await desk.send("/settings", { ...(await fields()), acceptingUntil: "1800" })).statusCode).toBe(303);
    expect((await desk.open("/clinics")).body).toContain("Neighbours may ask you until Mon 21 Dec, 18:00.");
    await db.holdClock("2026-12-21T18:00:00Z");
    try {
      expect((await desk.open("/clinics")).body).toContain("Neighbours cannot ask you just now.");
      expect((await settings()).body).toMatch(/value="no" checked/);
    } finally {
      await db.holdClock("2026-12-21T09:00:00Z");
    }
  });
});
