import { round } from "../support/stats.ts";
import type { Desks } from "./desks.ts";
import type { LogWriter } from "./log-writer.ts";
import { workAt, type Service, type Step } from "./work.ts";

/** Of the APIs and matchers together. */
interface Sample {
  readonly usedMiB: number;
  readonly rssMiB: number;
  readonly handles: number;
  readonly connections: number;
}

/** The mean of the first third once warm, and of the last. */
export interface Growth {
  readonly from: number;
  readonly to: number;
}

const countAll = (counts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> => {
  const all: Record<string, number> = {};
  for (const [what, n] of counts.flatMap((count) => Object.entries(count))) all[what] = (all[what] ?? 0) + n;
  return all;
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const ROUND_SECONDS = 15;

/** The stated load for so many minutes: what all processes together hold at the end, beside what they held once warm. */
export const soak = async (
  service: Service,
  desks: Desks,
  writer: LogWriter,
  options: {
    readonly minutes: number;
    readonly postsPerSecond: number;
    readonly say: (what: string, found: unknown) => void;
  },
) => {
  const samples: Sample[] = [];
  const steps: Step[] = [];
  const rounds = Math.max(4, Math.round((options.minutes * 60) / ROUND_SECONDS));
  for (let n = 0; n < rounds; n += 1) {
    steps.push(await workAt(service, desks, options.postsPerSecond, ROUND_SECONDS));
    const memories = await Promise.all([...service.apis, ...service.matchers].map(async (one) => one.memory()));
    const sum = (of: (one: (typeof memories)[number]) => number): number =>
      memories.reduce((all, one) => all + of(one), 0);
    const sample = {
      usedMiB: round(sum(({ used }) => used) / 2 ** 20, 1),
      rssMiB: round(sum(({ rss }) => rss) / 2 ** 20, 1),
      // Beside the desks' own, among which a leak would not show.
      handles: sum(({ handles }) => handles) - desks.all.length,
      connections: await writer.connections(),
    };
    samples.push(sample);
    options.say(`soak ${n + 1} of ${rounds}`, sample);
  }
  // The first fifth warms up.
  const warm = samples.slice(Math.ceil(samples.length / 5));
  const third = Math.ceil(warm.length / 3);
  const growth = (of: (sample: Sample) => number): Growth => {
    const [from, to] = [warm.slice(0, third), warm.slice(-third)].map((some) => round(mean(some.map(of)), 1));
    return { from: from ?? 0, to: to ?? 0 };
  };
  const memory = growth(({ usedMiB }) => usedMiB);
  const betweenMinutes = ((warm.length - third) * options.minutes) / rounds;
  return {
    minutes: options.minutes,
    posts: steps.reduce((sum, step) => sum + step.postsPerSecond * ROUND_SECONDS, 0),
    failed: steps.reduce((sum, step) => sum + step.failed, 0),
    failures: countAll(steps.map(({ failures }) => failures)),
    unheard: steps.reduce((sum, step) => sum + step.unheard, 0),
    growth: {
      memory,
      rss: growth(({ rssMiB }) => rssMiB),
      handles: growth(({ handles }) => handles),
      connections: growth(({ connections }) => connections),
    },
    /** What the growth of memory would be in an hour. */
    usedMiBPerHour: round(((memory.to - memory.from) / betweenMinutes) * 60, 1),
    last: samples.at(-1),
    apiLoopP99Ms: Math.max(...steps.map((step) => step.apiLoopP99Ms)),
    broken: desks.broken(),
  };
};
