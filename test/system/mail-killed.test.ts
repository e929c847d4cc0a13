import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { queueMail } from "../../src/features/reach/index.ts";
import { rows } from "../../src/platform/db/database.ts";
import { aMailbox } from "../features/reach/support.ts";
import {
  aPractice,
  openTestDatabase,
  startCovershare,
  until,
  type CovershareProcess,
  type TestDatabase,
} from "../support/index.ts";
import { startMailServer, type MailServer, type ReceivedMail } from "../support/mail-server.ts";

/*
 * Issue 5, end 4. A matcher, a process of its own, is killed (SIGKILL) when it has claimed a message, when the server has all
 * of it and has not said yes, and just after the server said yes. Only the last is a place where SMTP cannot tell: there,
 * and nowhere else, a message may come twice, and then it is the same to the letter, Message-ID and all.
 */

const MESSAGES = 60;
type Step = "claimed" | "sending" | "accepted";

let db: TestDatabase;
let server: MailServer;
let matcher: CovershareProcess | undefined;
/** Where the process is to be killed next, and after how many messages. */
let trap: { readonly step: Step; left: number } | undefined;
/** Messages that the server had taken when a process died, and of which that process had not noted it yet. */
const cannotTell = new Set<string>();

const springs = (step: Step): boolean => {
  if (trap?.step !== step) return false;
  trap.left -= 1;
  if (trap.left > 0) return false;
  matcher?.signal("SIGKILL");
  return true;
};

/** Nothing reaches the server any more from a process that is dead; what it had sent in the same instant it may have had. */
const refuse = (): Error => Object.assign(new Error("gone"), { responseCode: 451 });

beforeEach(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-15T10:00:00Z");
  server = await startMailServer({
    onMailFrom: (_address, _session, done) => done(springs("claimed") ? refuse() : null),
    onMessage: () => {
      if (springs("sending")) throw refuse();
    },
    onAccepted: () => void springs("accepted"),
  });
});
afterEach(async () => {
  if (matcher?.child.exitCode === null && matcher.child.signalCode === null) matcher.signal("SIGKILL");
  await matcher?.exited;
  await server.close();
  await db.close();
});

const start = async (): Promise<void> => {
  matcher = await startCovershare(["matcher"], {
    DATABASE_URL: db.url,
    DB_POOL_MAX: "8",
    LOG_LEVEL: "error",
    SMTP_URL: server.url,
    MAIL_FROM: "cover@example.test",
    PUBLIC_URL: "https://cover.example.test",
  });
};

const queued = async (): Promise<number> =>
  (
    await rows(
      db.q,
      z.object({ n: z.number() }),
      sql`select (select count(*) from deliveries d left join envelopes e on e.id = d.envelope_id
                  where d.dropped_at is null and (e.id is null or e.state = 'queued'))::int as n`,
    )
  )[0]?.n ?? -1;

/** The server has them, the database does not know: five connections may each have one. */
const noteUnknown = async (): Promise<void> => {
  const open = await rows(db.q, z.object({ id: z.string() }), sql`select id from envelopes where state = 'queued'`);
  const had = open
    .map(({ id }) => `<${id}@example.test>`)
    .filter((id) => server.received.some(({ messageId }) => messageId === id));
  expect(had.length).toBeLessThanOrEqual(5);
  for (const id of had) cannotTell.add(id);
};

/** What would take the lease's minute and a half: nobody has the dead process's messages in hand any more. */
const letLeasesLapse = async (): Promise<void> => {
  await db.q.execute(sql`update envelopes set lease_until = clock_timestamp() where lease_until is not null`);
};

it(
  "M5: kill -9 of the matcher at any step loses no message, and doubles none where SMTP can tell",
  { timeout: 240_000 },
  async () => {
    const expected: string[] = [];
    for (let at = 0; at < MESSAGES; at += 1) {
      const { code } = await aPractice(db, { group: null });
      const to = await aMailbox(db, code);
      await db.database.transact(async (tx) =>
        queueMail(tx, {
          organisationCode: code,
          cause: `kill:${at}`,
          kind: "alarm",
          subject: `Alarm ${code}`,
          lines: ["Look."],
          link: "/desk",
          priority: "asap",
        }),
      );
      expected.push(`${to} Alarm ${code}`);
    }
    for (const step of ["claimed", "sending", "accepted", "claimed", "accepted"] as const) {
      trap = { step, left: 5 };
      await start();
      await until(() => matcher?.child.signalCode === "SIGKILL", { withinMs: 60_000, what: `it is killed, ${step}` });
      trap = undefined;
      await matcher?.exited;
      expect(await queued()).toBeGreaterThan(0);
      await noteUnknown();
      await letLeasesLapse();
    }
    await start();
    await until(async () => (await queued()) === 0, { withinMs: 90_000, what: "everything has been sent" });

    const byId = new Map<string, ReceivedMail[]>();
    for (const each of server.received) byId.set(each.messageId, [...(byId.get(each.messageId) ?? []), each]);
    const once = [...byId.values()].map(([first]) => `${first?.to} ${first?.subject}`);
    expect(once.toSorted()).toEqual(expected.toSorted());
    const doubled = [...byId].filter(([, copies]) => copies.length > 1).map(([messageId]) => messageId);
    expect(doubled.filter((messageId) => !cannotTell.has(messageId))).toEqual([]);
    const saysOf = ({ subject, text, html, headers }: ReceivedMail): string =>
      [subject, text, html, headers["date"]].join("\0");
    for (const copies of byId.values()) expect(new Set(copies.map(saysOf)).size).toBe(1);
  },
);
