import { sql } from "drizzle-orm";
import { createSealer } from "../../../src/platform/secrets/sealer.ts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { aPractice, aUser, openTestDatabase, startCovershare, until, type TestDatabase } from "../../support/index.ts";
import { createWebhook } from "../../../src/features/webhooks/webhooks.service.ts";
import { openReceiver, verify, type Receiver } from "./support.ts";

let db: TestDatabase;
let receiver: Receiver;
beforeAll(async () => {
  db = await openTestDatabase();
  receiver = await openReceiver();
});
afterAll(async () => {
  await receiver.close();
  await db.close();
});

const startMatcher = () =>
  startCovershare(["matcher"], { DATABASE_URL: db.url, LOG_LEVEL: "silent", WEBHOOK_PRIVATE_ADDRESSES: "yes" });

it(
  "kill -9 of the matcher while a message is under way loses none and changes no order; that one comes again with its id",
  { timeout: 90_000 },
  async () => {
    const manager = await aUser(db, { at: (await aPractice(db)).code, roles: ["manager"] });
    const stream = manager.organisationCode;
    const { id, secret } = await db.database.transact(async (tx) =>
      createWebhook(
        tx,
        manager,
        { eventTypes: [], mayReach: () => true, sealer: createSealer([]) },
        { url: receiver.url, types: [] },
      ),
    );
    for (let n = 1; n <= 8; n += 1)
      await db.database.transact(async (tx) => tx.emit({ stream, type: "a.happened", data: { n } }));
    // The fifth is received and never answered: the process dies before it knows.
    receiver.answers = [204, 204, 204, 204, "hang"];
    const first = await startMatcher();
    await until(() => receiver.arrived.length === 5, { withinMs: 60_000, what: "the fifth message arrived" });
    first.signal("SIGKILL");
    await first.exited;
    const second = await startMatcher();
    await until(() => receiver.arrived.length >= 9, { withinMs: 40_000, what: "the others arrived" });
    expect(receiver.offsets()).toEqual([1, 2, 3, 4, 5, 5, 6, 7, 8]);
    expect(receiver.arrived[5]?.id).toBe(receiver.arrived[4]?.id);
    for (const one of receiver.arrived) expect(() => verify(secret, one)).not.toThrow();
    await until(async () => {
      const { rows } = await db.q.execute(sql`select after_offset::int as o from webhook_endpoints where id = ${id}`);
      return rows[0]?.["o"] === 8;
    });
    second.signal("SIGTERM");
    expect(await second.exited).toBe(0);
  },
);
