import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createDatabase, createPool, noHooks, type Database } from "../../../src/platform/db/database.ts";
import { newSpeakable } from "../../../src/platform/ids/ids.ts";
import { databaseUrl, runStatement } from "../../support/postgres-server.ts";
import { waitForCalm, waitForRest, type Calmed, type CalmWatch } from "../checker/calm.ts";
import { check } from "../checker/check.ts";
import { gather } from "../checker/evidence.ts";
import { openClock, type RunClock } from "../model/clock.ts";
import { openModel, type Model } from "../model/model.ts";
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
const ACTIONS = 30;
const FORGED = 3;
/** What people happen to do is chance: played again, a few times at most, until the bug has shown itself. */
const ROUNDS = 4;
/** Plans are made and told by then, or this bug keeps them from it. */
const PLANNED_WITHIN_MS = 12_000;
/** Or commands that never end. */
const IDLE_WITHIN_MS = 30_000;
/** What does not come to rest is looked at so long after the last command; everything else is waited for, however slow the machine. */
const LOOKED_AT_MS = 3_000;
const REST_WITHIN_MS = 90_000;
/** Messages are derived after desks have heard: what that rule says is true at rest only. */
const ONLY_AT_REST = "told-once:";

const until = async (condition: () => boolean, withinMs: number): Promise<void> => {
  const end = performance.now() + withinMs;
  while (!condition() && performance.now() < end) await delay(20);
};

/** Whether what was found says that this bug is there. */
export const isCaught = ({ caughtBy, seen = /./ }: Plant, found: readonly string[]): boolean =>
  found.some((one) => one.startsWith(`${caughtBy}:`) && seen.test(one));

interface Scene {
  readonly plant: Plant;
  readonly database: Database;
  readonly model: Model;
  readonly clock: RunClock;
}

/**
 * A few seconds of a day in three acts: people post; they race for what they are offered and go on; time passes. After each
 * that ends in calm all is judged, and a bug that has shown itself ends the round. Answers what is broken.
 */
const playRound = async ({ plant, database, model, clock }: Scene): Promise<string[]> => {
  const watch: CalmWatch = { q: database.q, clients: model.clients, isIdle: () => model.isIdle() };
  const isQuick = plant.neverRests === true || plant.bringsNoOffers === true;
  const planned = async (): Promise<Calmed> => waitForCalm(watch, isQuick ? LOOKED_AT_MS : PLANNED_WITHIN_MS);
  const judged = async (): Promise<string[]> =>
    check(await gather(database, model.clients, { deliveredWithinMs: LOOKED_AT_MS })).map(
      ({ rule, seen }) => `${rule}: ${seen}`,
    );
  const post = async (): Promise<Calmed> => {
    model.postNow(FIRST_POSTS);
    model.postNow(FIRST_POSTS / 4, { isDueSoon: true });
    return planned();
  };
  const goOn = async (): Promise<Calmed> => {
    // Everybody at once: what is wanted by several is raced for.
    model.acceptNow();
    clock.run();
    model.forgeNow(FORGED);
    await model.perform(ACTIONS);
    clock.pause();
    await until(() => model.isIdle(), IDLE_WITHIN_MS);
    model.lookNow();
    model.postNow(FIRST_POSTS / 2);
    return planned();
  };
  for (const act of [post, goOn]) {
    const { missing } = await act();
    // What is still on its way is not judged: it may yet be right.
    const found = missing.length === 0 ? (await judged()).filter((one) => !one.startsWith(ONLY_AT_REST)) : [];
    if (plant.caughtBy === "" ? found.length > 0 : isCaught(plant, found)) return found;
  }
  // What was asked asap and not answered lapses now; what was due comes back.
  await clock.leap(45);
  await until(() => model.isIdle(), IDLE_WITHIN_MS);
  const { missing } = await (plant.afterRest === true
    ? waitForRest(watch, REST_WITHIN_MS)
    : waitForCalm(watch, plant.neverRests === true ? LOOKED_AT_MS : REST_WITHIN_MS));
  return [...(missing.length > 0 ? [`calm: ${missing.join("; ")}`] : []), ...(await judged())];
};

/** Plays with the bug in it until it is caught, and answers what was found broken; without a bug, one round. */
export const playPlanted = async ({ server, template, seats }: Stage, plant: Plant): Promise<string[]> => {
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
  const clock = openClock(database.q, CLOCK_SPEED);
  const model = openModel(seats, life.port, { random: seeded(1, plant.name), now: () => clock.now() });
  try {
    let found: string[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      found = await playRound({ plant, database, model, clock });
      if (plant.caughtBy === "" || isCaught(plant, found)) break;
    }
    return found;
  } finally {
    clock.close();
    model.close();
    await endLife(life, "SIGKILL");
    await pool.end();
    await runStatement(server, `drop database if exists ${name} with (force)`);
    await rm(folder, { recursive: true, force: true });
  }
};
