import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { openStream, type StreamEvent } from "../../src/client/index.ts";
import type { Actor } from "../../src/features/access/index.ts";
import { createDatabase, createPool, noHooks, rows, type Queryable } from "../../src/platform/db/database.ts";
import { newSpeakable } from "../../src/platform/ids/ids.ts";
import { aClinic, aPractice, aUser, openTestDatabase, startCovershare } from "../support/index.ts";
import { addressOf, until, type CovershareProcess, type TestDatabase } from "../support/index.ts";
import { databaseUrl, runStatement } from "../support/postgres-server.ts";
import { apiOf, openDesk, post, readRequest, type Desk } from "./support/desks.ts";

const MONDAY = "2026-12-14T10:00:00Z";
const need = {
  service: "wound-simple",
  minutes: 20,
  earliest: MONDAY,
  dueBy: "2026-12-17T18:30:00Z",
  requires: [],
  maxKm: 20,
};
const request = { priority: "urgent", takeFirm: true, needs: [{ ...need, count: 2 }] };

/** Every row of every table in PostgreSQL's own text. */
const contents = async (q: Queryable): Promise<Record<string, string[]>> => {
  const tables = await rows(
    q,
    z.object({ name: z.string() }),
    sql`select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
  );
  const all: Record<string, string[]> = {};
  for (const { name } of tables) {
    const found = await rows(
      q,
      z.object({ row: z.string() }),
      sql`select t::text as row from ${sql.identifier(name)} t`,
    );
    all[name] = found.map(({ row }) => row).toSorted();
  }
  return all;
};

describe("backup and restore, by the commands that people use", { timeout: 120_000 }, () => {
  let db: TestDatabase;
  let folder: string;
  let spare: string;
  let processes: CovershareProcess[] = [];
  let desks: Desk[] = [];

  const run = async (...args: string[]): Promise<{ status: number; out: string; err: string }> => {
    const running = await startCovershare(args, { DATABASE_URL: db.url, LOG_LEVEL: "error" });
    const status = await running.exited;
    return { status, out: running.stdout(), err: running.stderr() };
  };
  const serve = async (): Promise<string> => {
    const running = await startCovershare(["serve"], {
      DATABASE_URL: db.url,
      PORT: "0",
      DB_POOL_MAX: "6",
      LOG_LEVEL: "error",
    });
    processes.push(running);
    return addressOf(running);
  };
  const stopAll = async (): Promise<void> => {
    for (const running of processes) {
      if (running.child.exitCode === null && running.child.signalCode === null) running.signal("SIGTERM");
      await running.exited;
    }
    processes = [];
  };
  /** Our own connections would count as somebody who uses the database. */
  const aside = async <T>(work: () => Promise<T>): Promise<T> => {
    await runStatement(
      inject("postgresUrl"),
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${new URL(db.url).pathname.slice(1)}'`,
    );
    await until(async () => {
      const left = await runStatement(
        inject("postgresUrl"),
        `select 1 from pg_stat_activity where datname = '${new URL(db.url).pathname.slice(1)}'`,
      );
      return left.length === 0;
    });
    return work();
  };

  beforeEach(async () => {
    db = await openTestDatabase({ poolMax: 3 });
    await db.holdClock(MONDAY);
    folder = await mkdtemp(path.join(tmpdir(), "covershare-backup-"));
    spare = `covershare_test_${newSpeakable(10).toLowerCase()}`;
    await runStatement(inject("postgresUrl"), `create database ${spare}`);
  });
  afterEach(async () => {
    for (const desk of desks) desk.close();
    desks = [];
    await stopAll();
    await rm(folder, { recursive: true, force: true });
    await runStatement(inject("postgresUrl"), `drop database if exists ${spare} with (force)`);
    await db.close();
  });

  /** Follows the stream from an offset; the snapshot that a reset asks for is taken to be the server's offset. */
  const follow = async (
    actor: Actor,
    address: string,
    after: number,
  ): Promise<{
    readonly events: StreamEvent[];
    readonly resets: number[];
    close: () => void;
    readonly isLive: () => boolean;
  }> => {
    const { bearer } = await import("../support/app.ts");
    const headers = await bearer(db, actor);
    const events: StreamEvent[] = [];
    const resets: number[] = [];
    let state = "";
    const stream = openStream({
      url: `${address.replace("http", "ws")}/v1/stream`,
      after,
      onEvent: (event) => void events.push(event),
      onReset: async (offset) => {
        resets.push(offset);
        return offset;
      },
      onStatus: (status) => {
        state = status.state;
      },
      createSocket: (url, protocols) => new WebSocket(url, [...protocols], { headers }),
    });
    return { events, resets, close: () => stream.close(), isLive: () => state === "live" };
  };

  it("S4: after a restore the story continues, and nobody takes new events for those they had", async () => {
    const home = await aPractice(db);
    const host = await aPractice(db);
    await aClinic(db, { at: host.code, slots: 8, pledge: "firm" });
    const nurse = await aUser(db, { at: home.code });
    const reception = await aUser(db, { at: host.code });
    let address = await serve();
    const desk = await openDesk(db, reception, { address });
    desks.push(desk);
    const before = await post(await apiOf(db, nurse, { address }), request);
    await until(() => desk.events.length >= 1, { withinMs: 20_000, what: "the neighbour heard of its agreements" });
    const atBackup = desk.events.at(-1)?.offset ?? 0;

    const file = path.join(folder, "today.backup");
    const made = await run("backup", file);
    expect({ status: made.status, mode: (await stat(file)).mode & 0o777 }).toEqual({ status: 0, mode: 0o600 });

    // What happens after the backup is lost with the disk; the desk has heard of it.
    const lost = await post(await apiOf(db, nurse, { address }), request);
    await until(() => (desk.events.at(-1)?.offset ?? 0) > atBackup, { withinMs: 20_000, what: "it heard of more" });
    const heardTo = desk.events.at(-1)?.offset ?? 0;
    // A restore while people work is refused, and changes nothing.
    const refused = await run("restore", file, "--replace");
    expect({ status: refused.status, err: refused.err }).toMatchObject({ status: 1 });
    expect(refused.err).toContain("Stop Covershare first");
    desk.close();
    await stopAll();

    const careful = await aside(async () => run("restore", file));
    expect({ status: careful.status, hint: careful.err.includes("--replace") }).toEqual({ status: 1, hint: true });
    const restored = await aside(async () => run("restore", file, "--replace"));
    expect(restored).toMatchObject({ status: 0 });

    address = await serve();
    const api = await apiOf(db, nurse, { address });
    const [kept, gone] = await Promise.all([readRequest(api, before), readRequest(api, lost).catch(() => undefined)]);
    expect({ agreed: kept.counts.agreed, gone }).toEqual({ agreed: 2, gone: undefined });
    // Whoever was further on than the backup, exactly at it, or behind it: all start afresh, beyond any offset they know.
    for (const after of [heardTo, atBackup]) {
      const client = await follow(reception, address, after);
      await until(client.isLive, { withinMs: 10_000, what: "it is live" });
      expect(client.resets).toHaveLength(1);
      expect(client.resets[0]).toBeGreaterThan(heardTo);
      client.close();
    }
    const behind = await follow(reception, address, atBackup - 1);
    await until(() => behind.resets.length === 1, { withinMs: 10_000, what: "it starts afresh too" });
    await until(behind.isLive, { withinMs: 10_000, what: "it is live" });
    // The story goes on: the next request is planned, agreed and told.
    const next = await post(api, request);
    await until(async () => (await readRequest(api, next)).counts.agreed === 2, {
      withinMs: 20_000,
      what: "it is agreed",
    });
    await until(() => behind.events.some(({ offset }) => offset > heardTo + 1_000), {
      withinMs: 10_000,
      what: "and told",
    });
    behind.close();
    await stopAll();
    const verified = await run("admin", "verify-audit");
    expect({ status: verified.status, ok: verified.out.startsWith("OK") }).toEqual({ status: 0, ok: true });
  });

  it("keeps every row exactly, and refuses a file that is damaged, cut short or none of ours", async () => {
    const home = await aPractice(db);
    await aClinic(db, { at: home.code, slots: 3 });
    await db.q.execute(sql`
      insert into idempotency_keys (scope, key, fingerprint, status, body, created_at)
      values ('a,"b"\\', 'k(1)', E'tab\\tnew\\nline', 200, 'null'::jsonb, now()), ('s', 'k2', '', 200, '{"a": [1.50, "é"]}', now())`);
    const file = path.join(folder, "all.backup");
    expect((await run("backup", file)).status).toBe(0);
    const expected = await contents(db.q);

    const whole = await readFile(file);
    const bad = path.join(folder, "bad.backup");
    const target = databaseUrl(inject("postgresUrl"), spare);
    const restoreInto = async (from: string) => {
      const running = await startCovershare(["restore", from], { DATABASE_URL: target, LOG_LEVEL: "error" });
      return { status: await running.exited, err: running.stderr() };
    };
    for (const bytes of [
      whole.subarray(0, whole.length - 20),
      Buffer.concat([whole.subarray(0, 300), Buffer.from("oops"), whole.subarray(304)]),
      Buffer.from("not a backup"),
    ]) {
      await writeFile(bad, bytes);
      const answer = await restoreInto(bad);
      expect(answer).toMatchObject({ status: 1 });
      expect(answer.err).toMatch(/damaged|no backup/);
    }
    expect((await restoreInto(path.join(folder, "missing"))).err).toContain("cannot be read");

    expect(await restoreInto(file)).toMatchObject({ status: 0 });
    const pool = createPool({
      url: target,
      max: 1,
      statementTimeoutMs: 10_000,
      applicationName: "test",
      onError: () => undefined,
    });
    const found = await contents(createDatabase(pool, noHooks).q);
    await pool.end();
    // What a restore itself writes is apart.
    const own = ["event_heads", "events", "match_due", "audit_entries"];
    for (const name of Object.keys(expected).filter((one) => !own.includes(one))) {
      expect({ name, rows: found[name] }).toEqual({ name, rows: expected[name] });
    }
    expect(Object.values(expected).flat().length).toBeGreaterThan(10);
  });
});
