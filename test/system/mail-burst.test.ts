import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createOffers } from "../../src/features/offers/index.ts";
import { composeDue, deriveDeliveries, sendingSweeper } from "../../src/features/reach/index.ts";
import { reachSweepers } from "../../src/features/reach/index.ts";
import { rows } from "../../src/platform/db/database.ts";
import { silentLogger } from "../../src/platform/log/log.ts";
import { sweepOnce } from "../../src/platform/queue/sweep.ts";
import { aMailbox, closeCouriers, mailBy } from "../features/reach/support.ts";
import { aPractice, aRequest, openTestDatabase, TEST_GROUP, until, type TestDatabase } from "../support/index.ts";
import { startMailServer, type MailServer } from "../support/mail-server.ts";

/* Issue 5, end 3: a burst of offers at a real mail server that fails every third connection. */

const DESKS = 125;
const EACH = 8;

let db: TestDatabase;
let server: MailServer;

/** Fails at the greeting, in the envelope or after the whole message, in turn. */
const failingEveryThird = async (): Promise<MailServer> => {
  let seen = 0;
  const broken = new Map<string, number>();
  const fault = (id: string, at: number): Error | null =>
    broken.get(id) === at ? Object.assign(new Error("not now"), { responseCode: 421 }) : null;
  return startMailServer({
    onConnect: ({ id }, done) => {
      seen += 1;
      if (seen % 3 === 0) broken.set(id, (seen / 3) % 3);
      done(fault(id, 0));
    },
    onRcptTo: (_address, { id }, done) => done(fault(id, 1)),
    // A connection is good for a few messages, as many servers have it.
    onMessage: (_mail, { id }) => {
      const error = fault(id, 2);
      if (error !== null) throw error;
    },
  });
};

beforeEach(async () => {
  db = await openTestDatabase({ poolMax: 16 });
  // In opening hours, whenever the test runs: what is routine does not go at night.
  await db.holdClock("2026-12-15T10:00:00Z");
});
afterEach(async () => {
  await server.close();
  await db.close();
});

/** Offers as a plan makes them: rows, events and all, eight for each of the desks; by twos of one request. */
const burst = async (priority: "asap" | "routine"): Promise<Map<string, string>> => {
  const home = await aPractice(db, { name: "Elm Surgery" });
  const wanted = new Map<string, string>();
  const request = await aRequest(db, { home: home.code, priority, needs: [{ count: EACH, priority }] });
  for (let desk = 0; desk < DESKS; desk += 1) {
    const { code } = await aPractice(db, { name: `Desk ${desk}`, group: null });
    const mailbox = await aMailbox(db, code);
    const made = await db.database.transact(async (tx) =>
      createOffers(
        tx,
        request.needIds.map((needId) => ({
          requestId: request.requestId,
          reference: request.reference,
          groupCode: TEST_GROUP,
          homeCode: home.code,
          supportingCode: code,
          kind: "call" as const,
          awaiting: "supporting" as const,
          priority,
          ring: 1,
          isExtra: false,
          km: 1.2,
          reasons: ["1.2 km"],
          expiresAt: new Date("2099-01-01T10:00:00Z"),
          needIds: [needId],
          slots: [],
        })),
      ),
    );
    for (const id of made) wanted.set(id, mailbox);
  }
  return wanted;
};

const offersIn = (text: string): string[] => [...text.matchAll(/\/offers\/([0-9a-f-]{36})/g)].map(([, id = ""]) => id);

const states = async (): Promise<Record<string, number>> =>
  Object.fromEntries(
    (
      await rows(
        db.q,
        z.object({ state: z.string(), n: z.number() }),
        sql`select state, count(*)::int as n from envelopes group by 1`,
      )
    ).map(({ state, n }) => [state, n]),
  );

describe("a burst of offers, at a mail server that fails every third connection", () => {
  it.each(["asap", "routine"] as const)(
    "brings each of a thousand %s offers to its mailbox exactly once",
    { timeout: 180_000 },
    async (priority) => {
      server = await failingEveryThird();
      const wanted = await burst(priority);
      expect(wanted.size).toBe(DESKS * EACH);
      // Two processes that know nothing of each other, each with its own connections.
      const processes = [mailBy(server.url), mailBy(server.url)];
      try {
        await until(
          async () => {
            // Past the wait of whatever failed in the last round.
            await db.advance({ seconds: 5 });
            await Promise.all(
              processes.map(async (couriers) =>
                sweepOnce(
                  [...reachSweepers(db.database, couriers), sendingSweeper(db.database, couriers)],
                  silentLogger,
                ),
              ),
            );
            const { queued = 0, sent = 0 } = await states();
            return queued === 0 && sent > 0;
          },
          { withinMs: 150_000, what: "everything has been sent" },
        );
      } finally {
        for (const couriers of processes) closeCouriers(couriers);
      }
      const told = server.received.flatMap(({ text, to }) => offersIn(text).map((id) => `${id} ${to}`));
      expect(told.toSorted()).toEqual([...wanted].map(([id, to]) => `${id} ${to}`).toSorted());
      expect(new Set(server.received.map(({ messageId }) => messageId)).size).toBe(server.received.length);
      // It did fail, and routine offers of one desk came together.
      expect(server.connections()).toBeGreaterThan(6);
      expect(server.received.length).toBeLessThanOrEqual(priority === "asap" ? DESKS * EACH : DESKS * 2);
      // Nothing is left over, and reading on changes nothing.
      await deriveDeliveries(db.database);
      expect(await composeDue(db.database, { hasMail: true, hasPush: false })).toBe(0);
    },
  );
});
