import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { openEmbeddedPostgres } from "../../../src/platform/embedded-postgres/index.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { quantile } from "../support/stats.ts";

/*
 * How long from `npm start`'s process to its first page: `covershare serve` with its own PostgreSQL, on an empty folder and
 * on one whose data exists. The floors, in the same run: a Node that does nothing but say so, and the PostgreSQL alone.
 *
 *   npm run bench:startup -- --rounds 5
 */

const root = fileURLToPath(new URL("../../..", import.meta.url));
const AIMS = { emptyMs: 6_000, existingMs: 3_000 };

const roundsOf = (args: readonly string[]): number => {
  const at = args.indexOf("--rounds");
  const rounds = at < 0 ? 5 : Number(args[at + 1]);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 50) throw new Error("--rounds: a number from 1 to 50");
  return rounds;
};

const median = (values: readonly number[]): number => quantile(values, 0.5);

const since = (beganMs: number): number => Math.round(performance.now() - beganMs);

/** Milliseconds until the first page was read in full; the process is ended again. */
const untilFirstPage = async (dataDir: string): Promise<number> => {
  const beganMs = performance.now();
  const child = spawn(process.execPath, [path.join(root, "dist/bin/covershare.js"), "serve"], {
    env: { PATH: process.env["PATH"] ?? "", COVERSHARE_DATA_DIR: dataDir, PORT: "0", LOG_LEVEL: "error" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  let said = "";
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const found = /http:\/\/\S+/.exec(said)?.[0];
      if (found !== undefined) resolve(found);
    });
    child.once("exit", (code) => reject(new Error(`serve ended with ${code}`)));
  });
  const page = await fetch(`${address}/sign-in`);
  const text = await page.text();
  const ms = since(beganMs);
  child.kill("SIGTERM");
  await ended;
  if (page.status !== 200 || !text.includes("</html>")) throw new Error(`the first page answered ${page.status}`);
  return ms;
};

const bareNode = async (): Promise<number> => {
  const beganMs = performance.now();
  const child = spawn(process.execPath, ["-e", "console.log(1)"], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const ms = since(beganMs);
  await once(child, "exit");
  return ms;
};

const barePostgres = async (dataDir: string): Promise<number> => {
  const beganMs = performance.now();
  const server = await openEmbeddedPostgres({ dataDir, log: silentLogger });
  const ms = since(beganMs);
  await server.close();
  return ms;
};

const main = async (): Promise<void> => {
  const rounds = roundsOf(process.argv.slice(2));
  const figures: Record<"node" | "createPostgres" | "startPostgres" | "empty" | "existing", number[]> = {
    node: [],
    createPostgres: [],
    startPostgres: [],
    empty: [],
    existing: [],
  };
  const folder = await mkdtemp(path.join(tmpdir(), "covershare-startup-"));
  try {
    // Once beforehand: what is compared is the program, not the disk's cache.
    await untilFirstPage(path.join(folder, "warm"));
    for (let round = 0; round < rounds; round += 1) {
      const [ours, bare] = [path.join(folder, `ours-${round}`), path.join(folder, `bare-${round}`)];
      figures.node.push(await bareNode());
      figures.createPostgres.push(await barePostgres(bare));
      figures.startPostgres.push(await barePostgres(bare));
      figures.empty.push(await untilFirstPage(ours));
      figures.existing.push(await untilFirstPage(ours));
      process.stderr.write(
        `round ${round + 1}: empty ${figures.empty.at(-1)} ms, existing ${figures.existing.at(-1)} ms\n`,
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const [empty, existing, node] = [median(figures.empty), median(figures.existing), median(figures.node)];
  const floors = { empty: node + median(figures.createPostgres), existing: node + median(figures.startPostgres) };
  const ratio = (of: number, floor: number): number => Math.round((of / floor) * 10) / 10;
  const worst = { empty: Math.max(...figures.empty), existing: Math.max(...figures.existing) };
  process.stdout.write(
    `${JSON.stringify({
      bench: "startup",
      rounds,
      emptyMs: empty,
      existingMs: existing,
      worst,
      floors,
      ratios: { empty: ratio(empty, floors.empty), existing: ratio(existing, floors.existing) },
      aims: AIMS,
      met: { empty: worst.empty <= AIMS.emptyMs, existing: worst.existing <= AIMS.existingMs },
    })}\n`,
  );
};

await main();
