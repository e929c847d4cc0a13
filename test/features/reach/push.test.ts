import { createPublicKey, verify } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { addBrowser, readChannels, stopBrowser } from "../../../src/features/reach/channels.service.ts";
import {
  createPushCourier,
  findSubscription,
  newVapidKey,
  publicKeyOf,
  queueMail,
  type Couriers,
} from "../../../src/features/reach/index.ts";
import { isPushService } from "../../../src/features/reach/push/push.rules.ts";
import { listBrowsers } from "../../../src/features/reach/push/subscriptions.repository.ts";
import { sha256 } from "../../../src/platform/ids/ids.ts";
import { aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { aPushReceiver, startPushService, type PushService } from "../../support/push-service.ts";
import { closeCouriers, reachOnce } from "./support.ts";

let db: TestDatabase;
let service: PushService;
let push: Couriers;
const privateKey = newVapidKey();
const parts = () => ({ hasMail: false, pushKey: publicKeyOf(privateKey), pushServices: [service.origin] });

beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-15T10:00:00Z");
  service = await startPushService();
  push = {
    push: createPushCourier({
      privateKey,
      subject: "mailto:cover@example.test",
      services: [service.origin],
      find: async (id) => findSubscription(db.q, id),
    }),
  };
});
afterAll(async () => {
  closeCouriers(push);
  await service.close();
  await db.close();
});
beforeEach(() => {
  service.pushed.splice(0);
  service.status = 201;
});

const aBrowser = (path: string) => aPushReceiver(`${service.origin}${path}`);

const json = (part: string | undefined): unknown => JSON.parse(Buffer.from(part ?? "", "base64url").toString("utf8"));

/** Checks a VAPID header as a push service does (RFC 8292 4), and gives its claims. */
const claimsOf = (header: unknown): unknown => {
  const [, token = "", key = ""] = /^vapid t=([^,]+), k=(\S+)$/.exec(z.string().parse(header)) ?? [];
  const [head = "", claims = "", signature = ""] = token.split(".");
  const point = Buffer.from(key, "base64url");
  const publicKey = createPublicKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: "P-256",
      x: point.subarray(1, 33).toString("base64url"),
      y: point.subarray(33).toString("base64url"),
    },
  });
  expect(json(head)).toEqual({ typ: "JWT", alg: "ES256" });
  const signed = Buffer.from(`${head}.${claims}`);
  const isGenuine = verify(
    "sha256",
    signed,
    { key: publicKey, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
  expect([isGenuine, key]).toEqual([true, publicKeyOf(privateKey)]);
  return json(claims);
};

const tell = async (actor: Actor, cause: string): Promise<unknown> =>
  db.database.transact(async (tx) =>
    queueMail(tx, {
      userId: actor.userId,
      cause,
      kind: "alarm",
      subject: "Two dressings look for a place",
      lines: ["By Thu 24 Dec"],
      link: "/board",
    }),
  );

describe("web push", () => {
  it("brings a message that only the browser can read, signed by us, to its push service", async () => {
    const actor = await aUser(db);
    const browser = aBrowser("/push/one");
    await db.database.transact(async (tx) => addBrowser(tx, actor, browser.subscription, parts()));
    expect((await readChannels(db.q, actor, parts())).browsers).toBe(1);
    await tell(actor, "push:1");
    await reachOnce(db, push);
    expect(service.pushed).toHaveLength(1);
    const [got] = service.pushed;
    if (got === undefined) throw new Error("nothing was pushed");
    expect(got.path).toBe("/push/one");
    expect(JSON.parse(browser.read(got.body))).toMatchObject({
      title: "Two dressings look for a place",
      body: "By Thu 24 Dec",
      link: "/board",
    });
    expect(got.headers).toMatchObject({ "content-encoding": "aes128gcm", urgency: "high" });
    expect(String(got.headers["topic"])).toMatch(/^[0-9a-f]{32}$/);
    const claims = z
      .object({ aud: z.string(), exp: z.number(), sub: z.string() })
      .parse(claimsOf(got.headers["authorization"]));
    expect(claims).toMatchObject({ aud: service.origin, sub: "mailto:cover@example.test" });
    expect(claims.exp * 1_000 - performance.timeOrigin).toBeLessThanOrEqual(24 * 3_600_000);
  });

  it("P1: shows no number that could be a patient's, whoever wrote it into a subject or a line", async () => {
    const actor = await aUser(db);
    const browser = aBrowser("/push/number");
    await db.database.transact(async (tx) => addBrowser(tx, actor, browser.subscription, parts()));
    await db.database.transact(async (tx) =>
      queueMail(tx, {
        userId: actor.userId,
        cause: "push:number",
        kind: "alarm",
        subject: "About 943 476 5919",
        lines: ["Ring 943-476-5919 back", "9434", "765919"],
        link: "/board",
      }),
    );
    await reachOnce(db, push);
    const shown = browser.read(service.pushed[0]?.body ?? Buffer.alloc(0));
    expect(JSON.parse(shown)).toMatchObject({ title: "About (number left out)", link: "/board" });
    expect(shown.replaceAll(/\D/g, "")).not.toContain("9434765919");
  });

  it("is tried again under the same topic while the service is busy, and forgets a browser that has gone", async () => {
    const actor = await aUser(db);
    const browser = aBrowser("/push/two");
    await db.database.transact(async (tx) => addBrowser(tx, actor, browser.subscription, parts()));
    await tell(actor, "push:2");
    service.status = 503;
    await reachOnce(db, push);
    service.status = 201;
    await db.advance({ minutes: 1 });
    await reachOnce(db, push);
    expect(service.pushed.map(({ headers }) => headers["topic"])).toEqual([
      service.pushed[0]?.headers["topic"],
      service.pushed[0]?.headers["topic"],
    ]);
    service.status = 410;
    await tell(actor, "push:3");
    await reachOnce(db, push);
    expect((await readChannels(db.q, actor, parts())).browsers).toBe(0);
  });

  it("is posted to push services and nowhere else", async () => {
    for (const endpoint of [
      "https://fcm.googleapis.com/fcm/send/x",
      "https://updates.push.services.mozilla.com/wpush/v2/x",
      "https://db5p.notify.windows.com/w/?token=x",
    ])
      expect(isPushService(endpoint, []), endpoint).toBe(true);
    for (const endpoint of [
      "https://127.0.0.1/x",
      "http://fcm.googleapis.com/x",
      "https://fcm.googleapis.com:8443/x",
      "https://fcm.googleapis.com.example.org/x",
      "https://evil-notify.windows.com.example.org/",
      "https://user@localhost/x",
    ])
      expect(isPushService(endpoint, []), endpoint).toBe(false);
    const actor = await aUser(db);
    const subscription = { ...aBrowser("/x").subscription, endpoint: "https://elsewhere.example/x" };
    await expect(
      db.database.transact(async (tx) => addBrowser(tx, actor, subscription, parts())),
    ).rejects.toMatchObject({ code: "push-service-unknown" });
  });

  it("stops for a browser that its user takes off the list, and only for its user (P3)", async () => {
    const actor = await aUser(db);
    const stranger = await aUser(db);
    for (const path of ["/push/a", "/push/b"])
      await db.database.transact(async (tx) => addBrowser(tx, actor, aBrowser(path).subscription, parts()));
    const [newest, oldest] = await listBrowsers(db.q, actor);
    if (newest === undefined || oldest === undefined) throw new Error("they are not listed");
    expect(newest.mark).toBe(sha256(`${service.origin}/push/b`));
    expect(await listBrowsers(db.q, stranger)).toEqual([]);
    await db.database.transact(async (tx) => stopBrowser(tx, stranger, newest.id));
    expect(await listBrowsers(db.q, actor)).toHaveLength(2);
    for (let times = 0; times < 2; times++) await db.database.transact(async (tx) => stopBrowser(tx, actor, newest.id));
    expect(await listBrowsers(db.q, actor)).toEqual([oldest]);
    await tell(actor, "push:stopped");
    await reachOnce(db, push);
    expect(service.pushed.map(({ path }) => path)).toEqual(["/push/a"]);
  });
});
