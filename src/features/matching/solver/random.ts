/** A small, fast source (xorshift32). Methods, not closures: the search draws millions, and the engine builds methods in. */
class SeededRandom {
  #last: number;

  constructor(seed: number) {
    this.#last = seed | 1;
  }

  /** 0 … below − 1. */
  below(below: number): number {
    this.#last = nextAfter(this.#last);
    return (this.#last >>> 0) % below;
  }

  /** In (0, 1). */
  unit(): number {
    this.#last = nextAfter(this.#last);
    return ((this.#last >>> 0) + 0.5) / 4_294_967_296;
  }
}

const nextAfter = (last: number): number => {
  let state = last;
  state ^= state << 13;
  state ^= state >>> 17;
  return state ^ (state << 5);
};

export type Random = SeededRandom;

/** Gives the same numbers for the same seed: the same input must give the same plan (rule M4). */
export const seededRandom = (seed: number): Random => new SeededRandom(seed);
