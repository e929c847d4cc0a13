import { sql } from "drizzle-orm";
import { Client } from "pg";
import { z } from "zod";
import { rows } from "../../../src/platform/db/database.ts";
import { until, type CovershareProcess, type TestDatabase } from "../../support/index.ts";

/**
 * Steps at which processes can be made to stand still: a trigger of the test's own database waits there for a lock that the
 * test holds. So a process is killed at that very step, and no seam for tests is needed in what is tested.
 */
const GATES = {
  /** A log was read, and its deliveries are about to be written: nothing is yet. */
  derive: "before insert on deliveries for each row",
  /** Deliveries are written, and their message is about to be. */
  compose: "before insert on envelopes for each row",
  /** The message is written, and about to be claimed by whoever sends it. */
  claim: "before update on envelopes for each row when (new.attempts > old.attempts)",
  /** The other side has said yes, and that is about to be noted. */
  record: "before update on envelopes for each row when (new.state = 'sent' and old.state = 'queued')",
  /** It is noted; what it says about the mailbox is about to be. */
  afterwards: "before update on reach_channels for each row when (new.last_sent_at is distinct from old.last_sent_at)",
  /** A report of what became of it was read, and is about to be noted. */
  report: "before update on envelopes for each row when (new.state in ('delivered', 'bounced'))",
  /** A webhook is behind its log, and about to be claimed by whoever posts. */
  "webhook-claim":
    "before update on webhook_endpoints for each row when (new.lease_id is distinct from old.lease_id and new.lease_id is not null)",
  /** Its receiver has said yes, and that is about to be noted. */
  "webhook-record": "before update on webhook_endpoints for each row when (new.after_offset > old.after_offset)",
} as const;
export type Gate = keyof typeof GATES;

const names = Object.keys(GATES);
const keyOf = (gate: Gate): number => 7_000 + names.indexOf(gate);

export interface Gates {
  shut(gate: Gate): Promise<void>;
  /** Kills the process when something of it stands at each of these gates; its statements end with it. Then opens them. */
  killAt(process: CovershareProcess, gates: readonly Gate[]): Promise<void>;
  close(): Promise<void>;
}

export const buildGates = async (db: TestDatabase): Promise<Gates> => {
  for (const [gate, where] of Object.entries(GATES)) {
    const name = `test_gate_${gate.replaceAll("-", "_")}`;
    await db.q.execute(
      sql.raw(`create function ${name}() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock_shared(${7_000 + names.indexOf(gate)}); return new; end $$`),
    );
    const [at = "", when = ""] = where.split(/ (?=when )/);
    await db.q.execute(sql.raw(`create trigger ${name} ${at} ${when} execute function ${name}()`));
  }
  const keeper = new Client({ connectionString: db.url });
  await keeper.connect();
  const standing = async (gate: Gate): Promise<readonly number[]> =>
    (
      await rows(
        db.q,
        z.object({ pid: z.number() }),
        sql`select pid from pg_locks where locktype = 'advisory' and not granted and objid = ${keyOf(gate)}
              and database = (select oid from pg_database where datname = current_database())`,
      )
    ).map(({ pid }) => pid);
  return {
    shut: async (gate) => {
      await keeper.query("select pg_advisory_lock($1)", [keyOf(gate)]);
    },
    killAt: async (process, gates) => {
      for (const gate of gates)
        await until(async () => (await standing(gate)).length > 0, {
          withinMs: 60_000,
          what: `it stands at ${gate} (${process.stderr()})`,
        });
      process.signal("SIGKILL");
      await process.exited;
      for (const gate of gates) {
        // Its server process would find out only after its statement had gone through.
        await until(
          async () => {
            const pids = await standing(gate);
            for (const pid of pids) await db.q.execute(sql`select pg_terminate_backend(${pid})`);
            return pids.length === 0;
          },
          { what: `nobody stands at ${gate} any more` },
        );
        await keeper.query("select pg_advisory_unlock($1)", [keyOf(gate)]);
      }
    },
    close: async () => keeper.end(),
  };
};
