import { round } from "../support/stats.ts";
import type { Desks } from "./desks.ts";
import type { LogWriter } from "./log-writer.ts";
import { workAt, type Apis, type Step } from "./work.ts";

interface Sample {
  readonly usedMiB: number;
  readonly rssMiB: number;
  readonly handles: number;
  readonly connections: number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The stated load for so many minutes; what is held at the end, beside what was held when it had warmed up. */
export const soak = async (
  apis: Apis,
  desks: Desks,
  writer: LogWriter,
  options: { readonly minutes: number; readonly postsPerSecond: number },
): Promise<object> => {
  const samples: Sample[] = [];
  const steps: Step[] = [];
  const rounds = Math.max(4, Math.round((options.minutes * 60) / 15));
  for (let n = 0; n < rounds; n += 1) {
    steps.push(await workAt(apis, desks, options.postsPerSecond, 15));
    const memories = await Promise.all(apis.all.map(async (api) => api.memory()));
    const sum = (of: (one: (typeof memories)[number]) => number): number =>
      memories.reduce((all, one) => all + of(one), 0);
    const sample = {
      usedMiB: round(sum(({ used }) => used) / 2 ** 20, 1),
      rssMiB: round(sum(({ rss }) => rss) / 2 ** 20, 1),
      handles: sum(({ handles }) => handles),
      connections: await writer.connections(),
    };
    samples.push(sample);
    console.error(JSON.stringify({ soak: n + 1, of: rounds, ...sample }));
  }
  // The first fifth warms up.
  const warm = samples.slice(Math.ceil(samples.length / 5));
  const third = Math.ceil(warm.length / 3);
  const growth = (of: (sample: Sample) => number): number =>
    round(mean(warm.slice(-third).map(of)) / mean(warm.slice(0, third).map(of)), 3);
  return {
    minutes: options.minutes,
    posts: steps.reduce((sum, step) => sum + step.postsPerSecond * 15, 0),
    failed: steps.reduce((sum, step) => sum + step.failed + step.unheard, 0),
    growth: {
      memory: growth(({ usedMiB }) => usedMiB),
      rss: growth(({ rssMiB }) => rssMiB),
      handles: growth(({ handles }) => handles),
      connections: growth(({ connections }) => connections),
    },
    last: samples.at(-1),
    apiLoopP99Ms: Math.max(...steps.map((step) => step.apiLoopP99Ms)),
    broken: desks.broken(),
  };
};
