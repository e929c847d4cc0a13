import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { rows } from "../../src/platform/db/database.ts";
import { aClinic, aPractice, aUser, openTestDatabase, startCovershare } from "../support/index.ts";
import { addressOf, until, type CovershareProcess, type TestDatabase } from "../support/index.ts";
import { onBothBackends } from "./support/backends.ts";
import { apiOf, openDesk, post, type Desk, type Door } from "./support/desks.ts";

const MONDAY = "2026-12-14T10:00:00Z";
const need = {
  service: "wound-simple",
  count: 1,
  minutes: 20,
  earliest: MONDAY,
  dueBy: "2026-12-17T18:30:00Z",
  requires: [],
  maxKm: 20,
};
const CLIENTS = 4;
/** Some thirty posts a second: enough that each process has some in hand whenever it is told to stop. */
const BETWEEN_POSTS_MS = 100;

/** Two API processes and a matcher, real ones; each is replaced by a new one while clients go on. */
onBothBackends("a rolling restart under load", 10, ({ redisUrl }) => {
  let db: TestDatabase;
  let running: CovershareProcess[] = [];
  let desk: Desk | undefined;

  beforeEach(async () => {
    db = await openTestDatabase({ poolMax: 3 });
    await db.holdClock(MONDAY);
  });
  afterEach(async () => {
    desk?.close();
    for (const one of running) {
      if (one.child.exitCode === null && one.child.signalCode === null) one.signal("SIGKILL");
      await one.exited;
    }
    running = [];
    await db.close();
  });

  const start = async (command: "api" | "matcher"): Promise<CovershareProcess> => {
    const one = await startCovershare([command], {
      DATABASE_URL: db.url,
      PORT: "0",
      DB_POOL_MAX: "5",
      LOG_LEVEL: "error",
      // How soon is not what is shown here, and the machine may have much else to do.
      SHUTDOWN_SECONDS: "60",
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    });
    running.push(one);
    if (command === "matcher")
      await until(() => one.stdout().includes("running"), { withinMs: 30_000, what: "it runs" });
    return one;
  };

  it("fails no command of a client that retries, loses none, does none twice", { timeout: 300_000 }, async () => {
    let matcher = await start("matcher");
    const apis = await Promise.all([start("api"), start("api")]);
    const addresses = await Promise.all(apis.map(addressOf));
    // A balancer that knows no better: one process after the other, those that are gone too until it is told.
    let turn = 0;
    const door: Door = {
      get address() {
        turn += 1;
        return addresses[turn % addresses.length] ?? "";
      },
    };
    const host = await aPractice(db);
    await aClinic(db, { at: host.code, slots: 20, pledge: "firm" });
    desk = await openDesk(db, await aUser(db, { at: host.code }), door);
    const homes = await Promise.all(Array.from({ length: CLIENTS }, async () => aPractice(db)));
    const posted: string[] = [];
    const failed: unknown[] = [];
    const work = new AbortController();
    const working = homes.map(async ({ code }) => {
      const api = await apiOf(db, await aUser(db, { at: code }), door);
      while (!work.signal.aborted) {
        await post(api, { priority: "urgent", takeFirm: true, needs: [need] }).then(
          (reference) => posted.push(reference),
          (error: unknown) => failed.push(error),
        );
        await delay(BETWEEN_POSTS_MS);
      }
    });

    const statuses: number[] = [];
    for (const [at, old] of apis.entries()) {
      const before = posted.length;
      const next = await start("api");
      addresses.push(await addressOf(next));
      old.signal("SIGTERM");
      statuses.push(await old.exited);
      // Until now some were still sent to the process that is gone.
      addresses.splice(addresses.indexOf(await addressOfGone(old)), 1);
      await until(() => posted.length > before + 5, {
        withinMs: 30_000,
        what: `work goes on after the restart of api ${at}`,
      });
    }
    const nextMatcher = await start("matcher");
    matcher.signal("SIGTERM");
    statuses.push(await matcher.exited);
    matcher = nextMatcher;
    const before = posted.length;
    await until(() => posted.length > before + 5, { withinMs: 30_000, what: "work goes on after the matcher's" });
    work.abort();
    await Promise.all(working);

    expect(failed).toEqual([]);
    expect(statuses).toEqual([0, 0, 0]);
    expect(running.map((one) => one.stderr()).join("")).not.toContain("did not close properly");
    const stored = await rows(db.q, z.object({ reference: z.string() }), sql`select reference from cover_requests`);
    expect(stored.map(({ reference }) => reference).toSorted()).toEqual([...new Set(posted)].toSorted());
    expect(posted.length).toBeGreaterThan(15);
    // The matcher that took over covers what there is room for; the desk has its whole log, in order.
    const { code, events, problems } = desk;
    await until(
      async () => {
        const [head] = await rows(
          db.q,
          z.object({ last: z.coerce.number(), agreed: z.coerce.number() }),
          sql`select (select last_offset from event_heads where stream = ${code}) as last,
                     (select count(*) from agreements where supporting_code = ${code}) as agreed`,
        );
        return head !== undefined && head.agreed === Math.min(20, posted.length) && events.at(-1)?.offset === head.last;
      },
      { withinMs: 30_000, what: "all that fits is agreed and told" },
    );
    expect(events.map(({ offset }) => offset)).toEqual(events.map((_, at) => at + 1));
    expect(problems).toEqual([]);
  });

  /** What the process had printed while it lived. */
  const addressOfGone = async (one: CovershareProcess): Promise<string> => /http:\/\/\S+/.exec(one.stdout())?.[0] ?? "";
});
