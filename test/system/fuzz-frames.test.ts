import { Socket } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { aToken, rawSocket, startApi, type ApiProcess } from "../features/stream/api-process.ts";
import { aUser, openTestDatabase, until, type TestDatabase } from "../support/index.ts";
import { SEED, TIMES } from "./support/harm.ts";
import { nasty } from "./support/nasty.ts";

let db: TestDatabase;
let api: ApiProcess;
beforeAll(async () => {
  db = await openTestDatabase();
  api = await startApi(db, { settings: { maxSocketsPerUser: 2_000, resumeWithinMs: 2_000 } });
});
afterAll(async () => {
  await api.close();
  await db.close();
});

/** Ours for a bad frame, and those of RFC 6455 for what is no frame, no text or too much; 1006 where the line was just cut. */
const CODES = [4400, 1002, 1006, 1007, 1009];

it("S5: whatever comes over open sockets ends them by a code of the protocol, and nobody else notices", async () => {
  const { authorization } = await aToken(db, await aUser(db));
  const good = rawSocket(api.url, { authorization });
  good.socket.on("open", () => good.socket.send('{"type":"resume","after":0}'));
  await until(() => good.frames.length === 1, { what: "live" });
  const kinds = fc.oneof(
    nasty.map((value) => ({ as: "text" as const, bytes: Buffer.from(JSON.stringify(value) ?? "") })),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => ({ as: "binary" as const, bytes: Buffer.from(bytes) })),
    // Past the client's library: bytes that claim to be frames, and those that are not.
    fc.uint8Array({ minLength: 2, maxLength: 60 }).map((bytes) => ({ as: "raw" as const, bytes: Buffer.from(bytes) })),
    fc
      .constantFrom("0000", "8a80", "c182000000007b7d", "81fe00", "81ff7fffffffffffffff00000000", "8381ffffffff00")
      .map((hex) => ({
        as: "raw" as const,
        bytes: Buffer.from(hex, "hex"),
      })),
  );
  const sent = fc.sample(kinds, { numRuns: 400 * TIMES, seed: SEED });
  const codes = await Promise.all(
    sent.map(async ({ as, bytes }) => {
      const raw = rawSocket(api.url, { authorization });
      raw.socket.on("open", () => {
        const line: unknown = Reflect.get(raw.socket, "_socket");
        if (as !== "raw") raw.socket.send(bytes, { binary: as === "binary" });
        else if (line instanceof Socket) line.write(bytes);
      });
      return (
        await until(() => raw.closed(), { withinMs: 30_000, what: `an end after ${as} ${bytes.toString("hex")}` })
      ).code;
    }),
  );
  expect(codes.filter((code) => !CODES.includes(code))).toEqual([]);
  expect(new Set(codes).size).toBeGreaterThanOrEqual(3);
  expect(good.closed()).toBeUndefined();
  const later = rawSocket(api.url, { authorization });
  later.socket.on("open", () => later.socket.send('{"type":"resume","after":0}'));
  await until(() => later.frames.length === 1, { what: "live again" });
  for (const { socket } of [good, later]) socket.terminate();
}, 90_000);
