import { setTimeout as delay } from "node:timers/promises";
import { wallClock } from "../../platform/clock/clock.ts";
import type { StoryDays } from "./calendar.ts";
import type { Desk } from "./desk.ts";
import { inventedPractices } from "./invented.ts";

/** Who plays, when the story happens, and where it is told. */
export interface Stage {
  readonly desks: ReadonlyMap<string, Desk>;
  readonly broker: Desk;
  readonly days: StoryDays;
  readonly say: (line: string) => void;
  readonly stopping: AbortSignal;
}

export const nameOf = (code: string): string => inventedPractices.find((each) => each.code === code)?.name ?? "the hub";

export const deskOf = (stage: Stage, code: string): Desk => {
  const desk = stage.desks.get(code);
  if (desk === undefined) throw new Error(`nobody sits at ${code}`);
  return desk;
};

/** Waits until the condition holds; false when the time is up. */
export const eventually = async (
  stage: Stage,
  condition: () => boolean | Promise<boolean>,
  ms = 10_000,
): Promise<boolean> => {
  for (const end = wallClock.monotonicMs() + ms; wallClock.monotonicMs() < end; await delay(10)) {
    if (stage.stopping.aborted) return false;
    if (await condition()) return true;
  }
  return false;
};

export const ms = (from: number, to: number | undefined): string =>
  to === undefined ? "never" : `${Math.round(to - from)} ms`;
