import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { createSealer } from "../../../src/platform/secrets/sealer.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import type { Courier } from "../../../src/features/webhooks/index.ts";
import { findWebhook, listDeliveries } from "../../../src/features/webhooks/webhooks.repository.ts";
import type { WebhookBody, WebhookWithSecret } from "../../../src/features/webhooks/webhooks.schema.ts";
import {
  changeWebhook,
  createWebhook,
  removeWebhook,
  replayFrom,
  rotateSecret,
} from "../../../src/features/webhooks/webhooks.service.ts";
import { reachChannels } from "../../../src/features/reach/reach.table.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { pruneEvents } from "../../../src/platform/event-log/event-log.ts";
import { aPractice, aUser, openTestDatabase, until, type TestDatabase } from "../../support/index.ts";
import { openReceiver, openTestCourier, verify, type Receiver } from "./support.ts";

let db: TestDatabase;
let receiver: Receiver;
let courier: Courier;
let manager: Actor;

/** As an installation has it: nothing is readable in the database. */
const sealer = createSealer([randomBytes(32)]);
const settings = { eventTypes: ["a.happened", "b.happened"], mayReach: () => true, sealer };

beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => db.close());
beforeEach(async () => {
  await db.holdClock("2026-12-21T09:00:00Z");
  receiver = await openReceiver();
  courier = openTestCourier(db, { sealer });
  manager = await aUser(db, { at: (await aPractice(db)).code, roles: ["manager"] });
});
afterEach(async () => {
  await courier.close();
  await receiver.close();
  // Nobody posts to receivers that have gone.
  await db.q.execute(sql`delete from webhook_endpoints`);
});

const create = async (input: Partial<WebhookBody> = {}): Promise<WebhookWithSecret> =>
  db.database.transact(async (tx) => createWebhook(tx, manager, settings, { url: receiver.url, types: [], ...input }));

/** Things that happen at the manager's practice, each with its number in `data`. */
const happen = async (...numbers: readonly number[]): Promise<void> => {
  for (const n of numbers)
    await db.database.transact(async (tx) =>
      tx.emit({ stream: manager.organisationCode, type: n % 2 === 1 ? "a.happened" : "b.happened", data: { n } }),
    );
};

const stand = async ({ id }: { id: string }) => {
  const found = await findWebhook(db.q, manager.organisationCode, id);
  if (found === undefined) throw new Error("the webhook has gone");
  return found;
};

const told = async (): Promise<unknown[]> =>
  rows(
    db.q,
    z.object({ type: z.string(), data: z.record(z.string(), z.unknown()) }),
    sql`select type, data from events where stream = ${manager.organisationCode} and type = 'webhook.disabled'`,
  );

const mailed = async (): Promise<unknown[]> =>
  (
    await rows(
      db.q,
      z.object({ content: z.looseObject({ subject: z.string(), link: z.string() }) }),
      sql`select content from deliveries where organisation_code = ${manager.organisationCode}`,
    )
  ).map(({ content: { subject, link } }) => ({ subject, link }));

describe("outgoing webhooks (Standard Webhooks)", () => {
  it("S3: send exactly the organisation's log, in order, from when they were made, each signed", async () => {
    await happen(1, 2);
    const webhook = await create();
    const neighbour = await aUser(db, { roles: ["manager"] });
    await db.database.transact(async (tx) =>
      tx.emit({ stream: neighbour.organisationCode, type: "a.happened", data: { secret: "of somebody else" } }),
    );
    await happen(...Array.from({ length: 60 }, (_, at) => at + 3));
    await courier.settle();
    expect(receiver.offsets()).toEqual(Array.from({ length: 60 }, (_, at) => at + 3));
    expect(receiver.arrived.map(({ body }) => body.data["n"])).toEqual(receiver.offsets());
    expect(new Set(receiver.arrived.map(({ id }) => id)).size).toBe(60);
    for (const one of receiver.arrived) {
      expect(() => verify(webhook.secret, one)).not.toThrow();
      expect(one.body.organisation).toBe(manager.organisationCode);
    }
    const [first] = receiver.arrived;
    if (first === undefined) throw new Error("nothing arrived");
    expect(() => verify(webhook.secret, { ...first, raw: first.raw.replace("a.happened", "b.happened") })).toThrow(
      /signature/i,
    );
    expect(await stand(webhook)).toMatchObject({ afterOffset: 62, lastOffset: 62, failures: 0 });
    expect(await listDeliveries(db.q, webhook.id, { limit: 200 })).toHaveLength(60);
  });

  it("send only the types asked for, and pass over the others", async () => {
    const webhook = await create({ types: ["b.happened"] });
    await happen(1, 2, 3, 4, 5);
    await courier.settle();
    expect(receiver.offsets()).toEqual([2, 4]);
    expect((await stand(webhook)).afterOffset).toBe(5);
  });

  it("wait and try again with the same id; what comes later waits behind", async () => {
    const webhook = await create();
    receiver.answers = [500, 302];
    await happen(1, 2);
    await courier.settle();
    expect(receiver.offsets()).toEqual([1]);
    expect(await stand(webhook)).toMatchObject({ state: "active", failures: 1, afterOffset: 0 });
    await db.advance({ seconds: 2 });
    await courier.settle();
    expect(receiver.offsets()).toEqual([1]);
    await db.advance({ seconds: 6 });
    await courier.settle();
    // A redirect is no arrival, and nobody follows it.
    expect(receiver.offsets()).toEqual([1, 1]);
    await db.advance({ seconds: 31 });
    await courier.settle();
    expect(receiver.offsets()).toEqual([1, 1, 1, 2]);
    expect(new Set(receiver.arrived.slice(0, 3).map(({ id }) => id)).size).toBe(1);
    expect(await stand(webhook)).toMatchObject({ failures: 0, failingSince: null, nextTryAt: null });
    const [, first] = await listDeliveries(db.q, webhook.id, { limit: 10 });
    expect(first).toMatchObject({ offset: 1, tries: 3, state: "delivered", status: 204 });
  });

  it("come back no sooner than the receiver asks (Retry-After)", async () => {
    const webhook = await create();
    receiver.answers = [{ status: 429, headers: { "retry-after": "3600" } }];
    await happen(1);
    await courier.settle();
    expect((await stand(webhook)).nextTryAt).toBe("2026-12-21T10:00:00.000Z");
  });

  it("a receiver that never answers is cut off, and does not hold up another", async () => {
    await courier.close();
    courier = openTestCourier(db, { timeoutMs: 300, sealer });
    receiver.answers = ["hang"];
    const stuck = await create();
    const other = await openReceiver();
    await db.database.transact(async (tx) => createWebhook(tx, manager, settings, { url: other.url, types: [] }));
    await happen(1);
    await courier.settle();
    expect(other.offsets()).toEqual([1]);
    expect((await listDeliveries(db.q, stuck.id, { limit: 1 }))[0]).toMatchObject({ status: null, problem: "timeout" });
    await other.close();
  });

  it("are disabled after five days without one success, tell the organisation, and go on where they stopped", async () => {
    const webhook = await create();
    await db.q.insert(reachChannels).values({
      organisationCode: manager.organisationCode,
      mailbox: "desk@practice.example",
      confirmedAt: new Date("2026-12-01T09:00:00Z"),
      failures: 0,
      version: 1,
    });
    await happen(1, 2);
    receiver.answers = Array.from({ length: 40 }, () => 503);
    let tries = 0;
    for (; (await stand(webhook)).state === "active" && tries < 40; tries += 1) {
      await courier.settle();
      const { nextTryAt } = await stand(webhook);
      if (nextTryAt !== null) await db.holdClock(nextTryAt);
    }
    expect((await stand(webhook)).state).toBe("disabled");
    expect(tries).toBeGreaterThan(8);
    expect(tries).toBeLessThan(20);
    expect(await mailed()).toEqual([
      { subject: "One of your webhooks has stopped", link: `/settings/webhooks/${webhook.id}` },
    ]);
    expect(await told()).toEqual([
      { type: "webhook.disabled", data: { webhookId: webhook.id, reason: "dead", afterOffset: 0 } },
    ]);
    receiver.answers = [];
    receiver.arrived.length = 0;
    await courier.settle();
    expect(receiver.arrived).toEqual([]);
    await db.database.transact(async (tx) =>
      changeWebhook(tx, manager, settings, webhook.id, undefined, { isActive: true }),
    );
    await courier.settle();
    // Its own end is part of the log too.
    expect(receiver.offsets()).toEqual([1, 2, 3]);
  });

  it("are disabled at once by 410 Gone", async () => {
    const webhook = await create();
    receiver.answers = [410];
    await happen(1);
    await courier.settle();
    expect(await stand(webhook)).toMatchObject({ state: "disabled", endReason: "gone" });
    expect(await told()).toHaveLength(1);
  });

  it("sign with both secrets for a day after a rotation, then with the new one only", async () => {
    const webhook = await create();
    const { secret } = await db.database.transact(async (tx) => rotateSecret(tx, manager, settings, webhook.id));
    expect(secret).not.toBe(webhook.secret);
    await happen(1);
    await courier.settle();
    await db.advance({ hours: 24, minutes: 1 });
    await happen(2);
    await courier.settle();
    const [during, after] = receiver.arrived;
    if (during === undefined || after === undefined) throw new Error("two messages were sent");
    expect(() => [verify(webhook.secret, during), verify(secret, during), verify(secret, after)]).not.toThrow();
    expect(() => verify(webhook.secret, after)).toThrow(/signature/i);
  });

  it("send history again from an offset, and skip to one; nothing before what is kept", async () => {
    const webhook = await create();
    await happen(1, 2, 3);
    await courier.settle();
    await db.database.transact(async (tx) => replayFrom(tx, manager, webhook.id, 1));
    await courier.settle();
    expect(receiver.offsets()).toEqual([1, 2, 3, 2, 3]);
    expect(receiver.arrived[1]?.id).toBe(receiver.arrived[3]?.id);
    receiver.answers = [400, 400];
    await happen(4, 5);
    await courier.settle();
    await db.database.transact(async (tx) => replayFrom(tx, manager, webhook.id, 4));
    receiver.answers = [];
    await courier.settle();
    expect(receiver.offsets().slice(5)).toEqual([4, 5]);
    await expect(db.database.transact(async (tx) => replayFrom(tx, manager, webhook.id, 6))).rejects.toMatchObject({
      code: "offset-not-kept",
    });
  });

  it("S4: say so where history was pruned before it could be sent", async () => {
    const webhook = await create();
    await happen(1, 2);
    await db.advance({ days: 91 });
    await happen(3);
    await pruneEvents(db.q, new Date("2026-12-22T00:00:00Z"), 100);
    await courier.settle();
    expect(receiver.arrived.map(({ body }) => [body.type, body.offset])).toEqual([
      ["reset", 2],
      ["a.happened", 3],
    ]);
    expect(() => receiver.arrived.map((one) => verify(webhook.secret, one))).not.toThrow();
  });

  it("what a manager changes takes effect during a try: replay wins over the turn, removal ends it", async () => {
    await courier.close();
    courier = openTestCourier(db, { timeoutMs: 600, sealer });
    const webhook = await create();
    receiver.answers = [204, "hang"];
    await happen(1, 2);
    const sending = courier.settle();
    await until(() => receiver.arrived.length === 2, { what: "the second try hangs" });
    await db.database.transact(async (tx) => replayFrom(tx, manager, webhook.id, 0));
    await sending;
    expect(receiver.offsets()).toEqual([1, 2, 1, 2]);
    receiver.answers = ["hang"];
    await happen(3);
    const ending = courier.settle();
    await until(() => receiver.arrived.length === 5, { what: "the next try hangs" });
    await db.database.transact(async (tx) => removeWebhook(tx, manager, webhook.id));
    await expect(ending).resolves.toBeUndefined();
  });

  it("two matchers at once send each message once, in order", async () => {
    const webhook = await create();
    const second = openTestCourier(db, { sealer });
    await happen(...Array.from({ length: 40 }, (_, at) => at + 1));
    await Promise.all([courier.settle(), second.settle()]);
    await until(async () => (await stand(webhook)).afterOffset === 40 || courier.settle().then(() => false));
    expect(receiver.offsets()).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    await second.close();
  });
});
