import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { queueMail } from "../../src/features/reach/index.ts";
import { aMailbox } from "../features/reach/support.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { aPractice, openTestDatabase, until, type TestDatabase } from "../support/index.ts";
import { startMailServer, type MailServer } from "../support/mail-server.ts";

const TOKEN = "for-the-tests-of-metrics";

let db: TestDatabase;
let server: MailServer;
let app: TestApp;
let isAway = true;
beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-15T10:00:00Z");
  server = await startMailServer({
    onConnect: (_session, done) => done(isAway ? Object.assign(new Error("not now"), { responseCode: 421 }) : null),
  });
  app = await startTestApp(db, {
    environment: { SMTP_URL: server.url, MAIL_FROM: "cover@example.test", METRICS_TOKEN: TOKEN },
  });
});
afterAll(async () => {
  await app.close();
  await server.close();
  await db.close();
});

const readiness = z.strictObject({
  status: z.literal("ready"),
  without: z.array(z.string()),
  mail: z.strictObject({
    isConfigured: z.boolean(),
    lastSentAt: z.string().nullable(),
    oldestWaitingSeconds: z.number(),
  }),
});
/** Throws unless it is ready. */
const ready = async () => {
  const answer = await fetch(`${app.url}/readyz`);
  expect(answer.status).toBe(200);
  return readiness.parse(await answer.json());
};
const figure = async (name: string): Promise<number> => {
  const answer = await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const line = (await answer.text()).split("\n").find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
};
const AGE = 'covershare_messages_oldest_waiting_seconds{channel="mail"}';
const WAITING = 'covershare_messages_waiting{channel="mail"}';
const LAST = "covershare_mail_last_sent_timestamp_seconds";

it(
  "with its mail server away a process stays ready, and says since when mail waits, until it goes again",
  { timeout: 60_000 },
  async () => {
    expect(await ready()).toEqual({
      status: "ready",
      without: [],
      mail: { isConfigured: true, lastSentAt: null, oldestWaitingSeconds: 0 },
    });
    const { code } = await aPractice(db);
    await aMailbox(db, code);
    await db.database.transact(async (tx) =>
      queueMail(tx, {
        organisationCode: code,
        cause: "health:1",
        kind: "alarm",
        subject: "Look",
        lines: [],
        link: "/desk",
        priority: "asap",
      }),
    );
    await until(() => server.connections() > 0, { withinMs: 20_000, what: "it was tried" });
    // A moment is nothing to tell.
    expect((await ready()).without).toEqual([]);
    await db.advance({ minutes: 7 });
    expect(await ready()).toMatchObject({
      without: [expect.stringMatching(/^mail has waited for 7 minutes: it goes when the mail server takes it/)],
      mail: { isConfigured: true, lastSentAt: null, oldestWaitingSeconds: 420 },
    });
    await until(async () => (await figure(AGE)) >= 420, { withinMs: 20_000, what: "the figures say so too" });
    expect([await figure(WAITING), await figure(LAST), await figure("covershare_mail_configured")]).toEqual([1, 0, 1]);

    isAway = false;
    await db.advance({ minutes: 1 });
    await until(async () => (await ready()).without.length === 0, { withinMs: 20_000, what: "mail goes again" });
    expect((await ready()).mail).toEqual({
      isConfigured: true,
      lastSentAt: "2026-12-15T10:08:00.000Z",
      oldestWaitingSeconds: 0,
    });
    await until(async () => (await figure(LAST)) === Date.parse("2026-12-15T10:08:00Z") / 1_000, {
      withinMs: 20_000,
      what: "the figures say so too",
    });
  },
);
