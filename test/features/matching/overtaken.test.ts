import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { askForMatching } from "../../../src/features/match-due/index.ts";
import { planDueGroups, type Solver } from "../../../src/features/matching/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import {
  aClinic,
  aPractice,
  aRequest,
  aUser,
  openTestDatabase,
  TEST_GROUP,
  type TestDatabase,
} from "../../support/index.ts";
import { count, needStates, solver, startOver, waitingFor } from "../../support/story.ts";

/* What people do between the moment a plan is read and the moment it is written. */
describe("a plan that was overtaken", () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());
  beforeEach(() => startOver(db));

  /** Plans; `meanwhile` happens once, when the first plan has been read and not yet written. */
  const planWhile = async (meanwhile: () => Promise<unknown>): Promise<void> => {
    let isOver = false;
    const overtaken: Solver = async (problem) => {
      const solved = await solver(problem);
      if (!isOver) {
        isOver = true;
        await meanwhile();
      }
      return solved;
    };
    await db.database.transact(async (tx) => askForMatching(tx, TEST_GROUP, "request.posted"));
    await planDueGroups(db.database, overtaken);
    expect(isOver).toBe(true);
  };

  const waitingSlots = async (): Promise<string[]> =>
    (
      await rows(
        db.q,
        z.object({ id: z.string() }),
        sql`select s.slot_id as id from offer_slots s join offers o on o.id = s.offer_id
            where s.is_live and o.state = 'waiting' order by 1`,
      )
    ).map(({ id }) => id);

  it("M3: a slot that was taken meanwhile is not offered, and its need is put elsewhere at once", async () => {
    const home = await aPractice(db);
    const near = await aPractice(db);
    await aClinic(db, { at: near.code, slots: 4 });
    const request = await aRequest(db, { home: home.code, priority: "routine", needs: [{ count: 2 }] });
    await planWhile(async () =>
      db.q.execute(sql`update slots set state = 'busy' where id = (select id from slots order by starts_at limit 1)`),
    );
    expect(await needStates(db, request.requestId)).toEqual(["offered", "offered"]);
    expect(await waitingSlots()).toHaveLength(2);
    // Held is exactly what is offered: nothing of the first attempt stayed.
    expect(await count(db, sql`slots where state = 'busy-tentative'`)).toBe(2);
    expect(await count(db, sql`audit_entries where action = 'matching.plan'`)).toBe(2);
    expect(await count(db, sql`match_due`)).toBe(0);
  });

  it("a need that was withdrawn meanwhile is offered to nobody, and no desk hears of it", async () => {
    const home = await aPractice(db);
    const near = await aPractice(db);
    await aClinic(db, { at: near.code, slots: 4 });
    const desk = await aUser(db, { roles: ["reception"], at: near.code });
    const request = await aRequest(db, { home: home.code, priority: "routine", needs: [{ count: 2 }] });
    await planWhile(async () =>
      db.q.execute(sql`update needs set state = 'withdrawn', ended_as = 'not-needed', ended_at = app_now()
                       where request_id = ${request.requestId} and ref = 'N01'`),
    );
    expect(await needStates(db, request.requestId)).toEqual(["withdrawn", "offered"]);
    const [offer, ...others] = await waitingFor(db, desk);
    expect(others).toEqual([]);
    expect(offer?.slots).toHaveLength(1);
    expect(await count(db, sql`slots where state = 'busy-tentative'`)).toBe(1);
    const heard = await rows(
      db.q,
      z.object({ needs: z.number() }),
      sql`select (data ->> 'needs')::int as needs from events where stream = ${near.code} and type = 'offer.made'`,
    );
    expect(heard).toEqual([{ needs: 1 }]);
  });

  it("a request that was paused meanwhile is asked for by nobody", async () => {
    const home = await aPractice(db);
    const near = await aPractice(db);
    await aClinic(db, { at: near.code, slots: 4 });
    const request = await aRequest(db, { home: home.code, priority: "routine", needs: [{ count: 2 }] });
    await planWhile(async () =>
      db.q.execute(
        sql`update cover_requests set paused_at = app_now(), version = version + 1 where id = ${request.requestId}`,
      ),
    );
    expect(await needStates(db, request.requestId)).toEqual(["open", "open"]);
    expect(await count(db, sql`offers`)).toBe(0);
    expect(await count(db, sql`slots where state = 'busy-tentative'`)).toBe(0);
  });
});
