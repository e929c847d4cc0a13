import { appNow, type Queryable } from "../../platform/db/database.ts";
import {
  readAsks,
  readExclusions,
  readNeeds,
  readOpenNeeds,
  readPaidHosts,
  readSeekingNeeds,
} from "./seeking.repository.ts";
import type { SeekingNeed, Snapshot } from "./snapshot.ts";
import { NEAREST, readClinics, readMembers, readPublished, readReach, readUsedByDay } from "./supply.repository.ts";

/**
 * How much a plan reads. Nearly every plan is about a few needs that were just posted and finds places next door, so it
 * reads little; where that is not provably enough it is done again with more.
 */
export interface Breadth {
  /** open: only needs that nobody is asked for. seeking: also those that may wait with more practices. */
  readonly needs: "open" | "seeking";
  /** Practices around each home. */
  readonly practices: "nearest" | "all";
  /** Whether first choices of other needs may be moved: only where something scarce is at stake. */
  readonly moves: boolean;
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

const idsOf = (needs: readonly SeekingNeed[]): string[] => needs.map((need) => need.id);

/** The farthest reach of each home practice. */
const homesOf = (needs: readonly SeekingNeed[]) =>
  unique(needs.map((need) => need.homeCode)).map((homeCode) => ({
    homeCode,
    maxKm: Math.max(...needs.filter((need) => need.homeCode === homeCode).map((need) => need.maxKm)),
  }));

/** The candidate search: who could give these needs something, and what. */
export const readSupply = async (q: Queryable, needs: readonly SeekingNeed[], now: Date, breadth: Breadth) => {
  const { hosts, restBeginsAtKm } = await readReach(q, homesOf(needs), breadth.practices === "all" ? "all" : NEAREST);
  const clinics = await readClinics(
    q,
    {
      hosts,
      services: unique(needs.map((need) => need.service)),
      from: now,
      until: new Date(Math.max(...needs.map((need) => need.dueBy.getTime()))),
      // Next door only what is free: a desk is not stood down for a little less distance (A2).
      holders: breadth.moves ? "any" : breadth.practices === "all" ? "extra" : "none",
    },
    now,
  );
  return { hosts, restBeginsAtKm, clinics };
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

/**
 * What a plan of the group sees now; undefined when there is nothing to do. `also`: needs that nobody has
 * posted (what-if). `reaching`: supply is read for these besides, without being needs of the plan.
 */
export const readSnapshot = async (
  q: Queryable,
  groupCode: string,
  breadth: Breadth,
  {
    also = [],
    reaching = [],
  }: { readonly also?: readonly SeekingNeed[]; readonly reaching?: readonly SeekingNeed[] } = {},
): Promise<Snapshot | undefined> => {
  const now = await appNow(q);
  const stored = await (breadth.needs === "open" ? readOpenNeeds(q, groupCode) : readSeekingNeeds(q, groupCode));
  const needs = [...stored, ...also];
  if (needs.length === 0) return undefined;
  let supply = await readSupply(q, [...needs, ...reaching], now, breadth);
  const movable = breadth.moves ? await readMovable(q, needs, supply.clinics) : [];
  const all = [...needs, ...movable];
  // What moves must have somewhere to go: its own neighbourhood counts too.
  if (movable.length > 0) supply = await readSupply(q, all, now, breadth);
  const homes = unique(all.map((need) => need.homeCode));
  const members = await readMembers(
    q,
    groupCode,
    breadth.practices === "all" ? "all" : unique([...homes, ...supply.hosts]),
  );
  const capped = [...members.values()].filter((member) => member.dailyCap !== null).map((member) => member.code);
  return {
    groupCode,
    now,
    restBeginsAtKm: supply.restBeginsAtKm,
    members,
    needs,
    movable,
    // An open need is one that nobody is asked for.
    asks: await readAsks(q, idsOf(breadth.needs === "open" ? movable : all)),
    clinics: supply.clinics,
    excluded: await readExclusions(q, idsOf(all)),
    paidHosts: await readPaidHosts(q, unique(all.map((need) => need.requestId))),
    usedByDay: await readUsedByDay(q, capped, now, idsOf(movable)),
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
  const members = await readMembers(q, groupCode, hosts === "all" ? "all" : unique([...homes, ...hosts]));
  const givers = hosts === "all" ? [...members.keys()] : hosts;
  const services = unique(needs.map((need) => need.service));
  const until = new Date(Math.max(now.getTime(), ...needs.map((need) => need.dueBy.getTime())));
  const clinics =
    needs.length === 0 ? [] : await readClinics(q, { hosts: givers, services, from: now, until, holders: "all" }, now);
  const capped = [...members.values()].filter((member) => member.dailyCap !== null).map((member) => member.code);
  return {
    groupCode,
    now,
    restBeginsAtKm: new Map(),
    members,
    needs,
    movable: [],
    asks: [],
    clinics,
    published: await readPublished(q, givers, services),
    excluded: await readExclusions(q, idsOf(needs)),
    paidHosts: [],
    usedByDay: await readUsedByDay(q, capped, now, []),
  };
};
