import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Solver } from "../../src/features/matching/index.ts";
import type { WakeBus } from "../../src/platform/realtime/wake-bus.ts";
import { aClinic, aPractice, aUser, openTestDatabase, until, type TestDatabase } from "../support/index.ts";
import { count, solver as solveHere } from "../support/story.ts";
import { onBothBackends } from "./support/backends.ts";
import { composeApi, composeMatcher, type Composition } from "./support/composition.ts";
import { openDesk, post, type Desk } from "./support/desks.ts";

const MONDAY = "2026-12-14T10:00:00Z";
const need = { service: "wound-simple", minutes: 20, dueBy: "2026-12-17T18:30:00Z", maxKm: 20 };
const routine = { priority: "routine", needs: [{ ...need, count: 1 }] };

/** Watches plans of any matcher: how many of one group, and of all groups, were ever at work together. */
const watchPlans = () => {
  const running = new Map<string, number>();
  const seen = { atOnceInAGroup: 0, atOnceInAll: 0, byMatcher: new Map<string, number>() };
  const watched =
    (matcher: string): Solver =>
    async (problem) => {
      const group = problem.practices[0]?.federation ?? "nobody";
      running.set(group, (running.get(group) ?? 0) + 1);
      seen.atOnceInAGroup = Math.max(seen.atOnceInAGroup, running.get(group) ?? 0);
      seen.atOnceInAll = Math.max(
        seen.atOnceInAll,
        [...running.values()].reduce((sum, n) => sum + n, 0),
      );
      seen.byMatcher.set(matcher, (seen.byMatcher.get(matcher) ?? 0) + 1);
      // Plans of small groups take a millisecond, in which hardly anything could meet.
      await delay(25);
      try {
        return await solveHere(problem);
      } finally {
        running.set(group, (running.get(group) ?? 1) - 1);
      }
    };
  return { seen, watched };
};

/** Wake-ups of the other processes are lost on their way; `lost` counts them. */
const deaf = () => {
  const heard = { lost: 0 };
  const wrapBus = (bus: WakeBus): WakeBus => ({
    publish: (streams) => bus.publish(streams),
    listen: (listener) =>
      bus.listen({ onConnected: () => listener.onConnected(), onWake: () => void (heard.lost += 1) }),
    isReady: () => bus.isReady(),
    close: () => bus.close(),
  });
  return { heard, wrapBus };
};

onBothBackends("two matchers beside two API processes", 7, (redis) => {
  let db: TestDatabase;
  const opened: Composition[] = [];
  const desks: Desk[] = [];
  beforeEach(async () => {
    db = await openTestDatabase({ poolMax: 4 });
    await db.holdClock(MONDAY);
  });
  afterEach(async () => {
    for (const desk of desks.splice(0)) desk.close();
    for (const composition of opened.splice(0)) await composition.close();
    await db.close();
  });

  const api = async (options: Parameters<typeof composeApi>[1] = {}): Promise<string> => {
    const composition = await composeApi(db, { ...redis, ...options });
    opened.push(composition);
    return composition.url;
  };
  const matcher = async (solver: Solver = solveHere): Promise<void> => {
    opened.push(await composeMatcher(db, { ...redis, solver }));
  };
  const sit = async (group: string, address: string, clinicSlots = 0): Promise<Desk> => {
    const { code } = await aPractice(db, { group });
    if (clinicSlots > 0) await aClinic(db, { at: code, slots: clinicSlots });
    const desk = await openDesk(db, await aUser(db, { at: code }), { address });
    desks.push(desk);
    return desk;
  };
  const openNeeds = (): Promise<number> => count(db, sql`needs where state = 'open'`);

  it("M3: two plans of one group never run at once, whichever matchers they land on", { timeout: 60_000 }, async () => {
    const { seen, watched } = watchPlans();
    await matcher(watched("one"));
    await matcher(watched("two"));
    const addresses = [await api(), await api()] as const;
    const homes: Desk[] = [];
    for (const group of ["G-NORTH", "G-SOUTH"]) {
      for (const address of addresses) homes.push(await sit(group, address));
      for (const address of addresses) for (let at = 0; at < 4; at += 1) await sit(group, address, 8);
    }
    // Rounds of posts through both until both matchers have planned, and plans of the two groups have met: only then
    // could two of one group have met as well. 64 offers fill these desks, so there are at most 16 rounds.
    let posted = 0;
    await until(
      async () => {
        await Promise.all(homes.map(async ({ api: client }) => post(client, routine)));
        posted += homes.length;
        await until(async () => (await openNeeds()) === 0, { withinMs: 10_000, what: "a round is offered" });
        return seen.byMatcher.size === 2 && seen.atOnceInAll > 1 && posted >= 16;
      },
      { withinMs: 30_000, what: "both matchers plan, side by side" },
    );
    expect(seen.atOnceInAGroup).toBe(1);
    expect(await count(db, sql`offers where state = 'waiting'`)).toBe(posted);
  });

  it("M5, S3: an offer reaches a desk whose process is never woken", { timeout: 30_000 }, async () => {
    const { heard, wrapBus } = deaf();
    await matcher();
    const home = await sit("G-NORTH", await api());
    const host = await sit("G-NORTH", await api({ wrapBus }), 8);
    for (let at = 1; at <= 4; at += 1) {
      await post(home.api, routine);
      await until(() => host.offered().length === at, { withinMs: 5_000, what: `offer ${at} arrives without a wake` });
    }
    expect(heard.lost).toBeGreaterThan(0);
    expect(host.events.map(({ offset }) => offset)).toEqual(host.events.map((_, at) => at + 1));
  });
});
