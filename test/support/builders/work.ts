import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { clinics, slots } from "../../../src/features/capacity/capacity.table.ts";
import { coverRequests, needLines, needs } from "../../../src/features/requests/requests.table.ts";
import { organisationServices, services } from "../../../src/features/services/services.table.ts";
import { appNow, rows } from "../../../src/platform/db/database.ts";
import { newId, newSpeakable } from "../../../src/platform/ids/ids.ts";
import type { TestDatabase } from "../database.ts";
import { aPractice, aUser } from "./organisations.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A service of the catalogue, if it is not there yet. */
export const aService = async (db: TestDatabase, code = "wound-simple"): Promise<string> => {
  await db.q
    .insert(services)
    .values({
      code,
      name: code,
      defaultMinutes: 20,
      performers: ["nurse"],
      requires: [],
      handoverChecklist: [],
      isSharedByDefault: true,
      isActive: true,
    })
    .onConflictDoNothing();
  return code;
};

/** Says that an organisation could do these services for neighbours (C3): calls are put to it. */
export const couldDo = async (db: TestDatabase, organisationCode: string, ...codes: string[]): Promise<void> => {
  for (const code of codes) {
    const serviceCode = await aService(db, code);
    await db.q.insert(organisationServices).values({ organisationCode, serviceCode }).onConflictDoNothing();
  }
};

export interface ClinicOptions {
  /** Code of the supporting practice; made if not given. */
  readonly at?: string;
  readonly services?: string[];
  /** ISO; default tomorrow at this time, by `app_now()`. */
  readonly startsAt?: string;
  /** How many free slots, one after the other. */
  readonly slots?: number;
  readonly slotMinutes?: number;
  readonly pledge?: "firm" | "ask";
  /** Firm clinics count as confirmed on this London date (C5); default the day of `app_now()`. */
  readonly confirmedOn?: string | null;
  readonly channel?: "in-person" | "telephone" | "video" | "home-visit";
  readonly provides?: string[];
  readonly lane?: string;
}

export interface BuiltClinic {
  readonly clinicId: string;
  readonly organisationCode: string;
  readonly slots: readonly { readonly id: string; readonly startsAt: Date; readonly endsAt: Date }[];
}

/** A published clinic with free slots. */
export const aClinic = async (db: TestDatabase, options: ClinicOptions = {}): Promise<BuiltClinic> => {
  const organisationCode = options.at ?? (await aPractice(db)).code;
  const [site] = await rows(
    db.q,
    z.object({ id: z.string() }),
    sql`select id from sites where organisation_code = ${organisationCode} and is_main`,
  );
  if (site === undefined) throw new Error(`aClinic: ${organisationCode} has no main site`);
  const now = await appNow(db.q);
  const offered = options.services ?? ["wound-simple"];
  for (const code of offered) await aService(db, code);
  const start = options.startsAt === undefined ? now.getTime() + DAY : Date.parse(options.startsAt);
  const { slots: count = 3, slotMinutes = 20, pledge = "ask" } = options;
  const clinicId = newId();
  await db.q.insert(clinics).values({
    id: clinicId,
    organisationCode,
    siteId: site.id,
    services: offered,
    channel: options.channel ?? "in-person",
    provides: options.provides ?? [],
    pledge,
    startsAt: new Date(start),
    endsAt: new Date(start + Math.max(count, 1) * slotMinutes * MINUTE),
    breaks: [],
    slotMinutes,
    lane: options.lane ?? null,
    confirmedOn:
      options.confirmedOn === undefined && pledge === "firm"
        ? sql`(app_now() at time zone 'Europe/London')::date`
        : (options.confirmedOn ?? null),
    source: "form",
    version: 1,
    createdAt: sql`app_now()`,
  });
  const built = Array.from({ length: count }, (_, index) => ({
    id: newId(),
    startsAt: new Date(start + index * slotMinutes * MINUTE),
    endsAt: new Date(start + (index + 1) * slotMinutes * MINUTE),
  }));
  if (built.length > 0) {
    await db.q
      .insert(slots)
      .values(built.map((slot) => ({ ...slot, clinicId, organisationCode, state: "free" as const })));
  }
  return { clinicId, organisationCode, slots: built };
};

export interface NeedOptions {
  readonly service?: string;
  readonly count?: number;
  readonly minutes?: number;
  /** ISO; default now, by `app_now()`. */
  readonly earliest?: string;
  /** ISO; default three days from now. */
  readonly dueBy?: string;
  readonly requires?: string[];
  readonly maxKm?: number;
  readonly priority?: "routine" | "urgent" | "asap";
  readonly channel?: "in-person" | "telephone" | "video" | "home-visit";
}

export interface RequestOptions {
  /** Who posts; a nurse of `home` if not given. */
  readonly by?: Actor;
  readonly home?: string;
  readonly priority?: "routine" | "urgent" | "asap";
  readonly takesFirm?: boolean;
  readonly needs?: readonly NeedOptions[];
}

export interface BuiltRequest {
  readonly requestId: string;
  readonly reference: string;
  readonly homeCode: string;
  readonly groupCode: string;
  /** In the order of their references `N01`…. */
  readonly needIds: readonly string[];
  readonly poster: Actor;
}

/** An open request with open needs in ring 1, as posting leaves it but without its events and without being due. */
export const aRequest = async (db: TestDatabase, options: RequestOptions = {}): Promise<BuiltRequest> => {
  const poster = options.by ?? (await aUser(db, options.home === undefined ? {} : { at: options.home }));
  const homeCode = options.home ?? poster.organisationCode;
  const { groupCode } = poster;
  if (groupCode === null) throw new Error(`aRequest: ${homeCode} is in no sharing group`);
  const now = await appNow(db.q);
  const { priority = "urgent", needs: lines = [{}] } = options;
  const requestId = newId();
  const reference = `CR-${newSpeakable(6)}`;
  await db.q.insert(coverRequests).values({
    id: requestId,
    reference,
    homeCode,
    groupCode,
    priority,
    reason: "staff-absence",
    takesFirm: options.takesFirm ?? true,
    postedBy: poster.userId,
    postedByCode: poster.organisationCode,
    version: 1,
    createdAt: sql`app_now()`,
  });
  const needIds: string[] = [];
  for (const [position, line] of lines.entries()) {
    const lineId = newId();
    await db.q.insert(needLines).values({
      id: lineId,
      requestId,
      position: position + 1,
      serviceCode: await aService(db, line.service),
      channel: line.channel ?? "in-person",
      minutes: line.minutes ?? 20,
      earliest: line.earliest === undefined ? now : new Date(line.earliest),
      dueBy: line.dueBy === undefined ? new Date(now.getTime() + 3 * DAY) : new Date(line.dueBy),
      requires: line.requires ?? [],
      maxKm: line.maxKm ?? 20,
      priority: line.priority ?? priority,
      notAsked: {},
    });
    for (let index = 0; index < (line.count ?? 1); index += 1) {
      const id = newId();
      needIds.push(id);
      await db.q.insert(needs).values({
        id,
        requestId,
        lineId,
        groupCode,
        ref: `N${String(needIds.length).padStart(2, "0")}`,
        state: "open",
        priority: line.priority ?? priority,
        ring: 1,
        extraAsks: 0,
      });
    }
  }
  return { requestId, reference, homeCode, groupCode, needIds, poster };
};
