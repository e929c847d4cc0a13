import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { system } from "../../../src/features/audit/index.ts";
import { ALL_SERVICES, type Plan } from "../../../src/features/cover-plans/cover-plans.schema.ts";
import { changeCoverPlan } from "../../../src/features/cover-plans/cover-plans.service.ts";
import { importPractices, signAgreement } from "../../../src/features/practices/index.ts";
import { ensureCatalogue, replaceServicesOf } from "../../../src/features/services/index.ts";
import { createDatabase, createPool, rows, type Database } from "../../../src/platform/db/database.ts";
import { appendEvents } from "../../../src/platform/event-log/event-log.ts";
import { newId } from "../../../src/platform/ids/ids.ts";
import type { Data } from "./data.ts";
import { BEGIN, type World } from "./world.ts";

/** The simulated federation in a real database. */
export interface Federation {
  readonly database: Database;
  /** A nurse at each practice. */
  readonly nurses: ReadonlyMap<string, Actor>;
  close(): Promise<void>;
}

/** Moves the held clock: from here on every statement sees this instant (T2). */
export const setClock = async (database: Database, at: number): Promise<void> => {
  await database.q.execute(sql`
    insert into held_clock (is_held, at) values (true, ${new Date(at)})
    on conflict (is_held) do update set at = excluded.at`);
};

const nurseAt = (code: string, groupCode: string): Actor => ({
  userId: newId(),
  name: "Nurse",
  organisationCode: code,
  roles: ["nurse"],
  groupCode,
  credential: { kind: "session", id: newId() },
});

/**
 * The practices of the world, imported by the real importer from the reference file and signed; silent ones say what they
 * could do; `plan` is how the group asks, where it is not the default. Commits do not wait for the disc: here time is measured by the held clock, and nothing is to survive.
 */
export const buildFederation = async (url: string, data: Data, world: World, plan?: Plan): Promise<Federation> => {
  const options = { url, max: 4, statementTimeoutMs: 60_000, applicationName: "bench day", onError: () => undefined };
  const first = createPool(options);
  await first.query(
    "do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$",
  );
  await first.end();
  const pool = createPool(options);
  const database = createDatabase(pool, { beforeCommit: appendEvents, afterCommit: () => undefined });
  await setClock(database, BEGIN);
  const codes = new Set(world.practices.map(({ id }) => id));
  const practices = data.practices.practices.filter(({ code }) => codes.has(code));
  const nurses = new Map([...codes].map((code) => [code, nurseAt(code, world.group)]));
  await database.transact(async (tx) => {
    await ensureCatalogue(tx.q);
    await importPractices(
      tx,
      { ...data.practices, practices },
      { format: "csv", closesMissing: false, onProgress: () => undefined },
    );
    await signAgreement(tx, system, { groupCode: world.group, version: "1", signedBy: "Bench", from: "2026-01-01" });
    for (const practice of world.practices) {
      const hidden = world.clinics.filter((clinic) => clinic.isHidden && clinic.practice === practice);
      await replaceServicesOf(tx.q, practice.id, [...new Set(hidden.flatMap(({ services }) => services))]);
      await tx.q.execute(
        sql`update organisations set provides = ${sql.param([...practice.provides])}::text[] where code = ${practice.id}`,
      );
    }
    for (const { userId, organisationCode } of nurses.values())
      await tx.q.execute(sql`insert into users (id, email, name, created_at)
        values (${userId}, ${`${organisationCode.toLowerCase()}@bench.example`}, 'Nurse', app_now())`);
    const [nurse] = nurses.values();
    if (plan !== undefined && nurse !== undefined)
      await changeCoverPlan(tx, nurse, { service: ALL_SERVICES, version: 0, plan });
    await tx.q.execute(sql`delete from match_due`);
  });
  await database.q.execute(sql`analyze`);
  return { database, nurses, close: () => pool.end() };
};

const due = z.object({ at: z.coerce.date().nullable() });

/** When the matcher has something to do next, from the rows that its sweep looks at (M5). */
export const nextDue = async (database: Database): Promise<number | undefined> => {
  const [row] = await rows(
    database.q,
    due,
    sql`select least(
          (select min(expires_at) from offers where state = 'waiting'),
          (select min(widen_at) from needs where state in ('open', 'offered')),
          (select min(match_due_at) from match_due),
          (select min(l.due_by) from needs n join need_lines l on l.id = n.line_id where n.state in ('open', 'offered'))
        ) as at`,
  );
  return row?.at?.getTime();
};
