import { expect, it } from "vitest";
import { defaultOpeningHours } from "../../../src/features/calendar/index.ts";
import { decide, type Decisions } from "../../../src/features/matching/decide.rules.ts";
import { isEnough } from "../../../src/features/matching/enough.rules.ts";
import {
  placeKey,
  type Left,
  type Member,
  type PlannedClinic,
  type SeekingNeed,
  type Snapshot,
} from "../../../src/features/matching/snapshot.ts";
import { COURSE_CHARGE, kmBetween, REQUEST_CHARGE } from "../../../src/features/matching/solver/index.ts";
import { practiceOf } from "../../../src/features/matching/reach.rules.ts";
import { seededRandom, type Random } from "../../../src/features/matching/solver/random.ts";
import { solver } from "../../support/story.ts";

/*
 * What `isEnough` promises, tried on invented neighbourhoods: where it says that reading more could change nothing, the plan
 * that reads everything costs no less.
 */

const NOW = new Date("2026-12-14T10:00:00Z");
const SERVICES = ["wound-simple", "wound-complex", "ecg"] as const;
/** 8,000 of them were tried once, too. */
const WORLDS = 600;
const HOURS = 3_600_000;

const memberAt = (code: string, lat: number, pcn: string): Member => ({
  code,
  lat,
  lon: 0,
  pcn,
  listSize: 8_000,
  isSigned: true,
  isAccepting: true,
  dailyCap: null,
  provides: [],
  hours: defaultOpeningHours,
  couldDo: SERVICES,
  waiting: 0,
  balanceMinutes: 0,
  buddies: [],
  lastAskedAt: null,
});

const clinicsAt = (code: string, random: Random): PlannedClinic[] =>
  Array.from({ length: random.below(3) }, (_, at) => {
    const first = random.unit() < 0.7 ? "wound-simple" : (SERVICES[1 + random.below(2)] ?? "ecg");
    const services = SERVICES.filter((service) => service === first || random.unit() < 0.1);
    const start = Date.parse("2026-12-15T09:00:00Z") + random.below(3) * 24 * HOURS;
    return {
      id: `${code} c${at}`,
      organisationCode: code,
      services,
      channel: "in-person",
      provides: [],
      slotMinutes: 20,
      isFirm: random.unit() < 0.5,
      slots: Array.from({ length: 2 + random.below(9) }, (_unused, slot) => ({
        id: `${code} c${at} s${slot}`,
        start: start + at * 5 * HOURS + slot * 20 * 60_000,
      })),
    };
  });

const needsOf = (random: Random): SeekingNeed[] =>
  Array.from({ length: 1 + random.below(3) }, (_, line) => line).flatMap((line) => {
    const service = SERVICES[line] ?? "wound-simple";
    const requestId = `r${random.below(2)}`;
    const course = random.unit() < 0.2 ? `${line}` : null;
    return Array.from({ length: 1 + random.below(4) }, (_, at): SeekingNeed => ({
      id: `n${line}${at}`,
      ref: `N${line}${at}`,
      requestId,
      requestVersion: 1,
      reference: requestId,
      lineId: `l${line}`,
      groupCode: "G",
      homeCode: "P00",
      takesFirm: true,
      service,
      serviceName: service,
      channel: "in-person",
      minutes: 20,
      earliest: NOW,
      dueBy: new Date("2026-12-19T18:30:00Z"),
      requires: [],
      maxKm: 60,
      priority: "routine",
      asking: { waits: { buddies: 240, pcn: 240, group: 240 }, breadth: 1, calls: 3 },
      course,
      ring: 3,
      extraAsks: 0,
      widenAt: null,
    }));
  });

const worldOf = (seed: number): Snapshot => {
  const random = seededRandom(seed * 2_654_435_761);
  const members = Array.from({ length: 14 }, (_, at) =>
    memberAt(`P${String(at).padStart(2, "0")}`, 54 + at * random.unit() * 0.03, random.unit() < 0.3 ? "HOME" : "OTHER"),
  ).map((member, at) => (at === 0 ? { ...member, lat: 54, pcn: "HOME" } : member));
  return {
    groupCode: "G",
    now: NOW,
    restBeginsAtKm: new Map(),
    restBeginsAt: new Map(),
    members: new Map(members.map((member) => [member.code, member])),
    needs: needsOf(random),
    movable: [],
    asks: [],
    clinics: members.slice(1).flatMap(({ code }) => clinicsAt(code, random)),
    excluded: [],
    cutShort: [],
    paidHosts: [],
    usedByDay: {},
  };
};

/** The world as a plan reads it that looks around home only: the nearest few and the PCN, and of each the earliest times. */
const nearest = (world: Snapshot, few: number, most: number, sought?: ReadonlyMap<string, Left>): Snapshot => {
  const [home, ...hosts] = byDistance(world);
  if (home === undefined) throw new Error("nobody is at home");
  const read = new Set(
    [home, ...hosts.slice(0, few), ...hosts.filter(({ member }) => member.pcn === "HOME")].map(
      ({ member }) => member.code,
    ),
  );
  for (const { hosts: besides } of sought?.values() ?? []) for (const code of besides) read.add(code);
  const rest = hosts[few];
  const restBeginsAt = new Map<string, number>();
  const clinics = world.clinics.filter(({ organisationCode }) => read.has(organisationCode));
  const early = new Set<string>();
  for (const code of read) {
    const slots = clinics
      .filter(({ organisationCode }) => organisationCode === code)
      .flatMap((clinic) => clinic.slots)
      .sort((left, right) => left.start - right.start);
    for (const slot of slots.slice(0, most)) early.add(slot.id);
    if (slots.length >= most) restBeginsAt.set(code, slots[most - 1]?.start ?? 0);
  }
  return {
    ...world,
    restBeginsAtKm: rest === undefined ? new Map() : new Map([["P00", rest.km]]),
    restBeginsAt,
    ...(sought === undefined ? {} : { sought }),
    members: new Map([...world.members].filter(([code]) => read.has(code))),
    clinics: clinics.map((clinic) => ({ ...clinic, slots: clinic.slots.filter(({ id }) => early.has(id)) })),
  };
};

const byDistance = (world: Snapshot): { member: Member; km: number }[] => {
  const home = world.members.get("P00");
  if (home === undefined) return [];
  return [...world.members.values()]
    .map((member) => ({ member, km: kmBetween(practiceOf(home, "G"), practiceOf(member, "G")) }))
    .sort((left, right) => left.km - right.km || (left.member.code < right.member.code ? -1 : 1));
};

const leftFor = (world: Snapshot, needs: readonly SeekingNeed[], few: number): ReadonlyMap<string, Left> =>
  new Map(
    needs.flatMap((need) => {
      const having = byDistance(world).filter(({ member }) =>
        world.clinics.some(
          ({ organisationCode, services }) => organisationCode === member.code && services.includes(need.service),
        ),
      );
      const left = {
        hosts: having.slice(0, few).map(({ member }) => member.code),
        restKm: having[few]?.km ?? Number.POSITIVE_INFINITY,
      };
      return having.length === 0 ? [] : [[placeKey(need), left] as const];
    }),
  );

const costOf = ({ agree, offer }: Decisions): number => {
  const blocks = [...agree, ...offer].filter(({ isExtra }) => !isExtra);
  const pairs = (keys: readonly string[]): number => new Set(keys).size;
  const courses = blocks.filter(({ need }) => need.course !== null);
  const courseAt = ({ need }: (typeof blocks)[number]): string => `${need.requestId} ${need.course}`;
  return (
    blocks.reduce((sum, { cost }) => sum + cost, 0) +
    REQUEST_CHARGE * pairs(blocks.map(({ need, clinic }) => `${need.requestId} ${clinic.organisationCode}`)) +
    COURSE_CHARGE *
      (pairs(courses.map((block) => `${courseAt(block)} ${block.clinic.organisationCode}`)) -
        pairs(courses.map(courseAt)))
  );
};

const usesMore = ({ agree, offer }: Decisions, { clinics }: Snapshot): boolean => {
  const read = new Set(clinics.flatMap(({ slots }) => slots.map(({ id }) => id)));
  return [...agree, ...offer].some(({ slotIds }) => slotIds.some((id) => !read.has(id)));
};

it("M2: where a plan says that it has read enough, one that reads everything covers no more, and costs no less for it", async () => {
  const seen = { atOnce: 0, sought: 0, more: 0 };
  for (let seed = 1; seed <= WORLDS; seed += 1) {
    const world = worldOf(seed);
    const all = await decide(world, solver);
    const few = nearest(world, 4, 12);
    const first = await decide(few, solver);
    const left = leftFor(world, first.uncovered, 3);
    const sought = nearest(world, 4, 12, left);
    const besides = await decide(sought, solver);
    const isNothingLeft = (decisions: Decisions): boolean =>
      decisions.uncovered.every((need) => !left.has(placeKey(need)));
    const [kind, read, settled] = isEnough(few, first, isNothingLeft(first))
      ? (["atOnce", few, first] as const)
      : isEnough(sought, besides, isNothingLeft(besides))
        ? (["sought", sought, besides] as const)
        : (["more", world, all] as const);
    seen[kind] += 1;
    expect(settled.uncovered.length, `world ${seed}`).toBe(all.uncovered.length);
    // A point less by other blocks of those that were read is the solver's doing, which does not always find the very best.
    const allowed = usesMore(all, read) ? 0.01 : Number.POSITIVE_INFINITY;
    expect(costOf(settled), `world ${seed}`).toBeLessThanOrEqual(costOf(all) + allowed);
  }
  // Each of the three happens often enough to mean something.
  expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(WORLDS / 60);
});
