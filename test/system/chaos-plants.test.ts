import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { newSpeakable } from "../../src/platform/ids/ids.ts";
import { buildWorld, type Seat } from "../chaos/model/world.ts";
import { isCaught, playPlanted } from "../chaos/plants/play.ts";
import { harmless, plants, type Plant } from "../chaos/plants/plants.ts";
import { seeded } from "../chaos/random.ts";
import { databaseUrl, runStatement } from "../support/postgres-server.ts";
import { ensureBuilt } from "../support/processes.ts";

/** The checker of `npm run chaos` can fail: each bug on purpose is found, by the rule that it breaks, and no bug is not. */
describe.concurrent("planted bugs", { timeout: 600_000 }, () => {
  const server = inject("postgresUrl");
  const template = `covershare_world_${newSpeakable(8).toLowerCase()}`;
  let seats: readonly Seat[] = [];
  // Three at a time, whatever the runner allows: each is a process and a database of its own.
  const lanes: Promise<unknown>[] = [Promise.resolve(), Promise.resolve(), Promise.resolve()];
  let turn = 0;
  const play = (plant: Plant): Promise<string[]> => {
    const lane = (turn += 1) % lanes.length;
    const playing = (lanes[lane] ?? Promise.resolve()).then(async () =>
      playPlanted({ server, template, seats }, plant),
    );
    lanes[lane] = playing.catch(() => undefined);
    return playing;
  };

  beforeAll(async () => {
    await ensureBuilt();
    await runStatement(server, `create database ${template} template ${inject("postgresTemplate")}`);
    seats = await buildWorld(databaseUrl(server, template), { groups: 1, practicesEach: 14 }, seeded(1));
  });
  afterAll(async () => {
    await runStatement(server, `drop database if exists ${template} with (force)`);
  });

  it("without a bug nothing is found, though commits fail", async () => {
    expect(await play(harmless)).toEqual([]);
  });

  it.for(plants)("$name: caught by $caughtBy", async (plant) => {
    const found = await play(plant);
    expect(isCaught(plant, found), `found instead: ${found.slice(0, 6).join("\n")}`).toBe(true);
  });
});
