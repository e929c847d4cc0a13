import { createConnection } from "node:net";
import { once } from "node:events";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Actor } from "../../../src/features/access/index.ts";
import { readMemberships } from "../../../src/features/identity/sessions.repository.ts";
import { importPractices, readPracticesFile } from "../../../src/features/practices/index.ts";
import { openTestDatabase, aPractice, aUser, until, type TestDatabase } from "../../support/index.ts";
import { aSession, aToken, follow, rawSocket, startApi, upgradeStatus, type ApiProcess } from "./api-process.ts";

let db: TestDatabase;
let api: ApiProcess;
let actor: Actor;
let headers: { authorization: string };

beforeAll(async () => {
  db = await openTestDatabase();
  api = await startApi(db);
  actor = await aUser(db);
  headers = { authorization: (await aToken(db, actor)).authorization };
});
afterAll(async () => {
  await api.close();
  await db.close();
});

const live = async (url: string, as: Readonly<Record<string, string>>) => {
  const raw = rawSocket(url, as);
  raw.socket.on("open", () => raw.socket.send('{"type":"resume","after":0}'));
  await until(() => raw.frames.some((frame) => JSON.stringify(frame) === '{"type":"live"}'), { what: "live" });
  return raw;
};

describe("S2: before the upgrade", () => {
  it("nobody without a credential, and nobody with a wrong one", async () => {
    expect(await upgradeStatus(api.url, {})).toBe(401);
    expect(await upgradeStatus(api.url, { authorization: "Bearer cs_wrong" })).toBe(401);
    expect(await upgradeStatus(api.url, { cookie: "covershare=wrong", origin: api.address })).toBe(401);
  });

  it("a cookie only from our own pages: a foreign Origin, or none, is refused", async () => {
    const { cookie } = await aSession(db, actor);
    expect(await upgradeStatus(api.url, { cookie, origin: "https://evil.example.test" })).toBe(403);
    expect(await upgradeStatus(api.url, { cookie, origin: "null" })).toBe(403);
    expect(await upgradeStatus(api.url, { cookie })).toBe(403);
    expect(await upgradeStatus(api.url, { cookie, origin: api.address })).toBe(101);
    expect(await upgradeStatus(api.url, { cookie, origin: "https://cover.example.test" })).toBe(101);
  });

  it("S1: the subprotocol must be offered, and a plain GET is told to upgrade", async () => {
    expect(await upgradeStatus(api.url, headers, [])).toBe(422);
    expect(await upgradeStatus(api.url, headers, ["covershare.v9"])).toBe(422);
    const plain = await fetch(`${api.address}/v1/stream`, { headers });
    expect([plain.status, plain.headers.get("upgrade")]).toEqual([426, "websocket"]);
    expect((await fetch(`${api.address}/v1/stream`)).status).toBe(401);
  });

  it("a user gets so many sockets and no more, and others are not affected", async () => {
    const small = await startApi(db, { settings: { maxSocketsPerUser: 2 } });
    const sockets = await Promise.all([live(small.url, headers), live(small.url, headers)]);
    expect(await upgradeStatus(small.url, headers)).toBe(429);
    const other = await aToken(db, await aUser(db));
    expect(await upgradeStatus(small.url, { authorization: other.authorization })).toBe(101);
    sockets[0].socket.close();
    await until(async () => (await upgradeStatus(small.url, headers)) === 101, { what: "a free seat" });
    await small.close();
  });
});

describe("S2: when the credential ends, so does the stream, within five seconds", () => {
  const codeWithinFiveSeconds = async (raw: ReturnType<typeof rawSocket>): Promise<number> =>
    (await until(() => raw.closed(), { withinMs: 5_000, what: "the close" })).code;

  it("a session that signs out", async () => {
    const { cookie, idHash } = await aSession(db, actor);
    const raw = await live(api.url, { cookie, origin: api.address });
    await db.q.execute(sql`update sessions set ended_at = app_now() where id_hash = ${idHash}`);
    expect(await codeWithinFiveSeconds(raw)).toBe(4401);
  });

  it("a token that is revoked; the client says so and does not try again", async () => {
    const { id, authorization } = await aToken(db, actor);
    const follower = follow(api.url, { authorization });
    await until(() => follower.client.status().state === "live", { what: "live" });
    await db.q.execute(sql`update api_tokens set revoked_at = app_now() where id = ${id}`);
    await until(() => follower.client.status().state === "ended", { withinMs: 5_000, what: "ended" });
    expect(follower.client.status().state).toBe("ended");
  });

  it("S7: a session that now acts for another organisation", async () => {
    const { cookie, idHash } = await aSession(db, actor);
    const raw = await live(api.url, { cookie, origin: api.address });
    const { code } = await aPractice(db);
    await db.q.execute(
      sql`insert into user_roles (user_id, organisation_code, role) values (${actor.userId}, ${code}, 'nurse')`,
    );
    await db.q.execute(sql`update sessions set acting_for = ${code} where id_hash = ${idHash}`);
    expect(await codeWithinFiveSeconds(raw)).toBe(4401);
  });
});

describe("S2: when an organisation is closed, whoever acts for it is out within five seconds", () => {
  /** By the import that says so, as it happens. */
  const setStatus = async (code: string, status: string): Promise<void> => {
    const csv = `ods_code,name,postcode,status,lat,lon\n${code},Practice ${code},NE1 1AA,${status},51.5,-1.2`;
    await db.database.transact(async (tx) =>
      importPractices(tx, readPracticesFile(csv, undefined), {
        format: "csv",
        closesMissing: false,
        onProgress: () => undefined,
      }),
    );
  };
  const statusOf = async (as: Readonly<Record<string, string>>): Promise<number> =>
    (await fetch(`${api.address}/v1/stream`, { headers: { ...as, origin: api.address } })).status;

  it("tokens and sessions there end, those of the same person elsewhere stay, and all is back should it open again", async () => {
    const there = await aUser(db);
    const elsewhere = { ...there, organisationCode: (await aPractice(db)).code };
    await db.q.execute(
      sql`insert into user_roles (user_id, organisation_code, role) values (${there.userId}, ${elsewhere.organisationCode}, 'nurse')`,
    );
    const { authorization } = await aToken(db, there);
    const [session, other] = [await aSession(db, there), await aSession(db, elsewhere)];
    const browser = ({ cookie }: { cookie: string }) => ({ cookie, origin: api.address });
    const [byToken, bySession, staying] = await Promise.all([
      live(api.url, { authorization }),
      live(api.url, browser(session)),
      live(api.url, browser(other)),
    ]);

    await setStatus(there.organisationCode, "CLOSED");
    for (const raw of [byToken, bySession])
      expect((await until(() => raw.closed(), { withinMs: 5_000, what: "the close" })).code).toBe(4401);
    expect(await statusOf({ authorization })).toBe(401);
    expect(await statusOf(browser(session))).toBe(401);
    expect(await upgradeStatus(api.url, browser(session))).toBe(401);
    // 426: known, and told that this address wants a WebSocket.
    expect(await statusOf(browser(other))).toBe(426);
    expect(staying.closed()).toBeUndefined();
    expect((await readMemberships(db.q, there.userId)).map(({ code }) => code)).toEqual([elsewhere.organisationCode]);

    await setStatus(there.organisationCode, "ACTIVE");
    expect(await statusOf({ authorization })).toBe(426);
    staying.socket.close();
  });
});

describe("S5: bad frames are closed with 4400", () => {
  const refused: readonly [name: string, frame: string | Buffer][] = [
    ["no JSON", "hello"],
    ["another type", '{"type":"subscribe"}'],
    ["no offset", '{"type":"resume"}'],
    ["a negative offset", '{"type":"resume","after":-1}'],
    ["an offset beyond what a number holds", '{"type":"resume","after":1e300}'],
    ["a stray field", '{"type":"resume","after":0,"stream":"OTHER"}'],
    ["binary", Buffer.from('{"type":"resume","after":0}')],
  ];
  it.each(refused)("%s", async (_name, frame) => {
    const raw = rawSocket(api.url, headers);
    raw.socket.on("open", () => raw.socket.send(frame));
    expect((await until(() => raw.closed())).code).toBe(4400);
    expect(raw.frames).toEqual([]);
  });

  it("resuming twice", async () => {
    const raw = await live(api.url, headers);
    raw.socket.send('{"type":"resume","after":0}');
    expect((await until(() => raw.closed())).code).toBe(4400);
  });

  it("saying nothing at all", async () => {
    const strict = await startApi(db, { settings: { resumeWithinMs: 100 } });
    const raw = rawSocket(strict.url, headers);
    expect((await until(() => raw.closed())).code).toBe(4400);
    await strict.close();
  });

  it("a frame beyond the size limit is closed by the protocol's own code", async () => {
    const raw = rawSocket(api.url, headers);
    raw.socket.on("open", () => raw.socket.send("x".repeat(5_000)));
    expect((await until(() => raw.closed())).code).toBe(1009);
  });
});

describe("S5, S6: the line", () => {
  /** Upgrades by hand and then reads nothing, which `ws` as a client cannot be made to do. */
  const stalledReader = async (url: string, as: { authorization: string }) => {
    const { hostname, port, pathname } = new URL(url);
    const socket = createConnection({ host: hostname, port: Number(port) });
    const state = { isClosed: false };
    socket.on("close", () => {
      state.isClosed = true;
    });
    socket.on("error", () => undefined);
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n` +
        `Sec-WebSocket-Protocol: covershare.v1\r\nAuthorization: ${as.authorization}\r\n\r\n`,
    );
    await once(socket, "data");
    // Masked with zeros, so the payload is its own text.
    const said = Buffer.from('{"type":"resume","after":0}');
    socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | said.length, 0, 0, 0, 0]), said]));
    await once(socket, "data");
    socket.pause();
    return { socket, state };
  };

  it("S5: a reader that does not keep up is put off, and its neighbour notices nothing", async () => {
    const there = await aUser(db);
    const { authorization } = await aToken(db, there);
    const tight = await startApi(db, { settings: { maxBufferedBytes: 64 * 1024, closeWithinMs: 300 } });
    const stalled = await stalledReader(tight.url, { authorization });
    const neighbour = follow(tight.url, { authorization });
    await until(() => neighbour.client.status().state === "live", { what: "live" });
    const filling = "x".repeat(60_000);
    const many = 400;
    for (let n = 0; n < many; n += 20) {
      await tight.database.transact(async (tx) => {
        for (let k = 0; k < 20; k += 1) {
          tx.emit({ stream: there.organisationCode, type: "test.big", data: { n: n + k, filling } });
        }
      });
    }
    await until(() => neighbour.events.length === many, { withinMs: 15_000, what: "the neighbour's events" });
    expect(neighbour.offsets()).toEqual(Array.from({ length: many }, (_, index) => index + 1));
    stalled.socket.resume();
    await until(() => stalled.state.isClosed, { what: "the stalled reader to be put off" });
    neighbour.client.close();
    await tight.close();
  });

  it("S5: a reader that is put off hears 4408", async () => {
    const there = await aUser(db);
    const { authorization } = await aToken(db, there);
    const tight = await startApi(db, { settings: { maxBufferedBytes: -1, closeWithinMs: 1_000 } });
    // With nothing allowed to wait, the first live frame is one too many.
    const raw = rawSocket(tight.url, { authorization });
    raw.socket.on("open", () => raw.socket.send('{"type":"resume","after":0}'));
    expect((await until(() => raw.closed())).code).toBe(4408);
    await tight.close();
  });

  it("S6: a line that answers no ping is dropped; one that does stays, and hears heartbeats if it asked", async () => {
    const brisk = await startApi(db, { settings: { pingEveryMs: 150 } });
    const stalled = await stalledReader(brisk.url, headers);
    const raw = rawSocket(`${brisk.url}?heartbeat=1`, headers);
    raw.socket.on("open", () => raw.socket.send('{"type":"resume","after":0}'));
    stalled.socket.resume();
    await until(() => stalled.state.isClosed, { what: "the silent line to be dropped" });
    await until(() => raw.frames.filter((frame) => JSON.stringify(frame).includes("heartbeat")).length > 2);
    expect(raw.closed()).toBeUndefined();
    await brisk.close();
  });

  it("S6: on shutdown everybody is sent away with 1012, and the client comes back by itself", async () => {
    const ending = await startApi(db);
    const raw = await live(ending.url, headers);
    const follower = follow(ending.url, headers);
    await until(() => follower.client.status().state === "live", { what: "live" });
    await ending.close();
    expect((await until(() => raw.closed())).code).toBe(1012);
    await until(() => follower.client.status().state === "reconnecting", { what: "reconnecting" });
    follower.client.close();
  });
});
