/** A small, fast, seeded source (xorshift32): the same input must give the same plan (rule M4). */
export interface Random {
  /** 0 … below − 1. */
  readonly below: (below: number) => number;
  /** In (0, 1). */
  readonly unit: () => number;
}

export const seededRandom = (seed: number): Random => {
  let state = seed | 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  return {
    below: (below) => next() % below,
    unit: () => (next() + 0.5) / 4_294_967_296,
  };
};
