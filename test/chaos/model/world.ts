import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { system } from "../../../src/features/audit/index.ts";
import { createClinics, type ClinicToCreate } from "../../../src/features/capacity/index.ts";
import { issueToken } from "../../../src/features/identity/index.ts";
import { openSession } from "../../../src/features/identity/sessions.repository.ts";
import {
  createOrganisation,
  importPractices,
  readPracticesFile,
  signAgreement,
} from "../../../src/features/practices/index.ts";
import { ensureCatalogue } from "../../../src/features/services/index.ts";
import { createDatabase, createPool, noHooks, rows, type Database } from "../../../src/platform/db/database.ts";
import { newId } from "../../../src/platform/ids/ids.ts";
import type { Random } from "../random.ts";

/** A Monday morning in London, before the desks fill up. The run moves it on. */
export const BEGIN = "2026-12-14T08:40:00Z";

/** A reader only follows a log that is long already, and is no part of the model. */
export type SeatKind = "desk" | "broker" | "importer" | "reader";

/** Somebody with a token, and for whom. */
export interface Seat {
  readonly kind: SeatKind;
  readonly code: string;
  readonly group: string;
  readonly userId: string;
  readonly token: string;
  /** The secret of a session, for pages. */
  readonly session: string;
}

export interface WorldSize {
  readonly groups: number;
  readonly practicesEach: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const codeOf = (group: number, practice: number): string =>
  `K${String(group).padStart(2, "0")}${String(practice).padStart(3, "0")}`;

/** Patients of every practice, until somebody imports other numbers. */
export const LIST_SIZE = 8_000;

/** Invented practices, a few kilometres around the middle of each group, in PCNs of five. */
export const practicesCsv = ({ groups, practicesEach }: WorldSize, random: Random, listSize = LIST_SIZE): string => {
  const lines = ["ods_code,name,postcode,status,lat,lon,list_size,pcn_code,pcn_name,group_code"];
  for (let group = 1; group <= groups; group += 1) {
    for (let practice = 1; practice <= practicesEach; practice += 1) {
      const lat = 51 + group * 0.4 + (random.unit() - 0.5) * 0.1;
      const lon = -1.5 + (random.unit() - 0.5) * 0.16;
      const pcn = `U${group}${String(Math.ceil(practice / 5)).padStart(3, "0")}`;
      const code = codeOf(group, practice);
      lines.push(
        `${code},Practice ${code},NE1 ${practice % 10}AA,ACTIVE,${lat.toFixed(5)},${lon.toFixed(5)},${listSize},${pcn},PCN ${pcn},G${group}`,
      );
    }
  }
  return lines.join("\n");
};

/** Two clinics each for most practices, on the next days; some firm and confirmed, so that needs are agreed at once. */
const clinicsOf = (code: string, siteId: string, random: Random): ClinicToCreate[] => {
  if (random.chance(0.25)) return [];
  return [1, 2].map((days): ClinicToCreate => {
    const startsAt = new Date(Date.parse("2026-12-14T09:00:00Z") + days * DAY + random.whole(0, 5) * HOUR);
    const isFirm = random.chance(0.15);
    return {
      organisationCode: code,
      siteId,
      services: ["wound-simple", "suture"],
      channel: "in-person",
      provides: [],
      pledge: isFirm ? "firm" : "ask",
      startsAt,
      endsAt: new Date(startsAt.getTime() + random.whole(3, 9) * 20 * MINUTE),
      breaks: [],
      slotMinutes: 20,
      source: "import",
      ...(isFirm ? { confirmedOn: "2026-12-14" } : {}),
    };
  });
};

const seatAt = async (
  database: Database,
  at: { readonly code: string; readonly group: string; readonly kind: SeatKind },
): Promise<Seat> =>
  database.transact(async (tx) => {
    const userId = newId();
    const role = at.kind === "broker" ? "broker" : at.kind === "importer" ? "manager" : "reception";
    await tx.q.execute(sql`insert into users (id, email, name, created_at)
      values (${userId}, ${`${userId}@chaos.example`}, 'Chaos', app_now())`);
    await tx.q.execute(
      sql`insert into user_roles (user_id, organisation_code, role) values (${userId}, ${at.code}, ${role})`,
    );
    const { token } = await issueToken(tx, { userId, organisationCode: at.code, name: "chaos" });
    const { secret: session } = await openSession(tx, { userId, actingFor: at.code });
    return { ...at, userId, token, session };
  });

/** An organisation of no group, whose log is long: so much that no line takes it all before somebody reads. */
export const LONG_LOG = { code: "FED-LONG", events: 300, bytesEach: 40_000 } as const;

const longLog = async (database: Database): Promise<Seat> => {
  const { code, events, bytesEach } = LONG_LOG;
  await database.transact(async (tx) => {
    await createOrganisation(tx, system, { code, kind: "federation", name: "Federation with a long log" }, {});
    await tx.q.execute(sql`
      insert into events (stream, "offset", id, type, at, data)
      select ${code}, n, gen_random_uuid(), 'chaos.long', app_now(), jsonb_build_object('filling',
        (select string_agg(md5(n || ' ' || part), '') from generate_series(1, ${Math.ceil(bytesEach / 32)}::int) part))
      from generate_series(1, ${events}::int) n`);
    await tx.q.execute(sql`insert into event_heads (stream, last_offset) values (${code}, ${events})`);
  });
  return seatAt(database, { code, group: "", kind: "reader" });
};

/** Most practices and every federation have a mailbox that works; a few, and the federations, have tools that listen. */
const reachOut = async (database: Database, seats: readonly Seat[], hooks: string, random: Random): Promise<void> => {
  const reached = seats.filter(({ kind }) => kind === "broker" || (kind === "desk" && random.chance(0.7)));
  const listening = seats.filter(({ kind }) => kind === "broker" || (kind === "desk" && random.chance(0.05)));
  await database.transact(async (tx) => {
    for (const { code, userId } of reached)
      await tx.q.execute(sql`
        insert into reach_channels (organisation_code, mailbox, confirmed_at, confirmed_by, failures, version)
        values (${code}, ${`desk@${code.toLowerCase()}.chaos.example`}, app_now(), ${userId}, 0, 1)`);
    for (const { code, userId } of listening)
      await tx.q.execute(sql`
        insert into webhook_endpoints (id, organisation_code, url, types, state, secret, after_offset, failures, created_by,
                                       created_at, version)
        values (${newId()}, ${code}, ${hooks + code}, '{}', 'active', ${`whsec_${randomBytes(32).toString("base64")}`}, 0, 0, ${userId}, app_now(), 1)`);
  });
};

/**
 * The practices of several sharing groups, signed, with clinics, a federation each, and somebody everywhere. Told where
 * tools listen, they also have mailboxes and webhooks, and there is a log that is long already.
 */
export const buildWorld = async (url: string, size: WorldSize, random: Random, hooks?: string): Promise<Seat[]> => {
  const pool = createPool({
    url,
    max: 4,
    statementTimeoutMs: 60_000,
    applicationName: "chaos world",
    onError: () => undefined,
  });
  try {
    const database = createDatabase(pool, noHooks);
    await database.q.execute(sql`insert into held_clock (is_held, at) values (true, ${BEGIN}::timestamptz)`);
    const groups = Array.from({ length: size.groups }, (_, at) => `G${at + 1}`);
    await database.transact(async (tx) => {
      await ensureCatalogue(tx.q);
      await importPractices(tx, readPracticesFile(practicesCsv(size, random), "group_code"), {
        format: "csv",
        closesMissing: false,
        onProgress: () => undefined,
      });
      for (const groupCode of groups) {
        await createOrganisation(
          tx,
          system,
          { code: `FED-${groupCode}`, kind: "federation", name: `Federation ${groupCode}` },
          { groupCode },
        );
        await signAgreement(tx, system, { groupCode, version: "1", signedBy: "Chaos", from: "2026-01-01" });
      }
    });
    const found = await rows(
      database.q,
      z.object({ code: z.string(), kind: z.string(), group: z.string(), siteId: z.string().nullable() }),
      sql`select o.code, o.kind, m.group_code as "group", s.id as "siteId" from organisations o
          join sharing_memberships m on m.organisation_code = o.code
          left join sites s on s.organisation_code = o.code and s.is_main order by o.code`,
    );
    const practices = found.filter(({ kind }) => kind === "practice");
    await database.transact(async (tx) => {
      await createClinics(
        tx,
        practices.flatMap(({ code, siteId }) => (siteId === null ? [] : clinicsOf(code, siteId, random))),
      );
    });
    const seats: Seat[] = [];
    for (const { code, kind, group } of found)
      seats.push(await seatAt(database, { code, group, kind: kind === "federation" ? "broker" : "desk" }));
    // Every eighth practice's book is also filled in by its own system.
    for (const { code, group } of practices.filter((_, at) => at % 8 === 0))
      seats.push(await seatAt(database, { code, group, kind: "importer" }));
    if (hooks !== undefined) {
      await reachOut(database, seats, hooks, random.fork("reach"));
      seats.push(await longLog(database));
    }
    await database.q.execute(sql`analyze`);
    return seats;
  } finally {
    await pool.end();
  }
};
