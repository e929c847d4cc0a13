import { sql } from "drizzle-orm";
import { appNow, type Queryable } from "../../platform/db/database.ts";
import { unique } from "../../platform/lists/lists.ts";
import {
  readAsks,
  readExclusions,
  readNeeds,
  readOpenNeeds,
  readPaidHosts,
  readSeekingNeeds,
} from "./seeking.repository.ts";
import { readEarliest, type Earliest } from "./earliest.repository.ts";
import type { Left, SeekingNeed, Snapshot } from "./snapshot.ts";
import { textArray, type Codes } from "./sql.ts";
import { codesNear, readRest } from "./reach.repository.ts";
import { readClinics, readMembers, readPublished, readUsedByDay } from "./supply.repository.ts";

/**
 * How much a plan reads. Nearly every plan is about a few needs that were just posted and finds places next door, so it
 * reads little; where that is not provably enough it is done again with more.
 */
export interface Breadth {
  /** open: only needs that nobody is asked for. seeking: also those that may wait with more practices. */
  readonly needs: "open" | "seeking";
  /** How many practices around each home; its PCN and buddies always. */
  readonly practices: number | "all";
  /** Whether first choices of other needs may be moved: only where something scarce is at stake. */
  readonly moves: boolean;
  /** Only the earliest free slots of each practice: so many times what one home could take. Absent: all. */
  readonly earliest?: number;
  /** Besides, practices with free time for what found no place among those (`readLeft`). */
  readonly sought?: ReadonlyMap<string, Left>;
}

const idsOf = (needs: readonly SeekingNeed[]): string[] => needs.map((need) => need.id);

const servicesOf = (needs: readonly SeekingNeed[]): string[] => unique(needs.map((need) => need.service));

/** The farthest reach of each home practice. */
export const homesOf = (needs: readonly SeekingNeed[]) =>
  unique(needs.map((need) => need.homeCode)).map((homeCode) => ({
    homeCode,
    maxKm: Math.max(...needs.filter((need) => need.homeCode === homeCode).map((need) => need.maxKm)),
  }));

/** Slots are seldom shorter: what a need takes at most. */
const SHORTEST_MINUTES = 10;

/** How many slots of a practice the home that wants most could take, and a few. */
const takenByOne = (needs: readonly SeekingNeed[]): number => {
  const wanted = new Map<string, number>();
  for (const { homeCode, minutes } of needs)
    wanted.set(homeCode, (wanted.get(homeCode) ?? 0) + Math.ceil(minutes / SHORTEST_MINUTES));
  // Of a practice's times each need can use only some, the fewer the more services are asked for.
  return (4 + Math.max(...wanted.values())) * Math.ceil(servicesOf(needs).length / 2);
};

/** The candidate search: what these practices could give these needs. */
export const readOffered = async (
  q: Queryable,
  needs: readonly SeekingNeed[],
  hosts: Codes,
  now: Date,
  breadth: Breadth,
): Promise<Earliest> => {
  const wanted = {
    hosts,
    services: servicesOf(needs),
    from: new Date(Math.max(now.getTime(), Math.min(...needs.map((need) => need.earliest.getTime())))),
    until: new Date(Math.max(...needs.map((need) => need.dueBy.getTime()))),
  };
  if (breadth.earliest !== undefined)
    return readEarliest(q, { ...wanted, most: breadth.earliest * takenByOne(needs) }, now);
  // Next door only what is free: a desk is not stood down for a little less distance (A2).
  const holders = breadth.moves ? "any" : breadth.practices === "all" ? "extra" : "none";
  return { clinics: await readClinics(q, { ...wanted, holders }, now), restBeginsAt: new Map() };
};

/** Needs whose waiting first choice holds something that a seeking need could use. */
const readMovable = async (q: Queryable, needs: readonly SeekingNeed[], clinics: Snapshot["clinics"]) => {
  const known = new Set(idsOf(needs));
  const holding = unique(clinics.flatMap((clinic) => clinic.slots.flatMap((slot) => slot.heldBy?.needId ?? [])));
  return readNeeds(
    q,
    holding.filter((id) => !known.has(id)),
  );
};

/** What looks for cover in a group, and when that was read. */
export interface Wanted {
  readonly now: Date;
  readonly needs: readonly SeekingNeed[];
}

export const readWanted = async (q: Queryable, groupCode: string, which: Breadth["needs"]): Promise<Wanted> => {
  const [now, needs] = await Promise.all([
    appNow(q),
    which === "open" ? readOpenNeeds(q, groupCode) : readSeekingNeeds(q, groupCode),
  ]);
  return { now, needs };
};

/**
 * What a plan of the group sees now; undefined when there is nothing to do. `wanted`: where it was read already. `also`:
 * needs that nobody has posted (what-if). `reaching`: supply is read for these besides, without being needs of the plan.
 * `beside`: another connection, on which half of it is read at the same time.
 */
export const readSnapshot = async (
  q: Queryable,
  groupCode: string,
  breadth: Breadth,
  {
    wanted,
    also = [],
    reaching = [],
    beside = q,
  }: {
    readonly wanted?: Wanted | undefined;
    readonly also?: readonly SeekingNeed[];
    readonly reaching?: readonly SeekingNeed[];
    readonly beside?: Queryable;
  } = {},
): Promise<Snapshot | undefined> => {
  const { now, needs: stored } = wanted ?? (await readWanted(q, groupCode, breadth.needs));
  const needs = [...stored, ...also];
  if (needs.length === 0) return undefined;
  const seen = await readAround({ q, beside }, groupCode, { needs, reaching, movable: [] }, now, breadth);
  const movable = breadth.moves ? await readMovable(q, needs, seen.clinics) : [];
  // What moves must have somewhere to go: its own neighbourhood counts too.
  return movable.length === 0
    ? seen
    : readAround({ q, beside }, groupCode, { needs, reaching: [], movable }, now, breadth);
};

/** All that lies around these needs, in one round trip: who is near is found by each statement itself. */
const readAround = async (
  { q, beside }: Record<"q" | "beside", Queryable>,
  groupCode: string,
  { needs, reaching, movable }: Record<"needs" | "reaching" | "movable", readonly SeekingNeed[]>,
  now: Date,
  breadth: Breadth,
): Promise<Snapshot> => {
  const all = [...needs, ...movable];
  const served = [...all, ...reaching];
  const homes = homesOf(served);
  const nearby = codesNear(homes, breadth.practices);
  const { sought } = breadth;
  const hosts =
    sought === undefined
      ? nearby
      : sql`array(select distinct unnest(${nearby} || ${textArray([...sought.values()].flatMap((left) => left.hosts))}))`;
  const planned = unique(all.map((need) => need.homeCode));
  const around = sql`${textArray(planned)} || ${hosts}`;
  const [members, { clinics, restBeginsAt }, usedByDay, restBeginsAtKm, asks, exclusions, paidHosts] =
    await Promise.all([
      // As much work for the database as all the rest.
      readMembers(beside, groupCode, breadth.practices === "all" ? "all" : around, servicesOf(served)),
      readOffered(q, served, hosts, now, breadth),
      readUsedByDay(q, around, now, idsOf(movable)),
      readRest(q, homes, breadth.practices),
      // An open need is one that nobody is asked for.
      readAsks(q, idsOf(breadth.needs === "open" ? movable : all)),
      readExclusions(q, idsOf(all)),
      readPaidHosts(q, unique(all.map((need) => need.requestId))),
    ]);
  return {
    groupCode,
    now,
    restBeginsAtKm,
    ...(sought === undefined ? {} : { sought }),
    restBeginsAt,
    members,
    needs,
    movable,
    asks,
    clinics,
    ...exclusions,
    paidHosts,
    usedByDay,
  };
};

/** A snapshot for explaining, with what was published whether or not anything of it is free (see `publishedKey`). */
export interface ExplainedSnapshot extends Snapshot {
  readonly published: ReadonlySet<string>;
}

/**
 * The whole group as these needs see it, or only `hosts`, for explaining: also practices that are too far away, and slots
 * that others' offers hold; nothing about what is offered for the needs themselves.
 */
export const readSnapshotFor = async (
  q: Queryable,
  groupCode: string,
  needs: readonly SeekingNeed[],
  hosts: readonly string[] | "all" = "all",
): Promise<ExplainedSnapshot> => {
  const now = await appNow(q);
  const homes = unique(needs.map((need) => need.homeCode));
  const services = servicesOf(needs);
  const members = await readMembers(q, groupCode, hosts === "all" ? "all" : unique([...homes, ...hosts]), services);
  const givers = hosts === "all" ? [...members.keys()] : hosts;
  const until = new Date(Math.max(now.getTime(), ...needs.map((need) => need.dueBy.getTime())));
  const [clinics, published, exclusions, usedByDay] = await Promise.all([
    needs.length === 0 ? [] : readClinics(q, { hosts: givers, services, from: now, until, holders: "all" }, now),
    readPublished(q, givers, services),
    readExclusions(q, idsOf(needs)),
    readUsedByDay(q, givers, now, []),
  ]);
  return {
    groupCode,
    now,
    restBeginsAtKm: new Map(),
    restBeginsAt: new Map(),
    members,
    needs,
    movable: [],
    asks: [],
    clinics,
    published,
    ...exclusions,
    paidHosts: [],
    usedByDay,
  };
};
