import { groupBy } from "../../platform/lists/lists.ts";
import { asksAllowed, LAST_RING } from "./asking.rules.ts";
import type { Decisions } from "./decide.rules.ts";
import { freeBeside, type PlacedNeed } from "./blocks.rules.ts";
import { isCalledBest } from "./calls.rules.ts";
import { practiceOf } from "./reach.rules.ts";
import { placeKey, type PlannedClinic, type SeekingNeed, type Snapshot } from "./snapshot.ts";
import {
  BLOCK,
  COURSE_CHARGE,
  DETOUR,
  kmBetween,
  LEAN,
  OTHER_PCN,
  pairCost,
  POINTS_A_DAY,
  REQUEST_CHARGE,
} from "./solver/index.ts";
import { unhurriedFrom, withTimeToAnswer } from "./time-to-answer.rules.ts";

/*
 * Whether a plan that read only the nearest practices, and only the earliest free slots of them, is as good as one that read
 * everything.
 *
 * A practice that was not read lies at least as far away as `restBeginsAtKm` and is in no PCN of the home (those are always
 * read), so a block there costs at least 1.4 × km + 3 − 2 + 4 (see matching design: distance, other PCN, the largest lean,
 * the block). A slot that was not read begins no earlier than `restBeginsAt` of its practice, so a block with one in it
 * begins at most the need's own length before that, and costs at least the pair of practices and the days until then.
 * Moving needs of a request to such a block adds one more pair to it and frees at most the pairs it leaves: all but one of
 * those it has; and what it leaves may go to another need of the same home, at the same cost but for the day it asked. So
 * where the dearest block of a home costs no more than the cheapest that was not read, with six for every pair beyond the
 * first and eight for every pair of a course beyond the first, nothing that was not read can improve what the home gets.
 * A practice of which enough was read for all needs of the home, beside what the plan uses, has nothing better in its rest.
 * (Two homes that compete for one practice could in turn gain a few points of cost by it; never cover, which is complete.)
 *
 * What found no place next door is looked for by itself: the nearest practices that have free time for its service are read
 * besides (`sought`). For such a need no other practice counts until the next that has time for it; and its dearest block is
 * compared with what others of the home could have elsewhere only where they could exchange blocks, being of one kind.
 */

const LEAST = OTHER_PCN - LEAN + BLOCK;
const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;

/** What a need's block costs with the pairs that leaving it could free. */
const costWithCharges = (mine: PlacedNeed, first: readonly PlacedNeed[]): number => {
  const { need } = mine;
  const ofRequest = first.filter((block) => block.need.requestId === need.requestId);
  const ofCourse = ofRequest.filter((block) => need.course !== null && block.need.course === need.course);
  const placesOf = (blocks: readonly PlacedNeed[]): number =>
    new Set(blocks.map((block) => block.clinic.organisationCode)).size;
  return mine.cost + REQUEST_CHARGE * (placesOf(ofRequest) - 1) + COURSE_CHARGE * Math.max(0, placesOf(ofCourse) - 1);
};

/** How many needs like this one the free slots of a clinic could take besides, none of them twice. */
const roomIn = ({ slots, slotMinutes }: PlannedClinic, need: SeekingNeed, from: number): number => {
  const length = Math.ceil(need.minutes / slotMinutes);
  const step = slotMinutes * MINUTE_MS;
  const starts = slots
    .map(({ start }) => start)
    .filter((start) => start >= from && start + step <= need.dueBy.getTime())
    .sort((left, right) => left - right);
  let room = 0;
  let run = 0;
  for (const [at, start] of starts.entries()) {
    run = run > 0 && start - (starts[at - 1] ?? 0) === step ? run + 1 : 1;
    if (run < length) continue;
    room += 1;
    run = 0;
  }
  return room;
};

/**
 * Whether what was read of a practice has room for as many needs like this one as its home has, beside what the plan uses. A
 * block that was not read begins later and costs no less, so each could be exchanged for one of those.
 */
const hasRoom = (snapshot: Snapshot, decisions: Decisions) => {
  const used = [...decisions.agree, ...decisions.offer];
  const clinicsOf = groupBy(freeBeside(withTimeToAnswer(snapshot).clinics, used), (clinic) => clinic.organisationCode);
  const unhurried = unhurriedFrom(snapshot);
  const cutShort = new Set(snapshot.cutShort.map((pair) => pair.join(" ")));
  const wantedAt = groupBy(snapshot.needs, (need) => need.homeCode);
  const known = new Map<string, boolean>();
  return (need: SeekingNeed, hostCode: string): boolean => {
    const host = snapshot.members.get(hostCode);
    // A cap counts by day, and what a patient said no to are times: there a later block may do what an earlier one cannot.
    if (host === undefined || host.dailyCap !== null || (need.excludedTimes ?? []).length > 0) return false;
    // Only what begins later is asked about there.
    if (cutShort.has(`${need.id} ${hostCode}`)) return false;
    const key = `${need.lineId} ${need.priority} ${hostCode}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const from = Math.max(snapshot.now.getTime(), need.earliest.getTime(), unhurried(need.priority)[hostCode] ?? 0);
    const room = (clinicsOf.get(hostCode) ?? [])
      .filter(
        ({ services, channel, provides }) =>
          services.includes(need.service) &&
          channel === need.channel &&
          need.requires.every((one) => provides.includes(one) || host.provides.includes(one)),
      )
      .reduce((sum, clinic) => sum + roomIn(clinic, need, from), 0);
    const has = room >= (wantedAt.get(need.homeCode)?.length ?? 0);
    known.set(key, has);
    return has;
  };
};

/** The least that a block with a slot in it that was not read could cost this need, at practices other than these. */
const leastUnreadCost = (snapshot: Snapshot, decisions: Decisions) => {
  const isRoomy = hasRoom(snapshot, decisions);
  const practices = new Map(
    [...snapshot.members.values()].map((member) => [member.code, practiceOf(member, snapshot.groupCode)]),
  );
  const pairs = new Map<string, { readonly km: number; readonly cost: number }>();
  const pairOf = (homeCode: string, hostCode: string) => {
    const key = `${homeCode} ${hostCode}`;
    const [home, host] = [practices.get(homeCode), practices.get(hostCode)];
    const km = home === undefined || host === undefined ? Number.POSITIVE_INFINITY : kmBetween(home, host);
    const cost = home === undefined || host === undefined ? km : pairCost(home, host, km);
    const pair = pairs.get(key) ?? { km, cost };
    pairs.set(key, pair);
    return pair;
  };
  return (need: SeekingNeed, except: ReadonlySet<string> = new Set()): number => {
    const withTime = snapshot.sought?.get(placeKey(need))?.hosts;
    let least = Number.POSITIVE_INFINITY;
    for (const [hostCode, restBeginsAt] of snapshot.restBeginsAt) {
      if (hostCode === need.homeCode || except.has(hostCode) || withTime?.includes(hostCode) === false) continue;
      const { km, cost } = pairOf(need.homeCode, hostCode);
      if (km > need.maxKm || isRoomy(need, hostCode)) continue;
      const earliest = need.earliest.getTime();
      const from = Math.max(earliest, restBeginsAt - need.minutes * MINUTE_MS);
      least = Math.min(least, cost + (POINTS_A_DAY * (from - earliest)) / DAY_MS);
    }
    return least;
  };
};

/** How far the nearest practice is that was not read and could have something for the need. */
const restFor = ({ restBeginsAtKm, sought }: Snapshot, need: SeekingNeed): number =>
  sought?.get(placeKey(need))?.restKm ?? restBeginsAtKm.get(need.homeCode) ?? Number.POSITIVE_INFINITY;

const hostOf = (block: PlacedNeed): string => block.clinic.organisationCode;

/**
 * Services of one kind: a block that a need leaves may serve another need of the same kind, since some clinic that was read
 * offers both, or each together with a third.
 */
const kindsOf = ({ clinics }: Snapshot): ((service: string) => string) => {
  const kinds = new Map<string, string>();
  const kindOf = (service: string): string => kinds.get(service) ?? service;
  for (const [first, ...others] of clinics.map(({ services }) => services))
    for (const other of others) {
      const [from, to] = [kindOf(other), kindOf(first ?? other)];
      for (const service of [...kinds.keys(), other, from]) if (kindOf(service) === from) kinds.set(service, to);
    }
  return kindOf;
};

/** Whether whoever is called for what found no place is who would be called knowing all. */
const areCalledBest = ({ asks, restBeginsAtKm }: Snapshot, { uncovered, calls, rings }: Decisions): boolean =>
  uncovered.every((need) =>
    isCalledBest(need, {
      calls,
      waiting: asks.filter((ask) => ask.needId === need.id && ask.kind === "call").length,
      ring: rings.get(need.id) ?? LAST_RING,
      restAtKm: restBeginsAtKm.get(need.homeCode) ?? Number.POSITIVE_INFINITY,
    }),
  );

/** Needs of one kind at one home: what one of them leaves may serve another. */
interface Kind {
  readonly needs: SeekingNeed[];
  dearest: number;
  /** Of what was not read. */
  least: number;
  /** Whether one of them could wait with more practices, were more read. */
  mayAskMore: boolean;
}

/** Needs with a first choice, by id, for which reading more practices or more of their slots could change nothing. */
export const settledNeeds = (snapshot: Snapshot, decisions: Decisions): ReadonlySet<string> => {
  const first = [...decisions.agree, ...decisions.offer].filter((block) => !block.isExtra);
  const firstOf = new Map(first.map((block) => [block.need.id, block]));
  const unreadSlots = leastUnreadCost(snapshot, decisions);
  const kindOf = kindsOf(snapshot);
  const kinds = new Map<string, Kind>();
  const uncovered = new Set(decisions.uncovered);
  for (const need of snapshot.needs) {
    if (uncovered.has(need)) continue;
    const key = `${need.homeCode} ${kindOf(need.service)}`;
    const kind = kinds.get(key) ?? { needs: [], dearest: -Infinity, least: Infinity, mayAskMore: false };
    kinds.set(key, kind);
    kind.needs.push(need);
    // Buddies and the PCN were read whole, as far as practices go.
    const isNarrow = (decisions.rings.get(need.id) ?? LAST_RING) < LAST_RING;
    const elsewhere = DETOUR * (isNarrow ? Infinity : restFor(snapshot, need)) + LEAST;
    const least = Math.min(elsewhere, unreadSlots(need));
    const mine = firstOf.get(need.id);
    // It waits with a first choice already: only more practices for it could be missing.
    if (mine === undefined) kind.mayAskMore ||= Number.isFinite(least);
    if (mine === undefined) continue;
    const asked = decisions.offer.filter((block) => block.need.id === need.id).map(hostOf);
    const isSettled = decisions.agree.includes(mine) || asked.length >= asksAllowed(need);
    kind.mayAskMore ||= !isSettled && Number.isFinite(Math.min(elsewhere, unreadSlots(need, new Set(asked))));
    // Costs count days from each need's own earliest: from one day on, they compare.
    const since = (POINTS_A_DAY * need.earliest.getTime()) / DAY_MS;
    kind.dearest = Math.max(kind.dearest, costWithCharges(mine, first) + since);
    kind.least = Math.min(kind.least, least + since);
  }
  const settled = [...kinds.values()].filter(({ dearest, least, mayAskMore }) => !mayAskMore && dearest <= least);
  return new Set(settled.flatMap(({ needs }) => needs.map(({ id }) => id)));
};

/** Nothing within reach was left unread, neither practices nor slots. */
export const isAllRead = ({ restBeginsAtKm, restBeginsAt }: Snapshot): boolean =>
  restBeginsAtKm.size === 0 && restBeginsAt.size === 0;

/**
 * True when reading more practices or more of their slots could change nothing about this plan. `isNothingLeft`: it is known
 * that nobody has any time for what found no place (`what-is-left.repository.ts`); without that, more has to be read for it.
 */
export const isEnough = (snapshot: Snapshot, decisions: Decisions, isNothingLeft = false): boolean => {
  if (decisions.uncovered.length > 0 && !isNothingLeft) return false;
  if (isAllRead(snapshot)) return true;
  const settled = settledNeeds(snapshot, decisions);
  return snapshot.needs.length === settled.size + decisions.uncovered.length && areCalledBest(snapshot, decisions);
};
