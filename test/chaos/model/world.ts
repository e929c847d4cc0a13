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

export type SeatKind = "desk" | "broker" | "importer";

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

/** Invented practices, a few kilometres around the middle of each group, in PCNs of five. */
const practicesCsv = ({ groups, practicesEach }: WorldSize, random: Random): string => {
  const lines = ["ods_code,name,postcode,status,lat,lon,list_size,pcn_code,pcn_name,group_code"];
  for (let group = 1; group <= groups; group += 1) {
    for (let practice = 1; practice <= practicesEach; practice += 1) {
      const lat = 51 + group * 0.4 + (random.unit() - 0.5) * 0.1;
      const lon = -1.5 + (random.unit() - 0.5) * 0.16;
      const pcn = `U${group}${String(Math.ceil(practice / 5)).padStart(3, "0")}`;
      const code = codeOf(group, practice);
      lines.push(
        `${code},Practice ${code},NE1 ${practice % 10}AA,ACTIVE,${lat.toFixed(5)},${lon.toFixed(5)},8000,${pcn},PCN ${pcn},G${group}`,
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

/** The practices of several sharing groups, signed, with clinics, a federation each, and somebody everywhere. */
export const buildWorld = async (url: string, size: WorldSize, random: Random): Promise<Seat[]> => {
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
    await database.q.execute(sql`analyze`);
    return seats;
  } finally {
    await pool.end();
  }
};
