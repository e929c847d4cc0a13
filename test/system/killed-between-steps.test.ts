import { sql } from "drizzle-orm";
import { createSealer } from "../../src/platform/secrets/sealer.ts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../src/features/access/index.ts";
import { createOffers } from "../../src/features/offers/index.ts";
import { newVapidKey } from "../../src/features/reach/index.ts";
import { putSubscription } from "../../src/features/reach/push/subscriptions.repository.ts";
import { createWebhook } from "../../src/features/webhooks/webhooks.service.ts";
import { rows } from "../../src/platform/db/database.ts";
import { aMailbox } from "../features/reach/support.ts";
import { postfixReport } from "../features/reach/reports/samples.ts";
import { openReceiver, type Receiver } from "../features/webhooks/support.ts";
import {
  aPractice,
  aRequest,
  aUser,
  openTestDatabase,
  startCovershare,
  TEST_GROUP,
  until,
  type CovershareProcess,
  type TestDatabase,
} from "../support/index.ts";
import { startMailServer, type MailServer } from "../support/mail-server.ts";
import { aPushReceiver, startPushService, type PushReceiver, type PushService } from "../support/push-service.ts";
import { buildGates, type Gate, type Gates } from "./support/gates.ts";

/*
 * Issue 5, end 4. One offer, told by mail, by push and by webhook; the matcher that carries it is killed (SIGKILL) between
 * any two of its steps, and a new one goes on:
 *
 *   event committed → delivery derived → message composed → claimed → taken by the other side → noted → delivered or bounced
 *   event committed (it is the message) →                webhook claimed → taken by the other side → noted
 *
 * Nothing is lost, and nothing comes twice but what was taken and not yet noted: there no sender can tell, and each channel's
 * receiver can, by the same Message-ID, topic and tag, or webhook-id.
 */

let db: TestDatabase;
let server: MailServer;
let service: PushService;
let receiver: Receiver;
let gates: Gates;
let desk: Actor;
let mailbox: string;
let browser: PushReceiver;
let matcher: CovershareProcess | undefined;
const vapid = newVapidKey();

beforeEach(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-15T10:00:00Z");
  server = await startMailServer();
  service = await startPushService();
  receiver = await openReceiver();
  gates = await buildGates(db);
  desk = await aUser(db, { at: (await aPractice(db)).code, roles: ["manager"] });
  mailbox = await aMailbox(db, desk.organisationCode);
  browser = aPushReceiver(`${service.origin}/push/desk`);
  await db.database.transact(async (tx) => putSubscription(tx, desk, browser.subscription));
  await db.database.transact(async (tx) =>
    createWebhook(
      tx,
      desk,
      { eventTypes: ["offer.made"], mayReach: () => true, sealer: createSealer([]) },
      { url: receiver.url, types: ["offer.made"] },
    ),
  );
});
afterEach(async () => {
  if (matcher?.child.exitCode === null && matcher.child.signalCode === null) matcher.signal("SIGKILL");
  await matcher?.exited;
  await gates.close();
  await receiver.close();
  await service.close();
  await server.close();
  await db.close();
});

const environment = (): Record<string, string> => ({
  DATABASE_URL: db.url,
  DB_POOL_MAX: "8",
  LOG_LEVEL: "error",
  SMTP_URL: server.url,
  MAIL_FROM: "cover@example.test",
  PUBLIC_URL: "https://cover.example.test",
  VAPID_PRIVATE_KEY: vapid,
  PUSH_SERVICES: service.origin,
  WEBHOOK_PRIVATE_ADDRESSES: "yes",
});

/** What no process has in hand any more would lie until its lease ends, by the real clock. */
const letLeasesLapse = async (): Promise<void> => {
  await db.q.execute(sql`update envelopes set lease_until = clock_timestamp() where lease_until is not null`);
  await db.q.execute(sql`update webhook_endpoints set leased_until = clock_timestamp() where leased_until is not null`);
};

const start = async (): Promise<CovershareProcess> => {
  matcher = await startCovershare(["matcher"], environment());
  return matcher;
};

const killedAt = async (...at: readonly Gate[]): Promise<void> => {
  for (const gate of at) await gates.shut(gate);
  await gates.killAt(await start(), at);
  await letLeasesLapse();
};

const anOffer = async (): Promise<string> => {
  const home = await aPractice(db, { name: "Elm Surgery" });
  const request = await aRequest(db, { home: home.code, priority: "urgent", needs: [{ priority: "urgent" }] });
  const [id = ""] = await db.database.transact(async (tx) =>
    createOffers(tx, [
      {
        requestId: request.requestId,
        reference: request.reference,
        groupCode: TEST_GROUP,
        homeCode: home.code,
        supportingCode: desk.organisationCode,
        kind: "call",
        awaiting: "supporting",
        priority: "urgent",
        ring: 1,
        isExtra: false,
        km: 1.2,
        reasons: ["1.2 km"],
        expiresAt: new Date("2099-01-01T10:00:00Z"),
        needIds: request.needIds,
        slots: [],
      },
    ]),
  );
  return id;
};

/** How far the offer has come on its two ways through the table: deliveries, messages and what became of them. */
const stage = async (): Promise<string> => {
  const [found] = await rows(
    db.q,
    z.object({ words: z.string() }),
    sql`select (select count(*) from deliveries) || ' derived, ' || (select count(*) from envelopes) || ' composed, ' ||
          (select count(*) from envelopes where attempts > 0) || ' claimed, ' ||
          (select count(*) from envelopes where state = 'sent') || ' noted' as words`,
  );
  return found?.words ?? "";
};

const arrived = (): string =>
  `${server.received.length} mail, ${service.pushed.length} pushed, ${receiver.arrived.length} posted`;

const untilNoted = async (offers: number): Promise<void> => {
  await until(
    async () => {
      const [found] = await rows(
        db.q,
        z.object({ isOver: z.boolean() }),
        sql`select (select count(*) from envelopes where state = 'sent') = ${2 * offers}
              and not exists (select 1 from webhook_endpoints w join event_heads h on h.stream = w.organisation_code
                              where h.last_offset > w.after_offset) as "isOver"`,
      );
      return found?.isOver;
    },
    { withinMs: 60_000, what: "everything is sent and noted" },
  );
};

const stop = async (): Promise<void> => {
  matcher?.signal("SIGTERM");
  expect(await matcher?.exited).toBe(0);
};

it(
  "M5: killed between any two steps that a sender can tell apart, an offer is told exactly once by each channel",
  { timeout: 240_000 },
  async () => {
    const offerId = await anOffer();
    await killedAt("derive", "webhook-claim");
    expect([await stage(), arrived()]).toEqual([
      "0 derived, 0 composed, 0 claimed, 0 noted",
      "0 mail, 0 pushed, 0 posted",
    ]);
    await killedAt("compose");
    expect(await stage()).toBe("2 derived, 0 composed, 0 claimed, 0 noted");
    await killedAt("claim");
    expect([await stage(), server.received.length, service.pushed.length]).toEqual([
      "2 derived, 2 composed, 0 claimed, 0 noted",
      0,
      0,
    ]);
    await gates.shut("afterwards");
    const last = await start();
    await untilNoted(1);
    await gates.killAt(last, ["afterwards"]);
    await letLeasesLapse();
    // Nothing is left of the first; that the next process is at work shows in a second.
    await start();
    await anOffer();
    await untilNoted(2);
    await stop();
    expect([await stage(), arrived()]).toEqual([
      "4 derived, 4 composed, 4 claimed, 4 noted",
      "2 mail, 2 pushed, 2 posted",
    ]);
    expect(new Set(server.received.map(({ messageId }) => messageId)).size).toBe(2);
    expect(new Set(service.pushed.map(({ headers }) => headers["topic"])).size).toBe(2);
    expect(receiver.offsets()).toHaveLength(new Set(receiver.offsets()).size);
    expect([server.received[0]?.to, server.received[0]?.text]).toEqual([
      mailbox,
      expect.stringContaining(`/offers/${offerId}`),
    ]);
    expect(JSON.parse(browser.read(service.pushed[0]?.body ?? Buffer.alloc(0)))).toMatchObject({
      link: `/offers/${offerId}`,
    });
    expect(receiver.arrived[0]?.body.data).toMatchObject({ offerId });
  },
);

it(
  "M5: killed when the other side has it and we have not noted that, the same comes again and its receiver can tell",
  { timeout: 240_000 },
  async () => {
    await anOffer();
    for (const gate of ["record", "webhook-record"] as const) await gates.shut(gate);
    const first = await start();
    await until(() => arrived() === "1 mail, 1 pushed, 1 posted", { withinMs: 60_000, what: "all three have arrived" });
    await gates.killAt(first, ["record", "webhook-record"]);
    expect(await stage()).toBe("2 derived, 2 composed, 2 claimed, 0 noted");
    await letLeasesLapse();
    await start();
    await untilNoted(1);
    await stop();
    expect(arrived()).toBe("2 mail, 2 pushed, 2 posted");
    const [mail, again] = server.received;
    // The same to the letter, Message-ID and date and all.
    expect(again?.raw.replaceAll(/--_NmP-[^\r\n;"]+/g, "")).toBe(mail?.raw.replaceAll(/--_NmP-[^\r\n;"]+/g, ""));
    expect(again?.messageId).toBe(mail?.messageId);
    const [pushed, repeated] = service.pushed;
    expect(repeated?.headers["topic"]).toBe(pushed?.headers["topic"]);
    const read = (body: Buffer | undefined): unknown => JSON.parse(browser.read(body ?? Buffer.alloc(0)));
    // With its tag: the browser shows it in place of the first.
    expect(read(repeated?.body)).toEqual(read(pushed?.body));
    const [posted, postedAgain] = receiver.arrived;
    expect([postedAgain?.id, postedAgain?.raw]).toEqual([posted?.id, posted?.raw]);

    // What became of it is reported, and whoever notes it is killed: the report is handed in again, and counts once.
    const mailed = /^<([^@]+)@/.exec(mail?.messageId ?? "")?.[1] ?? "";
    const report = postfixReport({ messageId: mail?.messageId ?? "", to: mailbox, action: "failed", status: "5.1.1" });
    const handIn = async () => startCovershare(["mail", "bounce"], environment(), report);
    await gates.shut("report");
    await gates.killAt(await handIn(), ["report"]);
    const stateOf = async () =>
      rows(db.q, z.object({ state: z.string() }), sql`select state from envelopes where id = ${mailed}::uuid`);
    expect(await stateOf()).toEqual([{ state: "sent" }]);
    for (const said of ["came back (5.1.1)", "Nothing changed"]) {
      const clerk = await handIn();
      expect([await clerk.exited, clerk.stdout()]).toEqual([0, expect.stringContaining(said)]);
    }
    expect(await stateOf()).toEqual([{ state: "bounced" }]);
    const told = sql`select 1 as one from events where stream = ${desk.organisationCode} and type = 'mailbox.changed'`;
    expect(await rows(db.q, z.object({ one: z.number() }), told)).toHaveLength(1);
  },
);
