import { dayKey } from "./reasons.rules.ts";
import type { Ask, SeekingNeed, Snapshot } from "./snapshot.ts";
import type { Placement } from "./solver/index.ts";

/** Waiting first choices that a plan may move, and where they are now. */
export interface Movable {
  readonly needs: readonly SeekingNeed[];
  readonly incumbent: readonly Placement[];
  /** Minus what of it the snapshot counts in `usedByDay`, so that staying takes no second place of a daily cap. */
  readonly alsoUsed: Readonly<Record<string, number>>;
}

export const isFirstChoice = (ask: Ask): boolean => ask.kind === "slots" && !ask.isExtra;

/**
 * Every need whose first choice holds a slot that this plan may use. Needs of the snapshot that may wait with more practices
 * (A2) are among them: left out, their slots would look free to any other need, and two needs of one weight would take the
 * same slot from each other with every plan.
 */
export const movableOf = (snapshot: Snapshot): Movable => {
  const startOf = new Map(
    snapshot.clinics.flatMap(({ slots }) =>
      slots.flatMap((slot) => (slot.heldBy === undefined ? [] : [[slot.id, slot.start] as const])),
    ),
  );
  const holds = snapshot.asks.filter((ask) => isFirstChoice(ask) && ask.slotIds.some((id) => startOf.has(id)));
  const holding = new Set(holds.map((ask) => ask.needId));
  const others = snapshot.needs.filter((need) => holding.has(need.id));
  const needs = [...snapshot.movable, ...others];
  const ids = new Set(needs.map((need) => need.id));
  const counted = new Set(others.map((need) => need.id));
  const alsoUsed: Record<string, number> = {};
  for (const ask of holds.filter(({ needId }) => counted.has(needId))) {
    const starts = ask.slotIds.flatMap((id) => startOf.get(id) ?? []);
    const key = dayKey(ask.supportingCode, new Date(Math.min(...starts)));
    alsoUsed[key] = (alsoUsed[key] ?? 0) - 1;
  }
  const incumbent = snapshot.asks
    .filter((ask) => isFirstChoice(ask) && ids.has(ask.needId))
    .map(({ needId, slotIds }) => ({ needId, slotIds }));
  return { needs, incumbent, alsoUsed };
};
