import type { compareFanOut } from "./fan-out.ts";
import type { carry } from "./carry.ts";
import type { slowReader } from "./slow-reader.ts";
import type { soak, Growth } from "./soak.ts";
import type { Weight } from "./weigh.ts";
import type { Step } from "./work.ts";

/** What a run found. */
export interface Found {
  readonly connection: Weight & { readonly ratioRss: number; readonly ratioUsed: number };
  readonly fanOut: Awaited<ReturnType<typeof compareFanOut>>;
  readonly slow: Awaited<ReturnType<typeof slowReader>>;
  readonly carried: Awaited<ReturnType<typeof carry>>;
}

/** What of it is promised. */
export interface Judged {
  readonly slow: Pick<Found["slow"], "wasSentAway">;
  readonly carried: Pick<Found["carried"], "broken" | "lost"> & {
    readonly storms: readonly Pick<Found["carried"]["storms"][number], "missed">[];
    readonly one: readonly Pick<Step, "failed" | "failures" | "unheard" | "answersPerSecond">[];
    readonly soaked: Pick<Awaited<ReturnType<typeof soak>>, "failed" | "failures" | "unheard" | "growth"> | undefined;
  };
}

/** More than a twentieth, and more than varies from one moment to the next: connections come and go with what is asked. */
const MOST_GROWTH = 1.05;
const VARIES_BY = { memory: 5, rss: 30, handles: 20, connections: 4 } as const;

const hasGrown = ({ from, to }: Growth, by: number): boolean => to > from * MOST_GROWTH && to > from + by;

/**
 * What of the promises did not hold, in words: a run with any of these fails. Times and ratios are no part of it, because
 * they depend on the machine and on what else it does; whether they are good enough is for who reads them.
 */
export const broken = ({ slow, carried }: Judged): string[] => {
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
          [soaked.failed === 0, `commands failed in the soak: ${JSON.stringify(soaked.failures)}`] as const,
          [soaked.unheard === 0, `${soaked.unheard} posts in the soak reached no desk`] as const,
          ...(["memory", "rss", "handles", "connections"] as const).map((what) => {
            const growth = soaked.growth[what];
            return [
              !hasGrown(growth, VARIES_BY[what]),
              `${what} grew from ${growth.from} to ${growth.to} in the soak`,
            ] as const;
          }),
        ]),
  ];
  return no.filter(([holds]) => !holds).map(([, words]) => words);
};

export interface Aim {
  readonly what: string;
  readonly figure: number;
  readonly aim: string;
  readonly isMet: boolean;
}

/** Each figure that has an aim, beside it. */
export const aimsOf = ({ connection, fanOut, slow, carried }: Found): Aim[] => {
  const [stated] = carried.one;
  const atMost = (what: string, figure: number, most: number): Aim => ({
    what,
    figure,
    aim: `at most ${most}`,
    isMet: figure <= most,
  });
  return [
    atMost("memory that a connection holds, × a bare one's", connection.ratioUsed, 1.3),
    atMost("memory of the process for a connection, × a bare one's", connection.ratioRss, 1.3),
    {
      what: "frames a second, × a bare server's",
      figure: fanOut.ratio,
      aim: "at least 0.9",
      isMet: fanOut.ratio >= 0.9,
    },
    atMost("the others' p99 beside a slow reader, × without", slow.ratio, 1.25),
    atMost(
      "seconds until all are live after a storm",
      Math.max(...carried.storms.map(({ secondsToAllLive }) => secondsToAllLive)),
      30,
    ),
    atMost("milliseconds of event-loop delay at p99 at the stated load", stated?.apiLoopP99Ms ?? Number.NaN, 50),
  ];
};
