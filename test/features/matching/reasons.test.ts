import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { clinicWhyView, whyView, type WhyView } from "../../../src/features/matching/matching.schema.ts";
import { REASON_CODES } from "../../../src/features/matching/solver/index.ts";
import { bearer, startTestApp, type TestApp } from "../../support/app.ts";
import {
  aBroker,
  aBuddy,
  aClinic,
  aPractice,
  aRequest,
  aUser,
  openTestDatabase,
  type TestDatabase,
} from "../../support/index.ts";
import { plan, startOver, waitingFor } from "../../support/story.ts";

describe("why", () => {
  let db: TestDatabase;
  let app: TestApp;
  beforeAll(async () => {
    db = await openTestDatabase();
    app = await startTestApp(db, { matcher: false });
  });
  afterAll(async () => {
    await app.close();
    await db.close();
  });
  beforeEach(() => startOver(db));

  const get = async (actor: Actor, url: string) =>
    app.api.server.inject({ method: "GET", url, headers: await bearer(db, actor) });
  const post = async (actor: Actor, url: string, payload: object) =>
    app.api.server.inject({ method: "POST", url, headers: await bearer(db, actor), payload });
  const whyOf = async (actor: Actor, reference: string): Promise<WhyView> =>
    whyView.parse((await get(actor, `/v1/cover-requests/${reference}/why`)).json());
  const clinicCodes = async (actor: Actor, clinicId: string): Promise<string[]> =>
    (await clinicFindings(actor, clinicId)).map(({ code }) => code);
  const clinicFindings = async (actor: Actor, clinicId: string) =>
    clinicWhyView.parse((await get(actor, `/v1/clinics/${clinicId}/why`)).json()).findings;

  /** A desk whose eight questions are all waiting (A6), with free time for dressings all the same. */
  const aFullDesk = async (rival: string): Promise<string> => {
    const { code } = await aPractice(db);
    await aClinic(db, { at: code, slots: 8, services: ["bloods"] });
    for (let each = 0; each < 8; each += 1)
      await aRequest(db, { home: rival, priority: "routine", needs: [{ service: "bloods" }] });
    await plan(db);
    return code;
  };

  const long = { slotMinutes: 40, provides: ["step-free"], startsAt: "2026-12-15T09:00:00Z" };

  it("M1, M6: gives each practice the first rule that keeps it from being asked, in words; home reads counts, the broker names", async () => {
    const broker = await aBroker(db);
    const home = await aPractice(db, { lat: 54.9, name: "Home" });
    const rival = await aPractice(db, { lat: 54.91 });
    const holder = await aPractice(db, { lat: 54.92, name: "Holder" });
    await aClinic(db, { at: holder.code, slots: 1, ...long });
    // Nobody but the holder is near enough for it, so it stays there.
    await aRequest(db, { home: rival.code, priority: "routine", needs: [{ minutes: 40, maxKm: 2 }] });
    const full = await aFullDesk(rival.code);

    const refuser = await aPractice(db, { lat: 54.93, name: "Refuser" });
    await aClinic(db, { at: refuser.code, slots: 1, ...long });
    const line = { minutes: 40, requires: ["step-free"], maxKm: 15, dueBy: "2026-12-17T18:30:00Z" };
    const request = await aRequest(db, { home: home.code, priority: "routine", needs: [line] });
    await plan(db);
    const desk = await aUser(db, { at: refuser.code });
    const [offer] = await waitingFor(db, desk);
    expect((await post(desk, `/v1/offers/${offer?.id ?? ""}/decline`, { code: "staff" })).statusCode).toBe(200);

    await aClinic(db, { at: full, slots: 1, ...long });
    const near = { lat: 54.94 };
    const [unsigned, off] = [
      await aPractice(db, { ...near, signed: false }),
      await aPractice(db, { ...near, isAccepting: false }),
    ];
    for (const { code } of [unsigned, off]) await aClinic(db, { at: code, slots: 1, ...long });
    const later = await aPractice(db, near);
    await aClinic(db, { at: later.code, slots: 1, ...long, startsAt: "2026-12-18T09:00:00Z" });
    const short = await aPractice(db, near);
    await aClinic(db, { at: short.code, slots: 1, ...long, slotMinutes: 20 });
    const byPhone = await aPractice(db, near);
    await aClinic(db, { at: byPhone.code, slots: 1, ...long, channel: "telephone" });
    const upstairs = await aPractice(db, near);
    await aClinic(db, { at: upstairs.code, slots: 1, ...long, provides: [] });
    const capped = await aPractice(db, { ...near, dailyCap: 0 });
    await aClinic(db, { at: capped.code, slots: 1, ...long });
    const far = await aPractice(db, { lat: 55.3 });
    await aClinic(db, { at: far.code, slots: 1, ...long });
    await plan(db);

    const nurse = await aUser(db, { at: home.code });
    const [seen] = (await whyOf(nurse, request.reference)).lines;
    expect(Object.fromEntries((seen?.notAsked ?? []).map(({ reason, count }) => [reason, count]))).toEqual(
      Object.fromEntries(REASON_CODES.filter((code) => code !== "not-yet-ring").map((code) => [code, 1])),
    );
    expect(seen).toMatchObject({ looking: 1, asked: { count: 0 }, withRoom: { count: 0 } });
    expect(JSON.stringify(seen)).not.toContain("Holder");
    expect(seen?.notAsked.map(({ words }) => words)).toEqual([
      "1 practice has not signed the sharing agreement",
      "1 practice is the practice that is short",
      "1 practice is not taking requests from neighbours just now",
      "1 practice said no, did not answer in time, or was ruled out for this",
      "1 practice has published no clinic for this",
      "1 practice has no free time in these days",
      "1 practice has no free time that is long enough",
      "1 practice does not see patients in this way",
      "1 practice lacks something that is needed there, such as step-free access",
      "1 practice is too far away",
      "1 practice has given as many as it can that day",
      "1 practice has as many questions waiting as a desk can answer",
      "1 practice has its free times held for others just now",
    ]);
    const named = (await whyOf(broker, request.reference)).lines[0]?.notAsked ?? [];
    const namesOf = (code: string) => named.find(({ reason }) => reason === code)?.practices?.map(({ name }) => name);
    expect(namesOf("held")).toEqual(["Holder"]);
    expect(namesOf("excluded")).toEqual(["Refuser"]);
    expect(namesOf("own-practice")).toEqual(["Home"]);
  });

  it("A3, M6: whoever is not reached yet is said to come later, whoever is asked is not among the others, and new facts count at once", async () => {
    const home = await aPractice(db);
    const [buddy, other] = [await aPractice(db), await aPractice(db)];
    await aBuddy(db, home.code, buddy.code);
    await aClinic(db, { at: buddy.code, slots: 2 });
    await aClinic(db, { at: other.code, slots: 2 });
    const request = await aRequest(db, { home: home.code, priority: "routine", needs: [{ count: 2 }] });
    await plan(db);
    const nurse = await aUser(db, { at: home.code });
    const [before] = (await whyOf(nurse, request.reference)).lines;
    expect(before?.asked.count).toBe(1);
    expect(before?.notAsked.map(({ reason, count }) => [reason, count])).toEqual([
      ["own-practice", 1],
      ["not-yet-ring", 1],
    ]);
    const stored = z.object({ lines: z.array(z.object({ notAsked: z.record(z.string(), z.number()) })) });
    const shown = stored.parse((await get(nurse, `/v1/cover-requests/${request.reference}`)).json());
    expect(shown.lines[0]?.notAsked).toEqual({ "own-practice": 1, "not-yet-ring": 1 });
    await db.q.execute(sql`update organisations set is_accepting = false where code = ${other.code}`);
    const [after] = (await whyOf(nurse, request.reference)).lines;
    expect(after?.notAsked.map(({ reason }) => reason)).toContain("not-accepting");
  });

  it("M6: a clinic says why it is not offered: nobody looks, who looks needs something else, or it is out already", async () => {
    const home = await aPractice(db);
    const host = await aPractice(db);
    const desk = await aUser(db, { at: host.code });
    const { clinicId } = await aClinic(db, { at: host.code, slots: 2 });
    expect(await clinicFindings(desk, clinicId)).toEqual([
      { code: "nobody-looking", count: 0, words: "Nobody in your group is looking for this just now." },
    ]);
    await aRequest(db, { home: home.code, needs: [{ count: 3, requires: ["hoist"] }, { minutes: 60 }, { maxKm: 1 }] });
    await aRequest(db, { home: home.code, needs: [{ service: "bloods" }] });
    await plan(db);
    expect(await clinicFindings(desk, clinicId)).toEqual([
      {
        code: "requirement",
        count: 3,
        words:
          "3 appointments need something that neither your practice nor this clinic lists, such as step-free access.",
      },
      { code: "duration", count: 1, words: "1 appointment takes longer than the free times here in one piece." },
      { code: "distance", count: 1, words: "1 appointment is too far from you for the patient." },
    ]);
    const fresh = await aClinic(db, { at: host.code, slots: 1, lane: "B", provides: ["hoist"] });
    expect(await clinicFindings(desk, fresh.clinicId)).toContainEqual({
      code: "next",
      count: 3,
      words: "3 appointments would fit here: the next plan, within seconds, decides.",
    });
    await aRequest(db, { home: home.code, priority: "routine", needs: [{ count: 1, dueBy: "2026-12-16T10:00:00Z" }] });
    await plan(db);
    const out = await clinicFindings(desk, clinicId);
    expect(out[0]).toEqual({ code: "being-offered", count: null, words: "1 of its times is being offered now." });
    expect(out.map(({ code }) => code)).not.toContain("next");
  });

  it("C3, C5, A6: a clinic says what its own practice can change: switch, confirmation, closed desk, nothing left", async () => {
    const home = await aPractice(db);
    const host = await aPractice(db);
    const desk = await aUser(db, { at: host.code });
    const { clinicId } = await aClinic(db, { at: host.code, slots: 1, pledge: "firm", confirmedOn: null });
    const spare = await aClinic(db, { at: host.code, slots: 1, startsAt: "2026-12-15T15:00:00Z", lane: "B" });
    expect(await clinicCodes(desk, clinicId)).toEqual(["unconfirmed", "nobody-looking"]);
    await db.holdClock("2026-12-14T20:00:00Z");
    expect((await clinicFindings(desk, clinicId)).find(({ code }) => code === "closed")?.words).toBe(
      "Your desk is closed. You can be asked again from Tue 15 Dec, 08:00.",
    );
    await db.holdClock("2026-12-14T10:00:00Z");
    await aRequest(db, { home: home.code, priority: "routine", needs: [{ count: 1, dueBy: "2026-12-15T14:00:00Z" }] });
    await plan(db);
    expect(await clinicFindings(desk, clinicId)).toEqual([
      { code: "all-taken", count: null, words: "No time is free: 1 held while a request waits." },
    ]);
    await db.q.execute(sql`update organisations set is_accepting = false where code = ${host.code}`);
    expect(await clinicCodes(desk, spare.clinicId)).toEqual(["switched-off"]);
    await db.q.execute(sql`update sharing_memberships set signed_at = null where organisation_code = ${host.code}`);
    expect(await clinicCodes(desk, spare.clinicId)).toEqual(["not-signed"]);
    await db.q.execute(sql`update clinics set withdrawn_at = app_now() where id = ${spare.clinicId}`);
    expect(await clinicCodes(desk, spare.clinicId)).toEqual(["withdrawn"]);
    await db.advance({ days: 2 });
    expect(await clinicCodes(desk, clinicId)).toEqual(["over"]);
  });

  it("P3: another's request or clinic does not exist", async () => {
    const stranger = await aUser(db);
    const { clinicId } = await aClinic(db);
    const { reference } = await aRequest(db);
    expect((await get(stranger, `/v1/clinics/${clinicId}/why`)).statusCode).toBe(404);
    expect((await get(stranger, `/v1/cover-requests/${reference}/why`)).statusCode).toBe(404);
  });
});
