import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Actor } from "../../../src/features/access/index.ts";
import {
  openTestDatabase,
  aPractice,
  aUser,
  describeWithRedis,
  until,
  type TestDatabase,
} from "../../support/index.ts";
import { aToken, follow, rawSocket, startApi, type ApiProcess, type ApiProcessOptions } from "./api-process.ts";

const ping = (stream: string, n: number) => ({ stream, type: "test.ping", data: { n } });

/** Writes `count` events, each in a transaction of its own, several at once. */
const write = async (api: ApiProcess, stream: string, count: number): Promise<void> => {
  await Promise.all(
    Array.from({ length: count }, (_, n) => api.database.transact(async (tx) => tx.emit(ping(stream, n)))),
  );
};

const upTo = (count: number, from = 1): number[] => Array.from({ length: count }, (_, index) => from + index);

const twoProcesses = (name: string, options: ApiProcessOptions): void => {
  describe(`two API processes, woken by ${name}`, () => {
    let db: TestDatabase;
    let one: ApiProcess;
    let two: ApiProcess;
    let actor: Actor;
    let headers: { authorization: string };

    beforeAll(async () => {
      db = await openTestDatabase();
      // Reading heads once a minute: what arrives here in time was woken.
      const settings = { pollMs: 60_000 };
      [one, two] = await Promise.all([startApi(db, { ...options, settings }), startApi(db, { ...options, settings })]);
      const { code } = await aPractice(db);
      actor = await aUser(db, { at: code });
      headers = { authorization: (await aToken(db, actor)).authorization };
    });
    afterAll(async () => {
      await Promise.all([one.close(), two.close()]);
      await db.close();
    });

    it("S3, S4: what is written through one is received through the other, in order and without gaps", async () => {
      const stream = actor.organisationCode;
      await write(one, stream, 5);
      const follower = follow(two.url, headers);
      await until(() => follower.client.status().state === "live", { what: "live" });
      await write(one, stream, 40);
      await until(() => follower.events.length === 45, { what: "45 events" });
      await write(two, stream, 5);
      await until(() => follower.events.length === 50, { what: "50 events" });
      expect(follower.offsets()).toEqual(upTo(50));
      expect(follower.problems).toEqual([]);
      follower.client.close();
    });

    it("S4: across reconnects a client misses nothing and gets nothing twice", async () => {
      const stream = (await aPractice(db)).code;
      const there = await aUser(db, { at: stream });
      const { authorization } = await aToken(db, there);
      const follower = follow(two.url, { authorization });
      await until(() => follower.client.status().state === "live", { what: "live" });
      const progress = { isDone: false, cuts: 0, written: 0 };
      const writing = (async () => {
        // However fast writing is, the line is cut several times meanwhile.
        while (progress.written < 120 || progress.cuts < 4) {
          await write(one, stream, 4);
          progress.written += 4;
        }
        progress.isDone = true;
      })();
      for (; !progress.isDone; progress.cuts += 1) {
        await until(() => progress.isDone || follower.client.status().state === "live", { what: "live again" });
        const before = follower.lines();
        follower.cut();
        await until(() => follower.lines() > before, { what: "the client opens another line" });
      }
      await writing;
      await until(() => follower.events.length >= progress.written, { what: "all events" });
      expect(follower.offsets()).toEqual(upTo(progress.written));
      follower.client.close();
    });

    it("S7: another organisation's events never arrive", async () => {
      const other = (await aPractice(db)).code;
      const follower = follow(two.url, headers, { after: 50 });
      await until(() => follower.client.status().state === "live", { what: "live" });
      await write(one, other, 3);
      await write(one, actor.organisationCode, 1);
      await until(() => follower.events.length === 1, { what: "its own event" });
      expect(follower.offsets()).toEqual([51]);
      follower.client.close();
    });
  });
};

twoProcesses("LISTEN/NOTIFY", {});
describeWithRedis("with Redis", (redisUrl) => twoProcesses("Redis", { redisUrl }));

describe("a wake is only a hint", () => {
  let db: TestDatabase;
  let actor: Actor;
  let headers: { authorization: string };
  beforeAll(async () => {
    db = await openTestDatabase();
    actor = await aUser(db);
    headers = { authorization: (await aToken(db, actor)).authorization };
  });
  afterAll(() => db.close());

  it("what nobody was woken for arrives within 1.5 s all the same", async () => {
    const deaf = await startApi(db, { wrapBus: (bus) => ({ ...bus, listen: () => undefined }) });
    const follower = follow(deaf.url, headers);
    await until(() => follower.client.status().state === "live", { what: "live" });
    const startedAt = performance.now();
    // Not through the process: nothing calls its hub.
    await db.database.transact(async (tx) => tx.emit(ping(actor.organisationCode, 1)));
    await until(() => follower.events.length === 1, { what: "the event by polling" });
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    follower.client.close();
    await deaf.close();
  });

  it("a LISTEN connection that is killed comes back, and wakes again", async () => {
    const api = await startApi(db, { settings: { pollMs: 60_000 } });
    const writer = await startApi(db);
    const follower = follow(api.url, headers);
    await until(() => follower.client.status().state === "live", { what: "live" });
    const listening = sql`select pid from pg_stat_activity
      where datname = current_database() and application_name = 'covershare listen'`;
    const before = await until(async () => {
      const { rows } = await db.q.execute(listening);
      return rows.length >= 2 && rows;
    });
    await db.q.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'covershare listen'`);
    await until(
      async () => {
        const { rows } = await db.q.execute(listening);
        return rows.length >= 2 && rows.every(({ pid }) => before.every((old) => old["pid"] !== pid));
      },
      { what: "new LISTEN connections" },
    );
    const count = follower.events.length;
    await write(writer, actor.organisationCode, 1);
    await until(() => follower.events.length > count, { what: "the event by waking" });
    expect(follower.offsets()).toEqual(upTo(count + 1));
    follower.client.close();
    await Promise.all([api.close(), writer.close()]);
  });

  it("S4: a client ahead of the log, or behind what was pruned, is told to reset", async () => {
    const api = await startApi(db);
    const stream = (await aPractice(db)).code;
    const there = await aUser(db, { at: stream });
    const { authorization } = await aToken(db, there);
    await write(api, stream, 6);
    await db.q.execute(sql`delete from events where stream = ${stream} and "offset" <= 3`);
    await db.q.execute(sql`update event_heads set pruned_through = 3 where stream = ${stream}`);
    for (const after of [2, 99]) {
      const raw = rawSocket(api.url, { authorization });
      raw.socket.on("open", () => raw.socket.send(JSON.stringify({ type: "resume", after })));
      await until(() => raw.frames.length > 0, { what: "an answer" });
      expect(raw.frames).toEqual([{ type: "reset", offset: 6 }]);
      raw.socket.send(JSON.stringify({ type: "resume", after: 5 }));
      await until(() => raw.frames.length === 3, { what: "the rest after the snapshot" });
      expect(raw.frames[1]).toMatchObject({ offset: 6, type: "test.ping" });
      expect(raw.frames[2]).toEqual({ type: "live" });
      raw.socket.close();
    }
    const resets: number[] = [];
    const follower = follow(
      api.url,
      { authorization },
      {
        after: 1,
        onReset: async (offset) => {
          resets.push(offset);
          return 4;
        },
      },
    );
    await until(() => follower.client.status().state === "live", { what: "live after a reset" });
    expect(resets).toEqual([6]);
    expect(follower.offsets()).toEqual([5, 6]);
    follower.client.close();
    await api.close();
  });
});
