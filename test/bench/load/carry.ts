import { openDesks } from "./desks.ts";
import { productTalking, rateOf } from "./fan-out.ts";
import type { LogWriter } from "./log-writer.ts";
import { startWatched, type Watched } from "./processes.ts";
import { soak } from "./soak.ts";
import { storm } from "./storm.ts";
import { carried, ladder, workAt } from "./work.ts";
import type { World } from "./world.ts";

/** The load, and what is served with. */
export interface Parts {
  readonly environment: Readonly<Record<string, string>>;
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
export const carry = async ({ environment, world, writer, rate, seconds, soakMinutes, say }: Parts) => {
  const rates = LADDER.map((times) => rate * times);
  const matchers = [await startWatched("matcher", environment)];
  const apis: Watched[] = [await startWatched("api", environment)];
  const [api] = apis;
  if (api === undefined) throw new Error("one of each");
  const desks = openDesks(world.desks, (index) => apis[index % apis.length]?.url ?? "");
  const firstMs = await desks.connect();
  const spread = await rateOf(productTalking(api, desks, writer), 5);
  say("each its own log", { firstMs, spread });
  const storms = [await storm(api, desks, writer), await storm(api, desks, writer)];
  say("storms", storms);

  const service = { apis, matchers };
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
  const { top } = await api.profiled(async () => workAt(service, desks, Math.max(rate, carried(one)), 5));

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
    firstMs,
    spread,
    storms,
    one,
    twoMatchers,
    twoOfEach,
    soaked,
    top: top.slice(0, 8),
    broken: desks.broken(),
    lost,
  };
};
