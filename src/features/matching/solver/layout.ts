import { hostDayKey, type Catalogue, type Run } from "./catalogue.ts";
import { DAY_MS, POINTS_A_DAY } from "./cost.ts";
import type { Opening } from "./filters.ts";
import type { ProblemSlot } from "./problem.ts";

/** Stands for "no cap": more than any number of needs. */
const NO_CAP = 0x3fffffff;

/** Where every slot, run and (practice, UTC day) stands in the model's arrays. */
export interface Layout {
  readonly startOfRun: ReadonlyMap<Run, number>;
  readonly numberOfRun: ReadonlyMap<Run, number>;
  readonly runStart: Int32Array;
  readonly slots: readonly ProblemSlot[];
  readonly slotHost: Int32Array;
  readonly slotRun: Int32Array;
  readonly slotDay: Int32Array;
  readonly slotTime: Float64Array;
  readonly dayRoom: Int32Array;
  readonly dayFirst: Int32Array;
  readonly dayEnd: Int32Array;
  /** 1 for slots that somebody else's offer holds. */
  readonly isHeld: Uint8Array;
}

/** Numbers every slot, run by run, and every (practice, day) that has one. */
export const layOut = ({ hosts, problem }: Catalogue): Layout => {
  const startOfRun = new Map<Run, number>();
  const numberOfRun = new Map<Run, number>();
  const slots: ProblemSlot[] = [];
  const slotHost: number[] = [];
  const slotRun: number[] = [];
  const slotDay: number[] = [];
  const dayRoom: number[] = [];
  const dayFirst: number[] = [];
  const dayEnd: number[] = [];
  const runStart: number[] = [];
  for (const [hostAt, host] of hosts.entries()) {
    const days = new Map<number, number>();
    for (const run of new Set([...host.runsByService.values()].flat())) {
      startOfRun.set(run, slots.length);
      numberOfRun.set(run, runStart.length);
      for (const slot of run.slots) {
        const date = Math.floor(slot.start / DAY_MS);
        let day = days.get(date);
        if (day === undefined) {
          day = dayRoom.length;
          days.set(date, day);
          dayFirst.push(slots.length);
          const { dailyCap, id } = host.practice;
          const used = dailyCap === null ? 0 : (problem.usedByDay[hostDayKey(id, slot.start)] ?? 0);
          dayRoom.push(dailyCap === null ? NO_CAP : Math.max(0, dailyCap - used));
        }
        dayEnd[day] = slots.length + 1;
        slotHost.push(hostAt);
        slotRun.push(runStart.length);
        slotDay.push(day);
        slots.push(slot);
      }
      runStart.push(startOfRun.get(run) ?? 0);
    }
  }
  runStart.push(slots.length);
  return {
    startOfRun,
    numberOfRun,
    slots,
    runStart: Int32Array.from(runStart),
    slotHost: Int32Array.from(slotHost),
    slotRun: Int32Array.from(slotRun),
    slotDay: Int32Array.from(slotDay),
    slotTime: Float64Array.from(slots, ({ start }) => (POINTS_A_DAY * (start - problem.now)) / DAY_MS),
    dayRoom: Int32Array.from(dayRoom),
    dayFirst: Int32Array.from(dayFirst),
    dayEnd: Int32Array.from(dayEnd),
    isHeld: Uint8Array.from(slots, ({ held }) => (held === true ? 1 : 0)),
  };
};

export interface Part {
  first: number;
  last: number;
}

/**
 * The parts of an opening that nothing held and no full day cuts, as first slots of blocks in the model's numbering: what
 * the search may use.
 */
export const usableParts = ({ startOfRun, isHeld, slotDay, dayRoom }: Layout, opening: Opening): Part[] => {
  const base = startOfRun.get(opening.run) ?? 0;
  const parts: Part[] = [];
  let open: Part | undefined;
  let free = 0;
  const end = base + opening.last + opening.length;
  for (let at = base + opening.first; at < end; at += 1) {
    free = isHeld[at] === 1 ? 0 : free + 1;
    const first = at - opening.length + 1;
    if (free < opening.length || (dayRoom[slotDay[first] ?? 0] ?? 0) <= 0) {
      open = undefined;
      continue;
    }
    if (open === undefined) {
      open = { first, last: first };
      parts.push(open);
    } else open.last = first;
  }
  return parts;
};
