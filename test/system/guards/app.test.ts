import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { bearer, startTestApp, type TestApp } from "../../support/app.ts";
import {
  aClinic,
  aPractice,
  aUser,
  describeWithRedis,
  openTestDatabase,
  until,
  type TestDatabase,
} from "../../support/index.ts";

const needsOf = z.object({ counts: z.looseObject({ agreed: z.number() }) });

/** Composed as `serve` composes it: a post finds its slots, is agreed, and the process says that it is well. */
const composed = (redisUrl?: string): void => {
  let db: TestDatabase;
  let app: TestApp;
  beforeAll(async () => {
    db = await openTestDatabase();
    app = await startTestApp(db, redisUrl === undefined ? {} : { redisUrl });
  });
  afterAll(async () => {
    await app.close();
    await db.close();
  });

  it("is healthy and ready, and describes itself", async () => {
    const answers = await Promise.all(
      ["/healthz", "/readyz", "/openapi.json", "/asyncapi.json"].map(async (path) => fetch(`${app.url}${path}`)),
    );
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
    const ready = async () => (await fetch(`${app.url}/readyz`)).json();
    const mail = { isConfigured: false, lastSentAt: null, oldestWaitingSeconds: 0 };
    // The wake-up line may still be opening.
    await expect.poll(ready, { timeout: 10_000 }).toEqual({ status: "ready", without: [], mail });
  });

  it("says what is missing when the database is behind", async () => {
    await db.q.execute(sql`update drizzle.__drizzle_migrations set created_at = created_at - 1e13`);
    const answer = await fetch(`${app.url}/readyz`);
    await db.q.execute(sql`update drizzle.__drizzle_migrations set created_at = created_at + 1e13`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("2");
    expect(await answer.text()).toContain("covershare migrate");
  });

  it("M5: a posted request is planned at once and agreed with a firm neighbour (O1)", async () => {
    const home = await aPractice(db);
    const host = await aPractice(db);
    await aClinic(db, { at: host.code, slots: 3, pledge: "firm" });
    const nurse = await aUser(db, { at: home.code });
    const headers = { ...(await bearer(db, nurse)), "content-type": "application/json" };
    const now = Date.now();
    const posted = await fetch(`${app.url}/v1/cover-requests`, {
      method: "POST",
      headers,
      body: JSON.stringify({
        priority: "urgent",
        reason: "staff-absence",
        takeFirm: true,
        needs: [
          {
            service: "wound-simple",
            count: 2,
            minutes: 20,
            earliest: new Date(now).toISOString(),
            dueBy: new Date(now + 3 * 86_400_000).toISOString(),
            requires: [],
            maxKm: 20,
          },
        ],
      }),
    });
    expect(posted.status).toBe(201);
    const { reference } = z.looseObject({ reference: z.string() }).parse(await posted.json());
    await until(
      async () => {
        const answer = await fetch(`${app.url}/v1/cover-requests/${reference}`, { headers });
        return needsOf.parse(await answer.json()).counts.agreed === 2;
      },
      { what: "both needs are agreed" },
    );
  });
};

describe("the composed service, queue in PostgreSQL", () => {
  composed();
});
describeWithRedis("the composed service, queue in Redis", (redisUrl) => composed(redisUrl));
