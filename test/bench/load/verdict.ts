import type { compareFanOut } from "./fan-out.ts";
import type { carry } from "./carry.ts";
import type { slowReader } from "./slow-reader.ts";

/** What a run found. */
export interface Found {
  readonly fanOut: Awaited<ReturnType<typeof compareFanOut>>;
  readonly slow: Awaited<ReturnType<typeof slowReader>>;
  readonly carried: Awaited<ReturnType<typeof carry>>;
}

const MOST_GROWTH = 1.05;

/**
 * What of the promises did not hold, in words: a run with any of these fails. Times and ratios are no part of it, because
 * they depend on the machine and on what else it does; whether they are good enough is for who reads them.
 */
export const broken = ({ slow, carried }: Found): string[] => {
  const { storms, one, soaked } = carried;
  const [stated] = one;
  const no: (readonly [boolean, string])[] = [
    [slow.wasSentAway, "a desk that stopped reading was not sent away (S5)"],
    [carried.broken === 0, `${carried.broken} frames did not follow on the one before (S4)`],
    [storms.every(({ missed }) => missed === 0), "frames were missed in a reconnect storm (S4)"],
    [Object.keys(carried.lost).length === 0, `desks lost their line: ${JSON.stringify(carried.lost)}`],
    [stated?.failed === 0, `commands failed at the stated load: ${JSON.stringify(stated?.failures)}`],
    [stated?.unheard === 0, `${stated?.unheard ?? 0} posts at the stated load reached no desk`],
    [(stated?.answersPerSecond ?? 0) > 0, "no desk answered anything"],
    ...(soaked === undefined
      ? []
      : [
          [soaked.failed === 0, `${soaked.failed} commands failed or posts reached no desk in the soak`] as const,
          ...Object.entries(soaked.growth).map(
            ([what, growth]) => [growth <= MOST_GROWTH, `${what} grew × ${growth} in the soak`] as const,
          ),
        ]),
  ];
  return no.filter(([holds]) => !holds).map(([, words]) => words);
};
