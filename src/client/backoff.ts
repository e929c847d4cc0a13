/** Exponential backoff with full jitter: a random wait between nothing and a bound that doubles with each failure. */
export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait before the next try.
 * @param failures how many tries in a row have failed; 1 after the first.
 * @param random a number in [0, 1).
 */
export const waitMs = ({ baseMs, maxMs }: Backoff, failures: number, random: number): number =>
  Math.floor(random * Math.min(maxMs, baseMs * 2 ** Math.min(failures, 20)));
