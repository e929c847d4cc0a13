import { readFile } from "node:fs/promises";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { system } from "../../../src/features/audit/index.ts";
import { createClinics, type ClinicToCreate } from "../../../src/features/capacity/index.ts";
import { issueToken } from "../../../src/features/identity/index.ts";
import { importPractices, readPracticesFile, signAgreement } from "../../../src/features/practices/index.ts";
import { ensureCatalogue } from "../../../src/features/services/index.ts";
import { createDatabase, createPool, noHooks, rows, type Database } from "../../../src/platform/db/database.ts";
import { newId } from "../../../src/platform/ids/ids.ts";

/** A Monday morning: desks are open whenever the benchmark runs. */
export const NOW = "2026-12-14T10:00:00Z";
export const GROUP = "W2U3Z";
const HOUR = 3_600_000;

export interface Seat {
  readonly code: string;
  readonly token: string;
}

export interface World {
  /** Desks with a socket and with clinics. */
  readonly desks: readonly Seat[];
  /** Practices that post; they have neither. */
  readonly homes: readonly Seat[];
}

const seatAt = async (database: Database, code: string): Promise<Seat> =>
  database.transact(async (tx) => {
    const userId = newId();
    await tx.q.execute(sql`insert into users (id, email, name, created_at)
      values (${userId}, ${`${code.toLowerCase()}@bench.example`}, 'Bench', app_now())`);
    await tx.q.execute(
      sql`insert into user_roles (user_id, organisation_code, role) values (${userId}, ${code}, 'reception')`,
    );
    const { token } = await issueToken(tx, { userId, organisationCode: code, name: "bench" });
    return { code, token };
  });

const clinicsAt = (code: string, siteId: string, service: string): ClinicToCreate[] =>
  [1, 2, 3].map((day) => ({
    organisationCode: code,
    siteId,
    services: [service],
    channel: "in-person" as const,
    provides: [],
    pledge: "ask" as const,
    startsAt: new Date(Date.parse(NOW) + day * 24 * HOUR),
    endsAt: new Date(Date.parse(NOW) + day * 24 * HOUR + 8 * HOUR),
    breaks: [],
    slotMinutes: 20,
    source: "form" as const,
  }));

/**
 * The practices of one ICB, imported from the reference file by the real importer and signed; `deskCount` of them, every
 * second in order of code first, with three ask clinics of 24 slots each, so that nobody near a home runs out: for simple
 * dressings, but one desk in `complexAtOneIn` for complex ones.
 */
export const buildWorld = async (
  url: string,
  practicesFile: string,
  deskCount: number,
  complexAtOneIn = Number.POSITIVE_INFINITY,
): Promise<World> => {
  const pool = createPool({
    url,
    max: 8,
    statementTimeoutMs: 60_000,
    applicationName: "bench",
    onError: () => undefined,
  });
  try {
    const database = createDatabase(pool, noHooks);
    await database.q.execute(sql`insert into held_clock (is_held, at) values (true, ${NOW}::timestamptz)`);
    const file = readPracticesFile(await readFile(practicesFile, "utf8"), "sub_icb_code");
    await database.transact(async (tx) => {
      await ensureCatalogue(tx.q);
      await importPractices(
        tx,
        { ...file, practices: file.practices.filter((practice) => practice.group?.code === GROUP) },
        { format: "csv", closesMissing: false, onProgress: () => undefined },
      );
      await signAgreement(tx, system, { groupCode: GROUP, version: "1", signedBy: "Bench", from: "2026-01-01" });
    });
    const found = await rows(
      database.q,
      z.object({ code: z.string(), siteId: z.string() }),
      sql`select o.code, s.id as "siteId" from organisations o join sites s on s.organisation_code = o.code and s.is_main
          where o.status = 'ACTIVE' and coalesce(o.list_size, 500) >= 500 order by o.code`,
    );
    const shuffled = [...found.filter((_, at) => at % 2 === 0), ...found.filter((_, at) => at % 2 === 1)];
    const supporting = shuffled.slice(0, deskCount);
    await database.transact(async (tx) => {
      await createClinics(
        tx,
        supporting.flatMap(({ code, siteId }, at) =>
          clinicsAt(code, siteId, (at + 1) % complexAtOneIn === 0 ? "wound-complex" : "wound-simple"),
        ),
      );
      await tx.q.execute(sql`delete from match_due`);
    });
    const desks: Seat[] = [];
    for (const { code } of supporting) desks.push(await seatAt(database, code));
    const homes: Seat[] = [];
    for (const { code } of shuffled.slice(deskCount)) homes.push(await seatAt(database, code));
    // As a database that has run for a while; tables that are empty here are left to what PostgreSQL assumes of new ones.
    await database.q
      .execute(sql`analyze organisations, sites, sharing_memberships, network_members, networks, neighbours,
      organisation_services, clinics, slots, users, user_roles, api_tokens`);
    return { desks, homes };
  } finally {
    await pool.end();
  }
};
