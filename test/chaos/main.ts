import { parseArgs } from "node:util";
import { hundredsOfPractices, runChaos } from "./run.ts";

/*
 * npm run chaos -- [--minutes 5] [--seed 1] [--backend redis|postgres]
 *
 * Breaks everything around Covershare while hundreds of practices use it, and proves from the clients' own logs and the
 * database that every promise was kept. What happens goes to standard error; the last line on standard output is JSON.
 */

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    backend: { type: "string", default: "redis" },
    rate: { type: "string", default: "8" },
  },
});
const [minutes, seed, perSecond] = [Number(values.minutes), Number(values.seed), Number(values.rate)];
if (!(minutes > 0) || !Number.isInteger(seed) || !(perSecond > 0))
  throw new Error("--minutes, --seed and --rate are numbers.");
const { backend } = values;
if (backend !== "redis" && backend !== "postgres") throw new Error("--backend is redis or postgres.");

const stopping = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stopping.abort());

const begin = performance.now();
const say = (text: string): void =>
  console.error(`${((performance.now() - begin) / 1_000).toFixed(1).padStart(6)} s  ${text}`);

const outcome = await runChaos({
  seed,
  backend,
  minutes,
  perSecond,
  world: hundredsOfPractices,
  say,
  stopping: stopping.signal,
}).catch((error: unknown) => {
  if (!stopping.signal.aborted) throw error;
  console.error("Stopped; every process has been taken down.");
  process.exit(130);
});
const { violations, folder, ...result } = outcome;
const SHOWN = 40;
for (const { rule, promised, seen } of violations.slice(0, SHOWN))
  console.error(`\nVIOLATION ${rule}\n  promised: ${promised}\n  seen:     ${seen}`);
if (violations.length > SHOWN) console.error(`\nand ${violations.length - SHOWN} more`);
if (violations.length > 0)
  console.error(
    `\nTo replay: npm run chaos -- --minutes ${minutes} --seed ${seed} --backend ${backend}\nLogs of processes and clients: ${folder ?? "-"}`,
  );
console.log(JSON.stringify({ chaos: true, ...result, violations: violations.length }));
process.exit(violations.length > 0 ? 1 : 0);
