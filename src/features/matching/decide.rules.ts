import { groupBy, unique } from "../../platform/lists/lists.ts";
import type { Widening } from "../requests/index.ts";
import { callsAllowed, callsBeside, LAST_RING, ringWaitEnds, widensFurther } from "./asking.rules.ts";
import { blocksOf, dayCounts, freeBeside, isPossibleNow, type PlacedNeed, type Solver } from "./blocks.rules.ts";
import { planCalls, type CallPlan } from "./calls.rules.ts";
import { deskCounter } from "./desk.rules.ts";
import { placeExtras } from "./extras.rules.ts";
import { isFirstChoice, movableOf, type Movable } from "./movable.rules.ts";
import { problemOf } from "./problem.rules.ts";
import { isTakenAtOnce, reachOf, type Reach } from "./reach.rules.ts";
import type { Ask, SeekingNeed, Snapshot } from "./snapshot.ts";
import { placeSure } from "./sure.rules.ts";
import { allowedAt, catalogueOf } from "./solver/index.ts";
import { unhurriedFrom, withTimeToAnswer } from "./time-to-answer.rules.ts";

/** What a plan comes to: everything that is to be written, and nothing that was read. */
export interface Decisions {
  /** Firm blocks, agreed at once (O1). */
  readonly agree: readonly PlacedNeed[];
  /** Blocks to be offered: to the supporting practice, or to home where they are firm. */
  readonly offer: readonly PlacedNeed[];
  readonly calls: readonly CallPlan[];
  /** Needs to be taken out of waiting offers: extra asks whose slots a first choice wants, first choices that move. */
  readonly shrink: readonly { readonly offerId: string; readonly needId: string }[];
  /** Extra asks that become first choices, since theirs is gone. */
  readonly promote: readonly string[];
  readonly widen: readonly Widening[];
  /** The ring of each need after this. */
  readonly rings: ReadonlyMap<string, number>;
  /** Needs that have no first choice after this. */
  readonly uncovered: readonly SeekingNeed[];
  /** Needs whose waiting first choice went to another and that have no place any more: they are due at once. */
  readonly displaced: readonly SeekingNeed[];
  /** When asking becomes possible that is not possible now, because a desk is closed. */
  readonly askAgainAt: Date | undefined;
}

/**
 * Decides what to ask whom (rules M1 to M6, A1 to A6). Pure but for the solver it is given.
 *
 * First every need without a first choice gets at most one block of the plan (A1), the ring opening at once where it holds
 * nothing (A3), and what has waited for nothing takes firm time that is left; then needs that may wait with more practices get
 * extra asks from what is left (A2); then what no published slot covers, or is left for once a wait has passed unanswered, is
 * put to practices as calls (A4).
 */
export const decide = async (given: Snapshot, solve: Solver): Promise<Decisions> => {
  const snapshot = withTimeToAnswer(given);
  const reach = reachOf(snapshot);
  const asks = groupBy(snapshot.asks, (ask) => ask.needId);
  const asksOf = (need: SeekingNeed): readonly Ask[] => asks.get(need.id) ?? [];
  const promote = new Map<string, string>();
  for (const need of snapshot.needs) {
    const extra = asksOf(need).find((ask) => ask.isExtra);
    if (extra !== undefined && !asksOf(need).some(isFirstChoice)) promote.set(need.id, extra.offerId);
  }
  const isPlaced = (need: SeekingNeed): boolean => promote.has(need.id) || asksOf(need).some(isFirstChoice);
  const seeking = snapshot.needs.filter((need) => !isPlaced(need));
  // A wait has passed, and a practice more may be asked: that ring, too, is skipped where it holds nobody else.
  const widened = snapshot.needs.filter((need) => isPlaced(need) && need.extraAsks > 0);
  const rings = openRings(snapshot, reach, [...seeking, ...widened], asksOf);
  const movable = movableOf(snapshot);
  const unhurried = await placeFirst(snapshot, reach, seeking, { rings, movable }, solve);
  const first = [...unhurried, ...(await placeHurried(snapshot, reach, seeking, unhurried, solve))];
  const desk = deskCounter(snapshot);
  const sure = await placeSure(snapshot, reach, rings, { isPlaced, first }, solve);
  const isSure = new Set(sure.map((block) => block.need.id));
  const placed = [...first.filter((block) => !isSure.has(block.need.id) && desk.take(block)), ...sure];
  const extra = await placeExtras(snapshot, reach, rings, { asksOf, placed, desk }, solve);
  const covered = new Set(placed.map((block) => block.need.id));
  const uncovered = seeking.filter((need) => !covered.has(need.id));
  callRings(reach, uncovered, rings, asksOf);
  const blocks = [...placed, ...extra];
  const short = new Map(uncovered.map((need) => [need, callsAllowed(need)]));
  for (const need of widened)
    if (!isSure.has(need.id)) short.set(need, callsBeside(need, published(need, asksOf, blocks)));
  const calls = planCalls(snapshot, reach, short, rings, asksOf, desk);
  const called = new Set(calls.flatMap((call) => call.needs.map((need) => need.id)));
  const waits = (need: SeekingNeed): boolean =>
    asksOf(need).length > 0 || called.has(need.id) || blocks.some((block) => block.need.id === need.id);
  const shrink = standDowns(snapshot, blocks, movable);
  const agree = placed.filter((block) => isTakenAtOnce(block.need, block.clinic));
  return {
    agree,
    offer: blocks.filter((block) => !isTakenAtOnce(block.need, block.clinic)),
    calls,
    shrink,
    promote: unique(promote.values()),
    widen: widenings(snapshot, rings, waits),
    rings,
    uncovered,
    displaced: movable.needs.filter(
      (need) =>
        !covered.has(need.id) &&
        asksOf(need).some((ask) => isFirstChoice(ask) && shrink.some(({ offerId }) => offerId === ask.offerId)) &&
        shrink.some(({ needId }) => needId === need.id),
    ),
    askAgainAt: earliest(uncovered.map((need) => reach.opensNext(need))),
  };
};

const earliest = (times: readonly (Date | undefined)[]): Date | undefined => {
  const known = times.filter((time) => time !== undefined).map((time) => time.getTime());
  return known.length === 0 ? undefined : new Date(Math.min(...known));
};

type AsksOf = (need: SeekingNeed) => readonly Ask[];

/** Whether asking this practice would be news for the need: once a wait has passed, whom it waits with already is not. */
const isNews = (need: SeekingNeed, code: string, asksOf: AsksOf): boolean =>
  need.extraAsks === 0 || !asksOf(need).some((ask) => ask.supportingCode === code);

/** With how many practices a need waits for published times after this plan. */
const published = (need: SeekingNeed, asksOf: AsksOf, blocks: readonly PlacedNeed[]): number =>
  asksOf(need).filter(({ kind }) => kind === "slots").length +
  blocks.filter((block) => block.need.id === need.id).length;

/**
 * Each need's ring, opened until it holds a published slot that could serve it (A3: a ring with nothing in it is skipped at
 * once). Published time anywhere comes before calls: it was pledged, a call is a question.
 */
const openRings = (
  snapshot: Snapshot,
  reach: Reach,
  seeking: readonly SeekingNeed[],
  asksOf: AsksOf,
): Map<string, number> => {
  const everywhere = new Map(seeking.map((need) => [need.id, [...snapshot.members.keys()]]));
  const catalogue = catalogueOf(problemOf(snapshot, { needs: seeking, reach: everywhere, clinics: snapshot.clinics }));
  const entries = new Map(catalogue.needs.map((entry) => [entry.need.id, entry]));
  const hosts = new Map(catalogue.hosts.map((host) => [host.practice.id, host]));
  const rings = new Map(snapshot.needs.map((need) => [need.id, need.ring]));
  for (const need of seeking) {
    const entry = entries.get(need.id);
    const hasSlots = (code: string): boolean => {
      const host = hosts.get(code);
      return (
        entry !== undefined &&
        host !== undefined &&
        isNews(need, code, asksOf) &&
        typeof allowedAt(entry, host) !== "string"
      );
    };
    let { ring } = need;
    while (ring < LAST_RING && !reach.within(need, ring).some(hasSlots)) ring += 1;
    rings.set(need.id, ring);
  }
  return rings;
};

/** For needs that no published slot covers: back to the narrowest ring in which somebody can be called (A4). */
const callRings = (
  reach: Reach,
  uncovered: readonly SeekingNeed[],
  rings: Map<string, number>,
  asksOf: AsksOf,
): void => {
  for (const need of uncovered) {
    const isAnybody = (ring: number): boolean =>
      reach.callable(need, ring).some((host) => isNews(need, host.code, asksOf));
    let { ring } = need;
    while (ring < LAST_RING && !isAnybody(ring)) ring += 1;
    rings.set(need.id, ring);
  }
};

/**
 * The plan proper, among blocks that leave desks the time to answer. Where a ring turns out to be taken by others, the next
 * one opens.
 */
const placeFirst = async (
  snapshot: Snapshot,
  reach: Reach,
  seeking: readonly SeekingNeed[],
  { rings, movable }: { readonly rings: Map<string, number>; readonly movable: Movable },
  solve: Solver,
): Promise<PlacedNeed[]> => {
  if (seeking.length === 0) return [];
  const { incumbent, alsoUsed } = movable;
  const needs = [...seeking, ...movable.needs];
  const notBefore = unhurriedFrom(snapshot);
  for (;;) {
    const within = new Map(needs.map((need) => [need.id, reach.within(need, rings.get(need.id) ?? need.ring)]));
    const plan = await solve(
      problemOf(snapshot, {
        needs,
        reach: within,
        clinics: snapshot.clinics,
        alsoUsed,
        notBefore,
        ...(incumbent.length > 0 ? { incumbent } : {}),
      }),
    );
    const narrow = seeking.filter(
      (need) =>
        (rings.get(need.id) ?? LAST_RING) < LAST_RING && plan.unassigned.some(({ needId }) => needId === need.id),
    );
    if (narrow.length === 0) {
      const stays = new Set(incumbent.map(({ needId, slotIds }) => `${needId} ${[...slotIds].sort().join(" ")}`));
      return blocksOf(plan, needs, snapshot.clinics, false)
        .filter((block) => !stays.has(`${block.need.id} ${[...block.slotIds].sort().join(" ")}`))
        .filter((block) => isPossibleNow(snapshot, block));
    }
    for (const need of narrow) rings.set(need.id, (rings.get(need.id) ?? LAST_RING) + 1);
  }
};

/** What found no place there, among the free blocks that begin sooner: better a hurried question than none. */
const placeHurried = async (
  snapshot: Snapshot,
  reach: Reach,
  seeking: readonly SeekingNeed[],
  placed: readonly PlacedNeed[],
  solve: Solver,
): Promise<PlacedNeed[]> => {
  const done = new Set(placed.map((block) => block.need.id));
  const needs = seeking.filter((need) => !done.has(need.id));
  if (needs.length === 0) return [];
  const clinics = freeBeside(snapshot.clinics, placed);
  const within = new Map(needs.map((need) => [need.id, reach.within(need, LAST_RING)]));
  const plan = await solve(problemOf(snapshot, { needs, reach: within, clinics, alsoUsed: dayCounts(placed) }));
  return blocksOf(plan, needs, clinics, false).filter((block) => isPossibleNow(snapshot, block));
};

/** Which waiting offers lose which needs, because their slots or the needs themselves go elsewhere. */
const standDowns = (
  snapshot: Snapshot,
  blocks: readonly PlacedNeed[],
  movable: Movable,
): { offerId: string; needId: string }[] => {
  const holders = new Map(
    snapshot.clinics.flatMap((clinic) =>
      clinic.slots.flatMap((slot) => (slot.heldBy ? [[slot.id, slot.heldBy] as const] : [])),
    ),
  );
  const moved = new Set(movable.needs.map((need) => need.id));
  const ends = [
    ...blocks.flatMap((block) => block.slotIds.map((id) => holders.get(id)).filter((holder) => holder !== undefined)),
    ...snapshot.asks.filter(
      (ask) =>
        isFirstChoice(ask) &&
        moved.has(ask.needId) &&
        blocks.some((block) => block.need.id === ask.needId && !block.isExtra),
    ),
  ];
  return [...new Map(ends.map(({ offerId, needId }) => [`${offerId} ${needId}`, { offerId, needId }])).values()];
};

const widenings = (
  snapshot: Snapshot,
  rings: ReadonlyMap<string, number>,
  waits: (need: SeekingNeed) => boolean,
): Widening[] =>
  snapshot.needs.flatMap((need): Widening[] => {
    const ring = rings.get(need.id) ?? need.ring;
    const home = snapshot.members.get(need.homeCode);
    const isWaiting = widensFurther({ ring, extraAsks: need.extraAsks }) && waits(need);
    const keeps = isWaiting && ring === need.ring && need.widenAt !== null;
    const widenAt = keeps
      ? need.widenAt
      : isWaiting && home !== undefined
        ? ringWaitEnds(need, ring, snapshot.now, home.hours)
        : null;
    if (ring === need.ring && widenAt?.getTime() === need.widenAt?.getTime()) return [];
    return [{ needId: need.id, ring, extraAsks: need.extraAsks, widenAt }];
  });
