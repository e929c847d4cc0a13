/*
 * Common random numbers: every chance of the simulated days is a pure function of the seed and of what it is about, so that
 * all policies meet the same world and the same answers, in whatever order they ask.
 */

/** A number in [0, 1) for these words: FNV-1a, then the finishing steps of MurmurHash3 so that near words lie far apart. */
export const draw = (seed: number, ...about: readonly (string | number)[]): number => {
  let hash = 0x811c9dc5;
  for (const char of `${seed} ${about.join(" ")}`) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296;
};

/** A whole number from `least` to `most`, both included. */
export const drawWhole = (least: number, most: number, chance: number): number =>
  least + Math.min(most - least, Math.floor(chance * (most - least + 1)));

/** One of the weighted values. */
export const drawOne = <T>(weighted: readonly (readonly [T, number])[], chance: number): T => {
  let left = chance * weighted.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [value, weight] of weighted) {
    left -= weight;
    if (left < 0) return value;
  }
  const last = weighted.at(-1);
  if (last === undefined) throw new Error("drawOne: nothing to draw from");
  return last[0];
};

/** A log-normal value by its median and sigma (Box–Muller). */
export const drawLogNormal = (median: number, sigma: number, first: number, second: number): number =>
  median * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - first)) * Math.cos(2 * Math.PI * second));
