/** A seeded source of chances: the same seed decides the same faults and the same commands in the same order. */
export interface Random {
  /** In [0, 1). */
  unit(): number;
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number;
  chance(probability: number): boolean;
  /** One of them; undefined of none. */
  pick<T>(items: readonly T[]): T | undefined;
  /** A source of its own for a part of the run, so that one part's pace does not change another's chances. */
  fork(part: string): Random;
}

/** FNV-1a: near words lie far apart once they are mixed. */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return value >>> 0;
};

/** Mulberry32 over the seed and the name of the part. */
export const seeded = (seed: number, part = "run"): Random => {
  let state = hash(`${seed} ${part}`);
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    unit,
    whole: (least, most) => least + Math.floor(unit() * (most - least + 1)),
    chance: (probability) => unit() < probability,
    pick: (items) => items[Math.floor(unit() * items.length)],
    fork: (name) => seeded(seed, `${part}/${name}`),
  };
};
