import { once } from "node:events";
import { connect, Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildApi, type Api, type ApiOptions } from "../../src/app/build-api.ts";
import { openResources, type Resources } from "../../src/app/resources.ts";
import { loadConfig } from "../../src/config/config.ts";
import { createRateLimiter } from "../../src/platform/http/rate-limit.ts";
import { DomainError } from "../../src/platform/errors/domain-error.ts";
import { silentLogger } from "../../src/platform/log/log.ts";
import { aUser, openTestDatabase, until, type TestDatabase } from "../support/index.ts";
import { bearer } from "../support/app.ts";
import { rawSocket, upgradeStatus } from "../features/stream/api-process.ts";

/*
 * What somebody with a network connection can do to the service without being anybody: be slow, be large, be many. Real
 * sockets throughout; the limits are those of the configuration, some of them smaller.
 */

let db: TestDatabase;
const opened: Resources[] = [];

beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => {
  for (const resources of opened) await resources.releasers.release();
  await db.close();
});

/** An API of its own for each test: limits are counted by process. */
const start = async (
  environment: Readonly<Record<string, string>> = {},
  options: ApiOptions = {},
): Promise<{ readonly api: Api; readonly url: string; readonly port: number }> => {
  const config = loadConfig({ DATABASE_URL: db.url, PORT: "0", DB_POOL_MAX: "4", ...environment });
  const resources = await openResources({ config, log: silentLogger, migrates: "embedded", applicationName: "limits" });
  opened.push(resources);
  const api = await buildApi(resources, options);
  const url = await api.listen();
  return { api, url, port: Number(new URL(url).port) };
};

/** What a raw connection was told before it was ended, and after how long. */
const told = async (socket: Socket): Promise<{ readonly text: string; readonly ms: number }> => {
  const began = performance.now();
  let text = "";
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  if (!socket.closed) await once(socket, "close");
  return { text, ms: performance.now() - began };
};

const HEAD = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n";
const isAlive = async (url: string): Promise<boolean> => (await fetch(`${url}/healthz`)).status === 200;

describe("slow clients", () => {
  it("a hundred that never finish their headers, or say nothing, are sent away while others are served", async () => {
    const { url, port } = await start({}, { headersWithinMs: 1_000 });
    const slow = Array.from({ length: 100 }, (_, index) => {
      const socket = connect(port, "127.0.0.1");
      if (index % 4 > 0) socket.write(HEAD);
      // A header now and then, as Slowloris does: the time counts from the first byte, not from the last.
      const dripping = setInterval(() => index % 4 > 1 && socket.write(`X-${index}: a\r\n`), 200);
      socket.once("close", () => clearInterval(dripping));
      return told(socket);
    });
    expect(await isAlive(url)).toBe(true);
    const answers = await Promise.all(slow);
    expect(answers.filter(({ text }) => !text.startsWith("HTTP/1.1 408 "))).toEqual([]);
    expect(await isAlive(url)).toBe(true);
  });

  it("a body that drips in is cut off when the request's time is up", async () => {
    const { port } = await start({ REQUEST_TIMEOUT_SECONDS: "5" });
    const socket = connect(port, "127.0.0.1");
    socket.write(
      "POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n",
    );
    const dripping = setInterval(() => socket.write(" "), 100);
    const { text, ms } = await told(socket);
    clearInterval(dripping);
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(ms).toBeLessThan(12_000);
  });
});

describe("large requests", () => {
  it("headers beyond 16 KiB are 431, and three thousand small ones are as large", async () => {
    const { url, port } = await start();
    for (const headers of [
      `X-Big: ${"x".repeat(20_000)}\r\n`,
      Array.from({ length: 3_000 }, (_, n) => `X-${n}: 0123456789\r\n`).join(""),
    ]) {
      const socket = connect(port, "127.0.0.1");
      socket.write(`${HEAD}${headers}\r\n`);
      const { text } = await told(socket);
      expect(text).toMatch(/^HTTP\/1\.1 431 [\s\S]*"code":"headers-too-large"/);
    }
    expect(await isAlive(url)).toBe(true);
  });

  it("compressed bombs are never unpacked: 415 in JSON, and a frame that claims compression ends its socket", async () => {
    const { url } = await start();
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
    expect(bomb.length).toBeLessThan(70_000);
    for (const encoding of ["gzip", "br", "deflate", "gzip, gzip"]) {
      const answer = await fetch(`${url}/v1/sessions`, {
        method: "POST",
        headers: { "content-type": "application/json", "content-encoding": encoding },
        body: bomb.subarray(0, 60_000),
      });
      expect([encoding, answer.status, await answer.json()]).toMatchObject([
        encoding,
        415,
        { code: "unsupported-content-type" },
      ]);
    }
    const headers = await bearer(db, await aUser(db));
    const raw = rawSocket(`${url.replace("http", "ws")}/v1/stream`, headers);
    await once(raw.socket, "open");
    expect(raw.socket.extensions).toBe("");
    // RSV1 is the bit of permessage-deflate, which was not agreed: FIN + RSV1 + text.
    const line: unknown = Reflect.get(raw.socket, "_socket");
    if (!(line instanceof Socket)) throw new Error("ws keeps its socket elsewhere by now");
    line.write(Buffer.from([0xc1, 0x82, 0, 0, 0, 0, 0x7b, 0x7d]));
    expect((await until(() => raw.closed(), { what: "the close" })).code).toBe(1002);
  });

  it("a body without end is 413 as soon as it is too long, and so is a form's", async () => {
    const { port } = await start();
    for (const [path, type] of [
      ["/v1/sessions", "application/json"],
      ["/sign-in", "application/x-www-form-urlencoded"],
    ] as const) {
      const socket = connect(port, "127.0.0.1");
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      const chunk = `1000\r\n${"a".repeat(0x1000)}\r\n`;
      const pouring = setInterval(() => socket.writable && socket.write(chunk.repeat(8)), 5);
      const { text } = await told(socket);
      clearInterval(pouring);
      expect(text).toMatch(/^HTTP\/1\.1 413 /);
    }
  });
});

describe("floods", () => {
  it("an address that connects too often is told when to come back, and others are served", async () => {
    const { url, port } = await start({ ADDRESS_STREAMS: "10" });
    const sockets = Array.from({ length: 60 }, () => connect(port, "127.0.0.1"));
    const answers: string[] = [];
    for (const socket of sockets) void told(socket).then(({ text }) => answers.push(text));
    await until(() => answers.length === 40, { what: "forty refusals" });
    expect(answers.filter((text) => !/^HTTP\/1\.1 429 [\s\S]*Retry-After: 10\r\n/.test(text))).toEqual([]);
    // Another address of this machine.
    const other = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.9" });
    other.write(`${HEAD}Connection: close\r\n\r\n`);
    expect((await told(other)).text).toMatch(/^HTTP\/1\.1 200 /);
    for (const socket of sockets) socket.destroy();
    await until(async () => isAlive(url), { what: "room again" });
  });

  it("a process that is full accepts nobody else, and goes on", async () => {
    const { url, port } = await start({ MAX_CONNECTIONS: "100", ADDRESS_STREAMS: "1000" });
    const sockets = Array.from({ length: 300 }, () => connect(port, "127.0.0.1"));
    const ends = sockets.map(told);
    await until(() => sockets.filter((socket) => socket.closed).length >= 200, { what: "two hundred refusals" });
    for (const socket of sockets) socket.destroy();
    await Promise.all(ends);
    expect(await until(async () => isAlive(url), { what: "room again" })).toBe(true);
  });

  it("a user who calls too often gets 429 with Retry-After on routes, pages and streams; a colleague does not", async () => {
    const { url } = await start({ USER_REQUESTS_PER_MINUTE: "60" });
    const actor = await aUser(db);
    const headers = await bearer(db, actor);
    const statuses = new Map<number, number>();
    for (let n = 0; n < 30; n += 1) {
      const { status } = await fetch(`${url}/v1/me`, { headers });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    // Ten at once, and one more each second.
    expect(statuses.get(200)).toBeGreaterThanOrEqual(10);
    expect(statuses.get(429)).toBeGreaterThanOrEqual(5);
    const answer = await fetch(`${url}/v1/me`, { headers });
    expect([answer.status, answer.headers.get("retry-after"), await answer.json()]).toMatchObject([
      429,
      "1",
      { code: "too-many-requests", retryAfterSeconds: 1 },
    ]);
    const page = await fetch(`${url}/desk`, { headers: { ...headers, accept: "text/html" } });
    expect([page.status, page.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(await page.text()).toContain("Please wait a moment");
    expect(await upgradeStatus(`${url.replace("http", "ws")}/v1/stream`, headers)).toBe(429);
    const colleague = await bearer(db, await aUser(db, { at: actor.organisationCode }));
    expect((await fetch(`${url}/v1/me`, { headers: colleague })).status).toBe(200);
  });

  it("an address that calls too often gets 429, whoever it says it is; X-Forwarded-For counts only from a trusted proxy", async () => {
    const flood = async (url: string): Promise<number[]> => {
      const statuses: number[] = [];
      for (let n = 0; n < 40; n += 1)
        statuses.push(
          (await fetch(`${url}/healthz`, { headers: { "x-forwarded-for": `198.51.100.${n % 2}, 10.0.0.${n}` } }))
            .status,
        );
      return statuses.filter((status) => status === 429);
    };
    const bare = await start({ ADDRESS_REQUESTS_PER_MINUTE: "60" });
    expect((await flood(bare.url)).length).toBeGreaterThanOrEqual(15);
    // Each caller is another one; what a client wrote itself stands further left than what the proxy saw.
    const behind = await start({ ADDRESS_REQUESTS_PER_MINUTE: "60", TRUST_PROXY: "127.0.0.1" });
    expect(await flood(behind.url)).toEqual([]);
    // The proxy is trusted, and what it saw is one address: what stands left of it is only the client's word.
    const liar: number[] = [];
    for (let n = 0; n < 40; n += 1)
      liar.push(
        (await fetch(`${behind.url}/healthz`, { headers: { "x-forwarded-for": `198.51.100.${n}, 10.9.9.9` } })).status,
      );
    expect(liar.filter((status) => status === 429).length).toBeGreaterThanOrEqual(15);
  });

  it("sockets of one user and of one address are so many; refused before the upgrade with Retry-After", async () => {
    const { url, port } = await start({ USER_STREAMS: "3", ADDRESS_STREAMS: "5" });
    const stream = `${url.replace("http", "ws")}/v1/stream`;
    const [one, two] = [await bearer(db, await aUser(db)), await bearer(db, await aUser(db))];
    const all = Array.from({ length: 6 }, () => rawSocket(stream, one));
    await until(() => all.filter(({ socket }) => socket.readyState === 1).length === 3, { what: "three sockets" });
    const line = connect(port, "127.0.0.1");
    line.write(
      `GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: covershare.v1\r\nAuthorization: ${one.authorization}\r\n\r\n`,
    );
    expect((await told(line)).text).toMatch(/^HTTP\/1\.1 429 [\s\S]*retry-after: 30\r\n[\s\S]*"too-many-streams"/);
    // Those that were let in together and found no seat any more hear 1013; the others were refused as above.
    const turnedAway = await until(() => {
      const codes = all.flatMap((raw) => raw.closed()?.code ?? []);
      return codes.length === 3 ? codes : undefined;
    });
    expect(turnedAway.filter((code) => ![1006, 1013].includes(code))).toEqual([]);
    const more = Array.from({ length: 4 }, () => rawSocket(stream, two));
    await until(() => more.filter(({ socket }) => socket.readyState === 1).length === 2, { what: "two sockets" });
    expect(await upgradeStatus(stream, two)).toBe(429);
    for (const { socket } of [...all, ...more]) socket.terminate();
    await until(async () => (await upgradeStatus(stream, one)) === 101, { what: "a free seat" });
  });

  it("upgrades to anything else, or where there is no stream, are answered and leave nothing open", async () => {
    const { url, port } = await start();
    const upgrades = [
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
      "GET /v1/stream HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: nothing\r\n\r\n",
      "GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
      "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello",
    ];
    for (const head of upgrades) {
      const socket = connect(port, "127.0.0.1");
      socket.write(head);
      const { text } = await told(socket);
      expect([head.slice(0, 60), text.slice(0, 12)]).toMatchObject([
        head.slice(0, 60),
        expect.stringMatching(/^HTTP\/1\.1 4\d\d/),
      ]);
    }
    expect(await isAlive(url)).toBe(true);
  });
});

describe("the rate limiter", () => {
  it("gives ten seconds' worth at once, then evenly, and forgets whoever is quiet", () => {
    let nowMs = 0;
    const limiter = createRateLimiter(120, () => nowMs);
    const isLet = (): boolean => {
      try {
        limiter.take("someone");
        return true;
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        return false;
      }
    };
    const let20 = Array.from({ length: 25 }, isLet);
    expect(let20.filter(Boolean)).toHaveLength(20);
    nowMs += 1_000;
    expect([isLet(), isLet(), isLet()]).toEqual([true, true, false]);
    nowMs += 60_000;
    limiter.take("another");
    expect(limiter.size()).toBe(1);
  });

  it("remembers no more callers than it has room for", () => {
    const limiter = createRateLimiter(60, () => 0);
    for (let n = 0; n < 60_000; n += 1) limiter.take(`address ${n}`);
    expect(limiter.size()).toBe(50_000);
  });
});
