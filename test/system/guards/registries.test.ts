import { solver } from "../../support/story.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { eventContracts } from "../../../src/app/events.ts";
import { jobContracts, jobHandlers, sweepers } from "../../../src/app/jobs.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { exportsOf } from "../../support/modules.ts";

const job = z.object({ name: z.string(), payload: z.instanceof(z.ZodType), attempts: z.number() });
const event = z.object({ type: z.string(), summary: z.string(), data: z.instanceof(z.ZodType) });

const declared = async <T>(suffix: string, schema: z.ZodType<T>): Promise<T[]> =>
  Object.values(await exportsOf(suffix)).flatMap((value) => {
    const parsed = schema.safeParse(value);
    return parsed.success ? [parsed.data] : [];
  });

describe("registries of the composition root", () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(async () => db.close());

  it("know every job that a feature declares, each with exactly one handler", async () => {
    const names = (await declared(".contract.ts", job)).map(({ name }) => name).toSorted();
    expect(names).not.toEqual([]);
    expect(jobContracts.map(({ name }) => name).toSorted()).toEqual(names);
    const handled = jobHandlers({ database: db.database, log: silentLogger, solve: solver }).map(
      ({ contract }) => contract.name,
    );
    expect(handled.toSorted()).toEqual(names);
  });

  it("M5: sweep without a failure on an empty database, as often as asked", async () => {
    for (const sweeper of sweepers({ database: db.database, log: silentLogger, solve: solver })) {
      await sweeper.run();
      await expect(sweeper.run()).resolves.toBeUndefined();
    }
  });

  it("know every event that a feature declares, each type once", async () => {
    const types = (await declared(".events.ts", event)).map(({ type }) => type).toSorted();
    expect(eventContracts.map(({ type }) => type).toSorted()).toEqual(types);
    expect(new Set(types).size).toBe(types.length);
  });
});
