/** A stretch of time, from inclusive, until exclusive; milliseconds since 1970. Pure arithmetic needs no Date. */
export interface Stretch {
  readonly from: number;
  readonly until: number;
}

/** What is left of `whole` when every stretch of `taken` is cut out, in order. `taken` may overlap and lie outside. */
export const without = (whole: Stretch, taken: readonly Stretch[]): Stretch[] => {
  const left: Stretch[] = [];
  let from = whole.from;
  for (const cut of [...taken].sort((one, other) => one.from - other.from)) {
    if (cut.until <= from || cut.until <= cut.from) continue;
    if (cut.from >= whole.until) break;
    if (cut.from > from) left.push({ from, until: cut.from });
    from = cut.until;
  }
  if (from < whole.until) left.push({ from, until: whole.until });
  return left;
};

const MINUTE = 60_000;

/**
 * The slots of one clinician (C1): as many as fit between the breaks, each from where the one before ended. No slot
 * straddles a break, so a break that leaves part of a slot loses that part.
 */
export const layOutSlots = (whole: Stretch, breaks: readonly Stretch[], slotMinutes: number): Stretch[] =>
  without(whole, breaks).flatMap((stretch) => {
    const length = slotMinutes * MINUTE;
    const count = Math.floor((stretch.until - stretch.from) / length);
    return Array.from({ length: count }, (_, at) => ({
      from: stretch.from + at * length,
      until: stretch.from + (at + 1) * length,
    }));
  });

export const liesWithin = (inner: Stretch, outer: Stretch): boolean =>
  outer.from <= inner.from && inner.until <= outer.until;

export const overlap = (one: Stretch, other: Stretch): boolean => one.from < other.until && other.from < one.until;
