import { layOutSlots, liesWithin, without, type Stretch } from "./slot-layout.rules.ts";

/** A slot as a change of times sees it. */
export interface ExistingSlot {
  readonly id: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly state: "free" | "busy-tentative" | "busy" | "busy-unavailable";
  readonly isGone: boolean;
  readonly isStarted: boolean;
}

export interface Relayout {
  /** Held or busy slots that no longer fit: whoever stands on them is told. */
  readonly lost: readonly string[];
  /** Free slots that fall away. */
  readonly dropped: readonly string[];
  /** Slots that fell away earlier and are wanted again. */
  readonly revived: readonly string[];
  /** Intervals that get a slot for the first time. */
  readonly added: readonly Stretch[];
}

/**
 * How a clinic's slots follow a change of its times. As little as possible breaks: what is held, busy, gone or has started
 * stays where it is as long as it lies in the new times, and free slots are laid out around it.
 */
export const relayout = (
  slots: readonly ExistingSlot[],
  times: { readonly whole: Stretch; readonly breaks: readonly Stretch[]; readonly slotMinutes: number },
  now: number,
): Relayout => {
  const stretchOf = (slot: ExistingSlot): Stretch => ({ from: slot.startsAt.getTime(), until: slot.endsAt.getTime() });
  const working = without(times.whole, times.breaks);
  const isTaken = (slot: ExistingSlot): boolean => slot.state === "busy-tentative" || slot.state === "busy";
  const isFixed = (slot: ExistingSlot): boolean => slot.isStarted || slot.isGone;
  const fits = (slot: ExistingSlot): boolean => working.some((part) => liesWithin(stretchOf(slot), part));

  const kept = slots.filter((slot) => isFixed(slot) || (isTaken(slot) && fits(slot)));
  const lost = slots.filter((slot) => !isFixed(slot) && isTaken(slot) && !fits(slot));
  const loose = slots.filter((slot) => !isFixed(slot) && !isTaken(slot));

  const wanted = new Map(
    layOutSlots(times.whole, [...times.breaks, ...kept.map(stretchOf)], times.slotMinutes)
      .filter((part) => part.from > now)
      .map((part) => [part.from, part]),
  );
  const isWanted = (slot: ExistingSlot): boolean =>
    wanted.get(slot.startsAt.getTime())?.until === slot.endsAt.getTime();
  const existing = new Set(loose.filter(isWanted).map((slot) => slot.startsAt.getTime()));
  const ids = (some: readonly ExistingSlot[]): string[] => some.map((slot) => slot.id);
  return {
    lost: ids(lost),
    dropped: ids(loose.filter((slot) => slot.state === "free" && !isWanted(slot))),
    revived: ids(loose.filter((slot) => slot.state === "busy-unavailable" && isWanted(slot))),
    added: [...wanted.values()].filter((part) => !existing.has(part.from)),
  };
};
