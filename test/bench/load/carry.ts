import { productTalking, rateOf } from "./fan-out.ts";
import { whatLimits } from "./limits.ts";
import type { LogWriter } from "./log-writer.ts";
import { startWatched, type Watched } from "./processes.ts";
import type { Places } from "./processor-time.ts";
import { soak } from "./soak.ts";
import type { StatementCounter } from "./statements.ts";
import { storm } from "./storm.ts";
import { weigh } from "./weigh.ts";
import { ladder, workAt, type Service } from "./work.ts";
import type { World } from "./world.ts";

/** The load, and what is served with. */
export interface Parts {
  readonly environment: Readonly<Record<string, string>>;
  readonly counter: StatementCounter;
  readonly below: Pick<Places, "postgres" | "redis">;
  readonly world: World;
  readonly writer: LogWriter;
  /** Posts a second at the first step of the ladder: the stated load. */
  readonly rate: number;
  readonly seconds: number;
  readonly soakMinutes: number;
  readonly say: (what: string, found: unknown) => void;
}

const LADDER = [1, 2, 4, 6, 8, 12, 16, 24, 32];

/**
 * Every practice at its own desk: they come, lose the line and come back, post, are asked and accept, ever faster. Then the
 * same ladder with a second matcher, and with a second API as well, on the same cores.
 */
export const carry = async (parts: Parts) => {
  const { environment, world, writer, rate, seconds, soakMinutes, say } = parts;
  const rates = LADDER.map((times) => rate * times);
  const matchers = [await startWatched("matcher", environment)];
  const apis: Watched[] = [await startWatched("api", environment)];
  const [api] = apis;
  if (api === undefined) throw new Error("one of each");
  const service: Service = { apis, matchers, below: parts.below };
  const { desks, weight } = await weigh(api, world.desks, (index) => apis[index % apis.length]?.url ?? "");
  const spread = await rateOf(productTalking(api, desks, writer), 5);
  say("each its own log", { weight, spread });
  const storms = [await storm(service, desks, writer), await storm(service, desks, writer)];
  say("storms", storms);

  const climb = async () => {
    // Connections and plans are opened and compiled by the first posts.
    await workAt(service, desks, rate, 3);
    return ladder(service, desks, rates, seconds, say);
  };
  const one = await climb();
  const soaked =
    soakMinutes === 0
      ? undefined
      : await soak(service, desks, writer, { minutes: soakMinutes, postsPerSecond: rate, say });
  const limits = await whatLimits(service, desks, parts.counter, one.at(-1)?.postsPerSecond ?? rate);
  say("what limits it", limits);

  matchers.push(await startWatched("matcher", environment));
  const twoMatchers = await climb();
  apis.push(await startWatched("api", environment));
  await desks.cut();
  await desks.connect();
  const twoOfEach = await climb();

  const lost = Object.fromEntries(desks.lost);
  await desks.cut();
  for (const process of [...apis, ...matchers]) await process.stop();
  return {
    weight,
    spread,
    storms,
    one,
    twoMatchers,
    twoOfEach,
    soaked,
    limits,
    broken: desks.broken(),
    lost,
  };
};
