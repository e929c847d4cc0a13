import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { beginEra, recordAudit, sealAudit, system, verifyAudit } from "../../../src/features/audit/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { openTestDatabase, until as waitUntil, type TestDatabase } from "../../support/index.ts";

const NOW = { afterSeconds: 0, batch: 2_000 };

const write = async (db: TestDatabase, subject: string): Promise<void> => {
  await db.database.transact(async (tx) => recordAudit(tx, system, "test.act", subject, { count: 1 }));
};

/** Sets the triggers aside, as somebody with the database's password could. */
const behindTheTriggers = async (db: TestDatabase, statement: SQL): Promise<void> => {
  await db.database.transact(async ({ q }) => {
    await q.execute(sql`set local session_replication_role = replica`);
    await q.execute(statement);
  });
};

const seal = (db: TestDatabase, options = NOW) => sealAudit(db.database, silentLogger, options);

/** Nothing is sealed behind a transaction that still runs, and other test files have theirs on the same server. */
const othersEnded = async (db: TestDatabase): Promise<void> => {
  const horizon = async (of: SQL): Promise<bigint> => {
    const [row] = await rows(
      db.q,
      z.object({ xid: z.string() }),
      sql`select ${of}(pg_current_snapshot())::text as xid`,
    );
    return BigInt(row?.xid ?? 0);
  };
  const until = await horizon(sql.raw("pg_snapshot_xmax"));
  await waitUntil(async () => (await horizon(sql.raw("pg_snapshot_xmin"))) >= until, { what: "others' transactions" });
};

const sealAll = async (db: TestDatabase, options = NOW): Promise<number> => {
  await othersEnded(db);
  return seal(db, options);
};

describe("audit trail: append-only and sealed", () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(async () => db.close());

  it("refuses to change, delete or empty entries, and to change seals", async () => {
    await write(db, "CR-1");
    await sealAll(db);
    for (const statement of [
      sql`update audit_entries set subject = 'CR-2'`,
      sql`delete from audit_entries`,
      sql`truncate audit_entries`,
      sql`update audit_seals set hash = 'x'`,
      sql`delete from audit_seals`,
      sql`truncate audit_seals`,
    ]) {
      await expect(db.q.execute(statement)).rejects.toMatchObject({ cause: { code: "23000" } });
    }
    expect(await verifyAudit(db.q)).toMatchObject({ kind: "ok" });
  });

  it("seals each entry once, also one whose transaction commits after a later one was sealed", async () => {
    const before = await verifyAudit(db.q);
    if (before.kind !== "ok") throw new Error(before.why);
    let commit: () => void = () => undefined;
    const isToCommit = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let began: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => {
      began = resolve;
    });
    const slow = db.database.transact(async (tx) => {
      await recordAudit(tx, system, "test.slow", "CR-SLOW");
      began();
      await isToCommit;
    });
    await hasBegun;
    await write(db, "CR-FAST");
    // The slow one has the lower number: nothing after it may be sealed while it can still come.
    expect(await seal(db)).toBe(0);
    commit();
    await slow;
    expect(await sealAll(db)).toBe(2);
    expect(await seal(db)).toBe(0);
    expect(await verifyAudit(db.q)).toMatchObject({ kind: "ok", entries: before.entries + 2 });
  });

  it("keeps batches to whole transactions and about their size, and takes its time between seals", async () => {
    await db.database.transact(async (tx) => {
      for (const subject of ["A", "B", "C"]) await recordAudit(tx, system, "test.act", subject);
    });
    await write(db, "D");
    expect(await sealAll(db, { afterSeconds: 0, batch: 2 })).toBe(4);
    const sizes = await rows(
      db.q,
      z.object({ count: z.number() }),
      sql`select count from audit_seals order by id desc limit 2`,
    );
    expect(sizes.map(({ count }) => count)).toEqual([1, 3]);
    await db.holdClock("2026-12-21T09:00:00Z");
    await write(db, "E");
    await sealAll(db);
    await write(db, "F");
    const patient = { afterSeconds: 10, batch: 2_000 };
    expect(await seal(db, patient)).toBe(0);
    await db.advance({ seconds: 11 });
    expect(await sealAll(db, patient)).toBe(1);
    await db.releaseClock();
  });

  it("seals by several processes at once without gap or repeat", async () => {
    for (const subject of ["K", "L", "M"]) await write(db, subject);
    await othersEnded(db);
    const sealed = await Promise.all([seal(db), seal(db), seal(db)]);
    expect(sealed.reduce((all, one) => all + one, 0) + (await sealAll(db))).toBe(3);
    expect(await verifyAudit(db.q)).toMatchObject({ kind: "ok" });
  });

  it("goes on in a new era where transaction numbers begin anew (a restored database)", async () => {
    await write(db, "BEFORE");
    await db.database.transact(async ({ q }) => {
      await beginEra(q);
    });
    await write(db, "AFTER");
    // As after a restore into another cluster: the new numbers are below those that are sealed.
    await behindTheTriggers(db, sql`update audit_entries set xid = 5 where subject = 'AFTER'`);
    expect(await sealAll(db)).toBe(2);
    expect(await verifyAudit(db.q)).toMatchObject({ kind: "ok" });
  });
});

describe("audit trail: tampering is found", () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
    for (const subject of ["one", "two", "three"]) {
      await write(db, subject);
      await sealAll(db);
    }
  });
  afterAll(async () => db.close());

  /** Tampers, looks, and undoes it. */
  const verdictAfter = async (tampering: SQL, undoing: SQL): Promise<unknown> => {
    await behindTheTriggers(db, tampering);
    const verdict = await verifyAudit(db.q);
    await behindTheTriggers(db, undoing);
    expect(await verifyAudit(db.q)).toMatchObject({ kind: "ok", seals: 3 });
    return verdict;
  };

  it("names the first batch in which an entry was changed", async () => {
    const verdict = await verdictAfter(
      sql`update audit_entries set organisation_code = 'A81001' where subject = 'two'`,
      sql`update audit_entries set organisation_code = 'SYSTEM' where subject = 'two'`,
    );
    expect(verdict).toEqual({ kind: "broken", seal: 2, why: "an entry was changed" });
  });

  it("misses an entry that was deleted", async () => {
    await behindTheTriggers(db, sql`create table kept as select * from audit_entries where subject = 'three'`);
    const verdict = await verdictAfter(
      sql`delete from audit_entries where subject = 'three'`,
      sql`insert into audit_entries select * from kept`,
    );
    expect(verdict).toEqual({ kind: "broken", seal: 3, why: "it was sealed with 1 entries and has 0" });
  });

  it("finds an entry that was written behind the seals", async () => {
    const verdict = await verdictAfter(
      sql`insert into audit_entries select gen_random_uuid(), at, user_id, organisation_code, action, 'planted', data, era, xid
          from audit_entries where subject = 'one'`,
      sql`delete from audit_entries where subject = 'planted'`,
    );
    expect(verdict).toEqual({ kind: "broken", seal: 1, why: "it was sealed with 1 entries and has 2" });
  });

  it("finds a seal that was taken out, and one that was made anew", async () => {
    await behindTheTriggers(db, sql`create table kept_seals as select * from audit_seals where id = 2`);
    expect(
      await verdictAfter(
        sql`delete from audit_seals where id = 2`,
        sql`insert into audit_seals select * from kept_seals`,
      ),
    ).toEqual({ kind: "broken", seal: 3, why: "seal 2 is missing" });
    expect(
      await verdictAfter(
        sql`update audit_seals set hash = repeat('0', 64) where id = 2`,
        sql`update audit_seals set hash = (select hash from kept_seals) where id = 2`,
      ),
    ).toEqual({ kind: "broken", seal: 2, why: "an entry was changed" });
  });

  it("says whether a hash that was kept elsewhere is in the chain", async () => {
    const [kept] = await rows(db.q, z.object({ hash: z.string() }), sql`select hash from audit_seals where id = 2`);
    expect(await verifyAudit(db.q, kept?.hash)).toMatchObject({ kind: "ok", hasExpected: true });
    expect(await verifyAudit(db.q, "f".repeat(64))).toMatchObject({ kind: "ok", hasExpected: false });
  });
});
