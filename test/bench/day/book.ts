import { defaultOpeningHours, isOpenAt } from "../../../src/features/calendar/index.ts";
import { kmBetween } from "../../../src/features/matching/solver/index.ts";
import {
  lostAt,
  MINUTE,
  type Clinic,
  type Need,
  type Outcome,
  type Practice,
  type Spell,
  type World,
} from "./world.ts";

/*
 * The books of all practices as the two rivals meet them, in memory: the same clinics, appearing and vanishing at the same
 * instants, and the same opening hours.
 */

export interface Block {
  readonly clinic: Clinic;
  readonly starts: readonly number[];
}

export const isOpen = (now: number): boolean => isOpenAt(defaultOpeningHours, new Date(now));

/** Other practices within the need's distance, nearest first. */
export const hostsOf = (world: World, need: Need): Practice[] =>
  world.practices
    .filter((host) => host !== need.home && kmBetween(need.home, host) <= need.maxKm)
    .sort((a, b) => kmBetween(need.home, a) - kmBetween(need.home, b) || (a.id < b.id ? -1 : 1));

export const createBook = (world: World) => {
  const busy = new Set<string>();
  const agreed = new Map<string, { need: Need; block: Block; agreedAt: number }>();
  const spells = new Map<string, Spell[]>();
  const asked = new Set<string>();
  const clinicsOf = new Map<Practice, Clinic[]>();
  for (const clinic of world.clinics)
    clinicsOf.set(clinic.practice, [...(clinicsOf.get(clinic.practice) ?? []), clinic]);
  const key = (clinic: Clinic, start: number): string => `${clinic.id} ${start}`;
  const isFree = (clinic: Clinic, start: number, now: number): boolean =>
    start > now && !busy.has(key(clinic, start)) && (lostAt(clinic, start) ?? Number.POSITIVE_INFINITY) > now;

  const blockIn = (clinic: Clinic, need: Need, now: number): Block | undefined => {
    const length = Math.ceil(need.minutes / clinic.slotMinutes);
    let run: number[] = [];
    for (const start of clinic.starts) {
      run = isFree(clinic, start, now) ? [...run, start].slice(-length) : [];
      const end = start + clinic.slotMinutes * MINUTE;
      if (run.length === length && end <= need.dueBy) return { clinic, starts: run };
    }
    return undefined;
  };
  const release = ({ clinic, starts }: Block): void => {
    for (const start of starts) busy.delete(key(clinic, start));
  };
  return {
    agreed,
    /** The earliest free block of a practice for a need, published by now or hidden. */
    freeBlock: (host: Practice, need: Need, now: number): Block | undefined => {
      if (need.requires.some((one) => !host.provides.includes(one))) return undefined;
      const found = (clinicsOf.get(host) ?? [])
        .filter((clinic) => clinic.publishedAt <= now && clinic.services.includes(need.service))
        .flatMap((clinic) => blockIn(clinic, need, now) ?? []);
      return found.sort((a, b) => (a.starts[0] ?? 0) - (b.starts[0] ?? 0))[0];
    },
    /** Whether a silent practice does such things at all: what it says it could do. */
    couldDo: (host: Practice, need: Need): boolean =>
      host.role === "silent" && (clinicsOf.get(host) ?? []).some((clinic) => clinic.services.includes(need.service)),
    hold: ({ clinic, starts }: Block): void => {
      for (const start of starts) busy.add(key(clinic, start));
    },
    release,
    agree: (need: Need, block: Block, now: number): void => {
      for (const start of block.starts) busy.add(key(block.clinic, start));
      agreed.set(need.id, { need, block, agreedAt: now });
      spells.set(need.id, [...(spells.get(need.id) ?? []), { from: now, until: Number.POSITIVE_INFINITY }]);
    },
    /** What stood on a slot that went: the need looks again. */
    lose: (clinic: Clinic, start: number, now: number): Need | undefined => {
      for (const [id, { need, block }] of agreed) {
        if (block.clinic !== clinic || !block.starts.includes(start)) continue;
        agreed.delete(id);
        spells.set(
          id,
          (spells.get(id) ?? []).map((one) => ({ ...one, until: Math.min(one.until, now) })),
        );
        release(block);
        return need;
      }
      return undefined;
    },
    noteAsked: (host: Practice, need: Need): void => void asked.add(`${host.id} ${need.request}`),
    outcome: (): Outcome => ({
      asked,
      spells,
      agreed: new Map(
        [...agreed].map(([id, { block, agreedAt }]) => [
          id,
          {
            host: block.clinic.practice.id,
            start: block.starts[0] ?? 0,
            minutes: block.starts.length * block.clinic.slotMinutes,
            agreedAt,
          },
        ]),
      ),
    }),
  };
};
export type Book = ReturnType<typeof createBook>;

/** Every slot that goes, with when. */
export const lossesOf = (world: World) =>
  world.clinics.flatMap((clinic) =>
    clinic.starts.flatMap((start) => {
      const when = lostAt(clinic, start);
      return when === undefined ? [] : [{ at: when, clinic, start }];
    }),
  );
