import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { capacityPorts } from "../../../src/app/routes.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import { confirmClinics } from "../../../src/features/capacity/confirm.service.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { aClinic, aPractice, aRequest, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { count, needStates, plan, startOver, waitingFor } from "../../support/story.ts";

let db: TestDatabase;
let home = "";
let host = "";
let desk: Actor;

beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => db.close());
beforeEach(async () => {
  await startOver(db);
  home = (await aPractice(db)).code;
  host = (await aPractice(db)).code;
  desk = await aUser(db, { roles: ["nurse"], at: host });
});

/** A firm clinic of one time that nobody has confirmed today, so that it behaves as ask. */
const anUnconfirmed = async (startsAt: string) =>
  aClinic(db, { at: host, slots: 1, pledge: "firm", confirmedOn: "2026-12-11", startsAt });
const confirm = async (id?: string) => db.database.transact(async (tx) => confirmClinics(tx, desk, capacityPorts, id));
const routine = async (needs: number, takesFirm = true) =>
  aRequest(db, { home, takesFirm, priority: "routine", needs: [{ count: needs, dueBy: "2026-12-18T18:30:00Z" }] });

describe("C5, O1: confirming firm time that somebody waits for", () => {
  it("agrees it at once: the desk has said that it may be taken without asking", async () => {
    const { slots } = await anUnconfirmed("2026-12-16T09:00:00Z");
    const request = await routine(1);
    await plan(db);
    const [offer] = await waitingFor(db, desk);
    expect(offer).toMatchObject({ kind: "slots", state: "waiting" });

    expect(await confirm()).toMatchObject({ clinics: 1 });
    expect(await needStates(db, request.requestId)).toEqual(["agreed"]);
    expect(await waitingFor(db, desk)).toEqual([]);
    const ended = await rows(
      db.q,
      z.object({ state: z.string(), answeredBy: z.string() }),
      sql`select state, answered_by as "answeredBy" from offers where id = ${offer?.id}`,
    );
    expect(ended).toEqual([{ state: "accepted", answeredBy: desk.userId }]);
    expect(await count(db, sql`slots where id = ${slots[0]?.id} and state = 'busy'`)).toBe(1);
    expect(await count(db, sql`events where stream = ${home} and type = 'agreement.made'`)).toBe(1);
    expect(
      await count(db, sql`events where stream = ${host} and type = 'offer.changed' and data ->> 'state' = 'accepted'`),
    ).toBe(1);
    expect(await count(db, sql`need_exclusions`)).toBe(0);
  });

  it("leaves what was asked for in other clinics of the same practice waiting, in the same offer", async () => {
    await anUnconfirmed("2026-12-16T09:00:00Z");
    await aClinic(db, { at: host, slots: 1, startsAt: "2026-12-16T10:00:00Z" });
    const request = await routine(2);
    await plan(db);
    const [before] = await waitingFor(db, desk);
    expect(before?.needs).toHaveLength(2);

    await confirm();
    expect((await needStates(db, request.requestId)).toSorted()).toEqual(["agreed", "offered"]);
    const [after, ...others] = await waitingFor(db, desk);
    expect(others).toEqual([]);
    expect(after?.id).toBe(before?.id);
    expect(after?.needs.filter(({ isLive }) => isLive)).toHaveLength(1);
    expect(after?.slots.filter(({ isLive }) => isLive).map(({ startsAt }) => startsAt)).toEqual([
      "2026-12-16T10:00:00.000Z",
    ]);
  });

  it("confirms one clinic for those who wait for that one", async () => {
    const first = await anUnconfirmed("2026-12-16T09:00:00Z");
    await anUnconfirmed("2026-12-16T11:00:00Z");
    const request = await routine(2);
    await plan(db);
    await confirm(first.clinicId);
    expect((await needStates(db, request.requestId)).toSorted()).toEqual(["agreed", "offered"]);
  });

  it("goes on asking the desk where home wants to see firm times before they are taken", async () => {
    await anUnconfirmed("2026-12-16T09:00:00Z");
    const request = await routine(1, false);
    await plan(db);
    await confirm();
    expect(await needStates(db, request.requestId)).toEqual(["offered"]);
    expect(await waitingFor(db, desk)).toHaveLength(1);
  });

  it("stands down whoever else was asked for the need (O5)", async () => {
    await anUnconfirmed("2026-12-16T09:00:00Z");
    const other = (await aPractice(db)).code;
    await db.q.execute(sql`update organisations set lat = lat + 0.02 where code = ${other}`);
    await aClinic(db, { at: other, slots: 1, startsAt: "2026-12-16T09:00:00Z" });
    const elsewhere = await aUser(db, { roles: ["nurse"], at: other });
    const request = await aRequest(db, { home, priority: "urgent", needs: [{ dueBy: "2026-12-18T18:30:00Z" }] });
    await plan(db);
    expect(await waitingFor(db, elsewhere)).toHaveLength(1);
    await confirm();
    expect(await needStates(db, request.requestId)).toEqual(["agreed"]);
    expect(await waitingFor(db, elsewhere)).toEqual([]);
  });
});
