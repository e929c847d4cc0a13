import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { figuresOf, readFigures } from "../../../src/features/operations/index.ts";
import { aClinic, aPractice, aRequest, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { openSite, type TestSite } from "../../browser/support/site.ts";

describe("what whoever runs the service sees", () => {
  let db: TestDatabase;
  let site: TestSite;
  beforeAll(async () => {
    db = await openTestDatabase();
    await db.holdClock("2026-12-14T10:00:00Z");
    site = await openSite(db);
  });
  afterAll(async () => {
    await site.close();
    await db.close();
  });

  it("counts open work only, and how late it is", async () => {
    const empty = await readFigures(db.q);
    expect(empty).toEqual({
      due: 0,
      dueAge: 0,
      offers: { asap: 0, routine: 0, urgent: 0 },
      overdue: 0,
      needs: { open: 0, offered: 0 },
      atRisk: 0,
      purgeAge: 0,
      sealAge: 0,
    });
    const { code } = await aPractice(db);
    await aClinic(db, { at: code });
    const request = await aRequest(db, { by: await aUser(db, { at: code }), needs: [{ count: 3 }] });
    await db.q.execute(sql`update needs set state = 'withdrawn' where id = ${request.needIds[0]}`);
    await db.q.execute(sql`delete from match_due`);
    await db.q.execute(sql`
      insert into match_due (group_code, cause, match_due_at) values ('G', 'test', app_now() - interval '90 seconds')`);
    await db.q.execute(sql`update need_lines set due_by = app_now() + interval '20 hours', earliest = app_now()`);
    const busy = await readFigures(db.q);
    expect(busy).toMatchObject({ due: 1, dueAge: 90, needs: { open: 2, offered: 0 }, atRisk: 2 });
    // A queue that does not answer is said, not left to look empty.
    const channel = { waiting: 0, oldestSeconds: 0 };
    const idle = { lastSentAt: null, mail: channel, push: channel };
    const waiting = figuresOf(busy, idle, undefined).filter(({ name }) => name === "covershare_queue_jobs");
    expect(waiting.map(({ value }) => value)).toEqual([-1, -1, -1, -1]);
  });

  it("says that work is late, and what was given up, word for word and without letting it be markup", async () => {
    const { code } = await aPractice(db);
    const admin = await site.visitor(await aUser(db, { at: code, roles: ["admin"] }));
    const { statusCode, body } = await admin.open("/admin/queue");
    expect(statusCode).toBe(200);
    expect(body).toContain("Something has waited for its plan for 90 seconds. Is a matcher running?");
    expect(body).toContain("2, the oldest for 2 seconds");
    expect(body).toContain("&lt;b&gt;no&lt;/b&gt;");
    expect(body).not.toContain("<b>no</b>");
  });
});
