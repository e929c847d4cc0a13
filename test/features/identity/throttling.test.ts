import fc from "fast-check";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { FREE_TRIES, LONGEST_WAIT, waitAfter } from "../../../src/features/identity/identity.rules.ts";
import { countedAddress } from "../../../src/platform/http/address.ts";
import { createPasswords, type Passwords } from "../../../src/features/identity/index.ts";
import { takeTry } from "../../../src/features/identity/sign-in.repository.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { aPerson, codeOf, identityServer, PASSWORD, postSignIn } from "./identity-server.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => db.close());
beforeEach(async () => db.holdClock("2026-12-21T09:00:00Z"));
afterEach(async () => db.releaseClock());

const wrong = async (email: string, from: string) =>
  postSignIn(identityServer(db), { email, password: "a wrong password" }, from);

describe("throttling of sign-ins", () => {
  it("makes one address wait for one account, and nobody else", async () => {
    const [victim, colleague] = [await aPerson(db), await aPerson(db)];
    const attacker = "203.0.113.5";
    for (let tries = 0; tries < FREE_TRIES; tries += 1)
      expect((await wrong(victim.email, attacker)).statusCode).toBe(401);
    const refused = await wrong(victim.email, attacker);
    expect([refused.statusCode, codeOf(refused), refused.headers["retry-after"]]).toEqual([
      429,
      "too-many-sign-ins",
      "2",
    ]);
    // The right password does not help from there until the wait is over: otherwise it would tell that it was right.
    const right = await postSignIn(identityServer(db), { email: victim.email }, attacker);
    expect(right.statusCode).toBe(429);
    // The same account from the practice, and a colleague from behind the attacker's address.
    expect((await postSignIn(identityServer(db), { email: victim.email }, "198.51.100.1")).statusCode).toBe(201);
    expect((await postSignIn(identityServer(db), { email: colleague.email }, attacker)).statusCode).toBe(201);
    await db.advance({ seconds: 2 });
    expect((await postSignIn(identityServer(db), { email: victim.email }, attacker)).statusCode).toBe(201);
    expect((await wrong(victim.email, attacker)).statusCode).toBe(401);
  });

  it("slows down guesses at accounts that do not exist in the same way", async () => {
    for (let tries = 0; tries < FREE_TRIES; tries += 1) await wrong("ghost@practice.example", "203.0.113.6");
    expect((await wrong("ghost@practice.example", "203.0.113.6")).statusCode).toBe(429);
  });

  it("lets no more through when many tries arrive at once", async () => {
    const server = identityServer(db);
    const { email } = await aPerson(db);
    const answers = await Promise.all(
      Array.from({ length: 30 }, async () =>
        postSignIn(server, { email, password: "a wrong password" }, "203.0.113.7"),
      ),
    );
    expect(answers.filter((answer) => answer.statusCode === 401)).toHaveLength(FREE_TRIES);
    expect(answers.filter((answer) => answer.statusCode === 429)).toHaveLength(30 - FREE_TRIES);
  });

  it("waits in SQL exactly as the rules say, and forgets after a day", async () => {
    for (let failures = FREE_TRIES; failures <= 20; failures += 1) {
      await db.q
        .execute(sql`insert into sign_in_failures (bucket, failures, last_at) values ('b', ${failures}, app_now())
        on conflict (bucket) do update set failures = excluded.failures, last_at = excluded.last_at`);
      expect(await takeTry(db.q, "b")).toBe(waitAfter(failures));
    }
    await db.advance({ hours: 25 });
    expect(await takeTry(db.q, "b")).toBe(0);
    const [row] = await rows(
      db.q,
      z.object({ failures: z.number() }),
      sql`select failures from sign_in_failures where bucket = 'b'`,
    );
    expect(row?.failures).toBe(1);
  });

  it("grows without ever shrinking, up to half an hour", () => {
    fc.assert(
      fc.property(fc.nat(1_000), (failures) => {
        expect(waitAfter(failures + 1)).toBeGreaterThanOrEqual(waitAfter(failures));
        expect(waitAfter(failures)).toBeLessThanOrEqual(LONGEST_WAIT);
      }),
    );
    expect(waitAfter(FREE_TRIES - 1)).toBe(0);
  });

  it("counts an IPv6 network of one customer as one address, however it is written", () => {
    expect(countedAddress("::ffff:192.0.2.1")).toBe("192.0.2.1");
    expect(countedAddress("2001:db8:0:1::7")).toBe(countedAddress("2001:0DB8:0000:0001:ffff:1:2:3"));
    expect(countedAddress("2001:db8::1")).toBe("2001:db8:0:0");
    expect(countedAddress("::1")).toBe("0:0:0:0");
    // Of a line that broke before its request was looked at Node knows no address.
    expect(countedAddress(undefined)).toBe("gone");
    expect(countedAddress("2001:db8:0:2::7")).not.toBe(countedAddress("2001:db8:0:1::7"));
  });
});

describe("hashing passwords", () => {
  it("runs few at once, lets the rest wait, and sends away whoever finds the queue full", async () => {
    const passwords: Passwords = createPasswords({ parallel: 1, waiting: 2 });
    const results = await Promise.allSettled(Array.from({ length: 6 }, async () => passwords.hash(PASSWORD)));
    expect(results.map((result) => result.status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
      "rejected",
      "rejected",
    ]);
    // Places are given back: it works on.
    expect(await passwords.matches(await passwords.hash(PASSWORD), PASSWORD)).toBe(true);
  });

  it("takes as long for an account that does not exist", async () => {
    const passwords = createPasswords();
    const stored = await passwords.hash(PASSWORD);
    await passwords.matches(undefined, "warm up");
    const timed = async (hash: string | undefined): Promise<number> => {
      const start = performance.now();
      await passwords.matches(hash, "a wrong password");
      return performance.now() - start;
    };
    // In turns, and the shortest of each: what else runs on this machine only ever adds.
    const times: [number, number][] = [];
    for (let round = 0; round < 20; round += 1) times.push([await timed(stored), await timed(undefined)]);
    const known = Math.min(...times.map(([time]) => time));
    const unknown = Math.min(...times.map(([, time]) => time));
    expect(unknown / known).toBeGreaterThan(0.5);
    expect(unknown / known).toBeLessThan(2);
  });
});
