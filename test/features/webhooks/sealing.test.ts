import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { sealWebhookSecrets } from "../../../src/features/webhooks/sealing.service.ts";
import { createWebhook, rotateSecret } from "../../../src/features/webhooks/webhooks.service.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { createSealer, type Sealer } from "../../../src/platform/secrets/sealer.ts";
import { startTestApp } from "../../support/app.ts";
import { aPractice, aUser, openTestDatabase, until, type TestDatabase } from "../../support/index.ts";
import { openReceiver, openTestCourier, verify, type Receiver } from "./support.ts";

const [former, present] = [randomBytes(32), randomBytes(32)];

let db: TestDatabase;
let receiver: Receiver;
let manager: Actor;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => db.close());
beforeEach(async () => {
  await db.holdClock("2026-12-21T09:00:00Z");
  receiver = await openReceiver();
  manager = await aUser(db, { at: (await aPractice(db)).code, roles: ["manager"] });
});
afterEach(async () => {
  await receiver.close();
  await db.q.execute(sql`delete from webhook_endpoints`);
});

const settings = (sealer: Sealer) => ({ eventTypes: [], mayReach: () => true, sealer });
const create = async (sealer: Sealer) =>
  db.database.transact(async (tx) => createWebhook(tx, manager, settings(sealer), { url: receiver.url, types: [] }));
const stored = async (): Promise<{ secret: string; previous: string | null }[]> =>
  rows(
    db.q,
    z.object({ secret: z.string(), previous: z.string().nullable() }),
    sql`select secret, previous_secret as previous from webhook_endpoints order by created_at, id`,
  );
const happen = async (): Promise<void> =>
  db.database.transact(async (tx) => tx.emit({ stream: manager.organisationCode, type: "a.happened", data: {} }));
const sendBy = async (sealer: Sealer): Promise<void> => {
  const courier = openTestCourier(db, { sealer });
  await courier.settle();
  await courier.close();
};

describe("the secrets of webhooks in the database", () => {
  it("cannot be read there, and sign all the same", async () => {
    const sealer = createSealer([present]);
    const webhook = await create(sealer);
    expect(JSON.stringify(await stored())).not.toContain(webhook.secret.slice(6, 20));
    const rotated = await db.database.transact(async (tx) => rotateSecret(tx, manager, settings(sealer), webhook.id));
    for (const { secret, previous } of await stored()) {
      expect(secret).toMatch(/^sealed:1:/);
      expect(previous).toMatch(/^sealed:1:/);
    }
    await happen();
    await sendBy(sealer);
    const [message] = receiver.arrived;
    if (message === undefined) throw new Error("nothing arrived");
    for (const { secret } of [webhook, rotated]) expect(() => verify(secret, message)).not.toThrow();
  });

  it("of before there was a key, and of a former key, are sealed by the present one at a start, and sign as before", async () => {
    const plain = await create(createSealer([]));
    const old = await create(createSealer([former]));
    await db.database.transact(async (tx) => rotateSecret(tx, manager, settings(createSealer([former])), old.id));
    expect((await stored())[0]?.secret).toBe(plain.secret);
    const encoded = [present, former].map((key) => key.toString("base64")).join(",");
    const app = await startTestApp(db, { environment: { SECRETS_KEYS: encoded } });
    const only = createSealer([present]);
    await until(
      async () =>
        (await stored()).every(({ secret, previous }) =>
          [secret, previous ?? secret].every((each) => only.isCurrent(each)),
        ),
      { withinMs: 20_000, what: "all are sealed under the present key" },
    );
    await app.close();
    expect(await sealWebhookSecrets(db.database, only)).toEqual({ sealed: 0, lost: 0 });
    // The former key is needed no more.
    await happen();
    await sendBy(only);
    expect(receiver.arrived).toHaveLength(2);
    for (const { secret } of [plain, old])
      expect(
        receiver.arrived.filter((message) => {
          try {
            verify(secret, message);
            return true;
          } catch {
            return false;
          }
        }),
      ).toHaveLength(1);
  });

  it("that no key opens send nothing unsigned, are counted and left as they are, and go on when the key is back", async () => {
    await create(createSealer([former]));
    const before = await stored();
    const without = createSealer([present]);
    expect(await sealWebhookSecrets(db.database, without)).toEqual({ sealed: 0, lost: 1 });
    expect(await stored()).toEqual(before);
    await happen();
    await sendBy(without);
    expect(receiver.arrived).toEqual([]);
    const tries = await rows(db.q, z.object({ problem: z.string() }), sql`select problem from webhook_deliveries`);
    expect(tries).toEqual([{ problem: "secret-unreadable" }]);
    await db.advance({ minutes: 1 });
    await sendBy(createSealer([present, former]));
    expect(receiver.arrived).toHaveLength(1);
  });
});
