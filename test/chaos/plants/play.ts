import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createDatabase, createPool, noHooks } from "../../../src/platform/db/database.ts";
import { newSpeakable } from "../../../src/platform/ids/ids.ts";
import { databaseUrl, runStatement } from "../../support/postgres-server.ts";
import { waitForCalm } from "../checker/calm.ts";
import { check } from "../checker/check.ts";
import { gather } from "../checker/evidence.ts";
import { openClock } from "../model/clock.ts";
import { openModel } from "../model/model.ts";
import type { Seat } from "../model/world.ts";
import { seeded } from "../random.ts";
import { edited } from "../rig/node-arguments.ts";
import { endLife, startLife } from "../rig/product.ts";
import type { Plant } from "./plants.ts";

/** A database with a world in it, to be cloned for each plant. */
export interface Stage {
  readonly server: string;
  readonly template: string;
  readonly seats: readonly Seat[];
}

/** Two minutes a second. */
const CLOCK_SPEED = 120;
const FIRST_POSTS = 10;
const ACTIONS = 40;
const OFFERED_WITHIN_MS = 12_000;
/** Or commands that never end. */
const IDLE_WITHIN_MS = 30_000;
/** What does not come to rest is looked at so long after the last command; everything else is waited for, however slow the machine. */
const LOOKED_AT_MS = 6_000;
const REST_WITHIN_MS = 90_000;

const until = async (condition: () => boolean, withinMs: number): Promise<void> => {
  const end = performance.now() + withinMs;
  while (!condition() && performance.now() < end) await delay(20);
};

/** Plays a few seconds with the bug in it, lets things come to rest, and answers the rules that were found broken. */
export const playPlanted = async ({ server, template, seats }: Stage, plant: Plant): Promise<string[]> => {
  const offeredWithinMs = plant.bringsNoOffers === true ? 1_000 : OFFERED_WITHIN_MS;
  const name = `covershare_chaos_${newSpeakable(8).toLowerCase()}`;
  const url = databaseUrl(server, name);
  const folder = await mkdtemp(path.join(tmpdir(), "covershare-plant-"));
  await runStatement(server, `create database ${name} template ${template}`);
  for (const statement of plant.sql ?? []) await runStatement(url, statement);
  const life = await startLife({
    command: "serve",
    name: "serve",
    folder,
    nodeArguments: plant.edits.length === 0 ? [] : edited(plant.edits),
    environment: { DATABASE_URL: url, PORT: "0", DB_POOL_MAX: "24", LOG_LEVEL: "error" },
  });
  if (life === undefined) throw new Error(`"${plant.name}" does not start: see ${folder}/serve.log`);
  const pool = createPool({
    url,
    max: 2,
    statementTimeoutMs: 30_000,
    applicationName: "chaos",
    onError: () => undefined,
  });
  const database = createDatabase(pool, noHooks);
  const { q } = database;
  const clock = openClock(q, CLOCK_SPEED);
  const model = openModel(seats, life.port, { random: seeded(1, plant.name), now: () => clock.now() });
  try {
    model.postNow(FIRST_POSTS);
    model.postNow(FIRST_POSTS / 4, { isDueSoon: true });
    await until(() => model.isIdle() && model.offered() > FIRST_POSTS, offeredWithinMs);
    // Everybody at once: what is wanted by several is raced for.
    model.acceptNow();
    clock.run();
    await model.perform(ACTIONS);
    clock.pause();
    await until(() => model.isIdle(), IDLE_WITHIN_MS);
    // What was asked asap and not answered lapses now; what was due comes back.
    model.postNow(FIRST_POSTS);
    await until(() => model.isIdle() && model.offered() > FIRST_POSTS / 2, offeredWithinMs);
    await clock.leap(45);
    await until(() => model.isIdle(), IDLE_WITHIN_MS);
    const { missing } = await waitForCalm(
      { q, clients: model.clients, isIdle: () => model.isIdle() },
      plant.neverRests === true ? LOOKED_AT_MS : REST_WITHIN_MS,
    );
    const found = check(await gather(database, model.clients));
    return [
      ...(missing.length > 0 ? [`calm: ${missing.join("; ")}`] : []),
      ...found.map(({ rule, seen }) => `${rule}: ${seen}`),
    ];
  } finally {
    clock.close();
    model.close();
    await endLife(life, "SIGKILL");
    await pool.end();
    await runStatement(server, `drop database if exists ${name} with (force)`);
    await rm(folder, { recursive: true, force: true });
  }
};
