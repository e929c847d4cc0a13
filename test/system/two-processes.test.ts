import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { agreementMade } from "../../src/features/agreements/index.ts";
import { rows } from "../../src/platform/db/database.ts";
import { addressOf, startCovershare, until, type CovershareProcess, type TestDatabase } from "../support/index.ts";
import { aBroker, aClinic, aPractice, aUser, openTestDatabase } from "../support/index.ts";
import { count } from "../support/story.ts";
import { onBothBackends } from "./support/backends.ts";
import { answering, lossesOf, openDesk, post, readRequest, type Desk, type Door } from "./support/desks.ts";

const MONDAY = "2026-12-14T10:00:00Z";
const need = { service: "wound-simple", minutes: 20, dueBy: "2026-12-17T18:30:00Z", maxKm: 20 };

/** Each process is a Node of its own, started from dist as an operator starts it; they share only what they are given. */
onBothBackends("two API processes and two matchers on one database", 6, ({ redisUrl }) => {
  let db: TestDatabase;
  let apis: CovershareProcess[] = [];
  let matchers: CovershareProcess[] = [];
  let desks: Desk[] = [];

  const sit = async (code: string, address: string): Promise<Desk> => {
    const desk = await openDesk(db, await aUser(db, { at: code }), { address });
    desks.push(desk);
    return desk;
  };
  const host = async (address: string): Promise<Desk> => {
    const { code } = await aPractice(db);
    await aClinic(db, { at: code, slots: 24 });
    return sit(code, address);
  };
  /** What the database says that an organisation's log holds. */
  const logOf = async ({ code }: Desk): Promise<{ offset: number; id: string; type: string }[]> =>
    rows(
      db.q,
      z.object({ offset: z.coerce.number(), id: z.string(), type: z.string() }),
      sql`select "offset", id, type from events where stream = ${code} order by "offset"`,
    );
  /** S3, S4: the client has all of the log, once and in order, and no connection ever skipped or went back. */
  const expectWhole = async (desk: Desk): Promise<void> => {
    const log = await until(
      async () => {
        const stored = await logOf(desk);
        return stored.length === desk.events.length && stored;
      },
      { withinMs: 10_000, what: `${desk.code} has its whole log` },
    );
    expect(desk.events.map(({ offset, id, type }) => ({ offset, id, type }))).toEqual(log);
    expect(log.map(({ offset }) => offset)).toEqual(log.map((_, at) => at + 1));
    for (const offsets of desk.connections) expect(offsets).toEqual(offsets.map((_, at) => (offsets[0] ?? 0) + at));
    expect(desk.problems).toEqual([]);
  };

  beforeEach(async () => {
    db = await openTestDatabase();
    await db.holdClock(MONDAY);
    const environment = {
      DATABASE_URL: db.url,
      PORT: "0",
      DB_POOL_MAX: "6",
      LOG_LEVEL: "error",
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    };
    const start = async (command: string) => startCovershare([command], environment);
    apis = [await start("api"), await start("api")];
    matchers = [await start("matcher"), await start("matcher")];
    for (const matcher of matchers)
      await until(() => matcher.stdout().includes("running"), { withinMs: 30_000, what: "the matcher runs" });
  });
  afterEach(async () => {
    for (const desk of desks) desk.close();
    desks = [];
    for (const running of [...apis, ...matchers]) {
      if (running.child.exitCode === null && running.child.signalCode === null) running.signal("SIGKILL");
      await running.exited;
    }
    await db.close();
  });

  it(
    "what is posted through one is offered through the other, in order and without gaps, though one of each is killed",
    { timeout: 60_000 },
    async () => {
      const [one, two] = apis;
      if (one === undefined || two === undefined) throw new Error("two API processes");
      const [first, second] = [await addressOf(one), await addressOf(two)];
      const home = await sit((await aPractice(db)).code, first);
      const hosts = [await host(second), await host(second), await host(first)];
      const broker = await openDesk(db, await aBroker(db), { address: first });
      desks.push(broker);
      const desk = answering(hosts);
      const references: string[] = [];
      const agreedOf = async (reference: string): Promise<number> =>
        (await readRequest(home.api, reference)).counts.agreed;
      const covered = async (what: string): Promise<true> =>
        until(
          async () => {
            await desk.answerAll();
            const agreed = await Promise.all(references.map(agreedOf));
            return agreed.every((n) => n === 2);
          },
          { withinMs: 20_000, what },
        );

      // Through the first process in, through the second out, and back.
      references.push(await post(home.api, { priority: "urgent", needs: [{ ...need, count: 2 }] }));
      await until(() => hosts.slice(0, 2).some((at) => at.offered().length > 0), {
        withinMs: 10_000,
        what: "an offer reaches a desk at the other process",
      });
      await covered("the first request is covered");
      await until(() => home.events.some(({ type }) => type === agreementMade.type), {
        what: "home, at its own process, hears of the agreement that was made through the other",
      });

      // One API and one matcher die without a word, while posts are on their way.
      const many = Array.from({ length: 12 }, async (_, at) => {
        const reference = await post(home.api, {
          priority: at % 3 === 0 ? "urgent" : "routine",
          needs: [{ ...need, count: 2 }],
        });
        if (at === 0) {
          matchers[0]?.signal("SIGKILL");
          one.signal("SIGKILL");
          for (const { door } of desks) move(door, second);
        }
        return reference;
      });
      references.push(...(await Promise.all(many)));
      expect(await one.exited).toBe(128);
      await covered("every request is covered by what is left");

      // Each command happened once, though its line may have broken after it was carried out (O6).
      expect(new Set(references).size).toBe(13);
      expect(await count(db, sql`cover_requests`)).toBe(13);
      expect(await count(db, sql`agreements where is_live`)).toBe(26);
      expect(await count(db, sql`slots where state = 'busy'`)).toBe(26);
      await until(() => desks.every((at) => at.isLive()), { withinMs: 10_000, what: "every stream is live again" });
      expect(home.connections.length).toBeGreaterThan(1);
      for (const at of desks) await expectWhole(at);
      // An urgent need waits with two desks (A2): whoever came second was told so, and nothing worse.
      for (const lost of lossesOf(desk.outcomes)) expect(lost).toMatchObject({ status: 409, code: "offer-closed" });
    },
  );
});

const move = (door: Door, address: string): void => {
  door.address = address;
};
