import { hostDayKey, type Catalogue } from "./catalogue.ts";
import { DAY_MS, POINTS_A_DAY } from "./cost.ts";
import type { ProblemSlot } from "./problem.ts";

/** Stands for "no cap": more than any number of needs. */
const NO_CAP = 0x3fffffff;

/** Where every slot, run and (practice, UTC day) stands in the model's arrays. */
export interface Layout {
  /** First slot of each run, by its number; one more at the end. */
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

/** Numbers every slot, run by run and so host by host, and every (practice, day) that has one. */
export const layOut = ({ hosts, runs, problem }: Catalogue): Layout => {
  const slots: ProblemSlot[] = [];
  const slotHost: number[] = [];
  const slotRun: number[] = [];
  const slotDay: number[] = [];
  const dayRoom: number[] = [];
  const dayFirst: number[] = [];
  const dayEnd: number[] = [];
  const runStart: number[] = [];
  const days = new Map<number, number>();
  let hostOfDays = -1;
  for (const run of runs) {
    if (run.host !== hostOfDays) days.clear();
    hostOfDays = run.host;
    runStart.push(slots.length);
    for (const slot of run.slots) {
      const date = Math.floor(slot.start / DAY_MS);
      let day = days.get(date);
      if (day === undefined) {
        day = dayRoom.length;
        days.set(date, day);
        dayFirst.push(slots.length);
        const practice = hosts[run.host]?.practice;
        const cap = practice?.dailyCap ?? null;
        const used = cap === null ? 0 : (problem.usedByDay[hostDayKey(practice?.id ?? "", slot.start)] ?? 0);
        dayRoom.push(cap === null ? NO_CAP : Math.max(0, cap - used));
      }
      dayEnd[day] = slots.length + 1;
      slotHost.push(run.host);
      slotRun.push(run.number);
      slotDay.push(day);
      slots.push(slot);
    }
  }
  runStart.push(slots.length);
  return {
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
