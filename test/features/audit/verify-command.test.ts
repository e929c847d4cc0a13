import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordAudit, sealAudit, system } from "../../../src/features/audit/index.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { openTestDatabase, startCovershare, until, type TestDatabase } from "../../support/index.ts";
import { count } from "../../support/story.ts";

describe("covershare admin verify-audit", { timeout: 90_000 }, () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase({ poolMax: 3 });
  });
  afterAll(async () => db.close());

  const verify = async (...more: string[]): Promise<{ status: number; out: string; err: string }> => {
    const running = await startCovershare(["admin", "verify-audit", ...more], {
      DATABASE_URL: db.url,
      LOG_LEVEL: "error",
    });
    const status = await running.exited;
    return { status, out: running.stdout(), err: running.stderr() };
  };

  it("says OK with the last seal, or the first batch that does not hold with exit status 1", async () => {
    await db.database.transact(async (tx) => recordAudit(tx, system, "test.act", "one"));
    // What ran before an entry and has not ended, in any database of the server, keeps it from being sealed.
    await until(
      async () => {
        await sealAudit(db.database, silentLogger, { afterSeconds: 0, batch: 100 });
        return (await count(db, sql`audit_seals`)) > 0;
      },
      { withinMs: 60_000, what: "the entry is sealed" },
    );
    const sound = await verify();
    expect(sound).toMatchObject({ status: 0 });
    const head = /[0-9a-f]{64}/.exec(sound.out)?.[0] ?? "";
    expect((await verify("--expect", head)).status).toBe(0);
    expect((await verify("--expect", "f".repeat(64))).status).toBe(1);
    expect((await verify("--expect", "short")).status).toBe(2);
    await db.database.transact(async ({ q }) => {
      await q.execute(sql`set local session_replication_role = replica`);
      await q.execute(sql`update audit_entries set subject = 'two'`);
    });
    const broken = await verify();
    expect(broken.status).toBe(1);
    expect(broken.err).toContain("seal 1: an entry was changed");
  });
});
