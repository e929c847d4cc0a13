import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { runCli } from "../../../../src/app/cli.ts";
import type { Actor } from "../../../../src/features/access/index.ts";
import { listDeliveries, listUnreachable } from "../../../../src/features/reach/channels.repository.ts";
import type { DeliveryView, MailboxState } from "../../../../src/features/reach/channels.schema.ts";
import { confirmMailbox, readChannels, sendTest } from "../../../../src/features/reach/channels.service.ts";
import { queueMail, type Couriers } from "../../../../src/features/reach/index.ts";
import { rows, type Tx } from "../../../../src/platform/db/database.ts";
import { newId } from "../../../../src/platform/ids/ids.ts";
import { aPractice, aUser, openTestDatabase, TEST_GROUP, type TestDatabase } from "../../../support/index.ts";
import { startMailServer, type MailServer, type ReceivedMail } from "../../../support/mail-server.ts";
import { aMailbox, closeCouriers, mailBy, reachOnce } from "../support.ts";
import { bareReport, hostedReport, postfixReport, type Sample } from "./samples.ts";

let db: TestDatabase;
let server: MailServer;
let mail: Couriers;
let folder = "";
/** MAIL FROM and RCPT TO as the client wrote them. */
const asked: string[] = [];

beforeAll(async () => {
  db = await openTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "covershare-reports-"));
  server = await startMailServer({
    hideDSN: false,
    onRcptTo: (address, { envelope }, done) => {
      asked.push(JSON.stringify([envelope, address]));
      done();
    },
  });
  mail = mailBy(server.url);
});
afterAll(async () => {
  closeCouriers(mail);
  await server.close();
  await rm(folder, { recursive: true, force: true });
  await db.close();
});
beforeEach(async () => {
  await db.holdClock("2026-12-15T10:00:00Z");
  server.received.splice(0);
  asked.splice(0);
});

const transact = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => db.database.transact(work);

/** Hands a message to `covershare mail bounce` as a file. */
const bounce = async (message: string): Promise<{ status: number; out: string; said: string }> => {
  const file = join(folder, newId());
  await writeFile(file, message);
  const texts = { out: "", said: "" };
  const status = await runCli({
    args: ["mail", "bounce", file],
    environment: { DATABASE_URL: db.url, LOG_LEVEL: "silent" },
    stdout: (said) => void (texts.out += said),
    stderr: (said) => void (texts.said += said),
    stopping: new AbortController().signal,
  });
  return { status, ...texts };
};

const send = async (actor: Actor): Promise<ReceivedMail> => {
  const { organisationCode } = actor;
  await transact(async (tx) =>
    queueMail(tx, {
      organisationCode,
      cause: `told:${newId()}`,
      kind: "alarm",
      subject: "Told",
      lines: ["x"],
      link: "/desk",
    }),
  );
  await reachOnce(db, mail);
  const sent = server.received.at(-1);
  if (sent === undefined) throw new Error("nothing was sent");
  return sent;
};

const aDesk = async (): Promise<{ actor: Actor; mailbox: string; sent: ReceivedMail }> => {
  const actor = await aUser(db, { at: (await aPractice(db)).code, roles: ["manager"] });
  const mailbox = await aMailbox(db, actor.organisationCode);
  await db.advance({ minutes: 1 });
  return { actor, mailbox, sent: await send(actor) };
};

const sampleOf = (sent: ReceivedMail, action: string, status: string): Sample => ({
  messageId: sent.messageId,
  to: sent.to,
  action,
  status,
});
const last = async (actor: Actor): Promise<DeliveryView | undefined> =>
  (await listDeliveries(db.q, actor, { limit: 1 }))[0];
const stateOf = async (actor: Actor): Promise<MailboxState> =>
  (await readChannels(db.q, actor, { hasMail: true, pushKey: undefined, pushServices: [] })).mailboxState;
const eventsOf = async (actor: Actor): Promise<number> =>
  (
    await rows(
      db.q,
      z.object({ one: z.number() }),
      sql`select 1 as one from events where stream = ${actor.organisationCode} and type = 'mailbox.changed'`,
    )
  ).length;

describe("what mail systems report back", () => {
  it("is asked for at a server that can, with the id of the message and the address", async () => {
    const { sent } = await aDesk();
    const id = /^<([^@]+)@/.exec(sent.messageId)?.[1] ?? "none";
    const [said = ""] = asked;
    expect(said).toContain(id);
    expect(said).toContain(`rfc822;${sent.to}`);
    for (const each of ["FAILURE", "DELAY", "SUCCESS"]) expect(said).toContain(each);
  });

  for (const [name, write] of [
    ["Postfix's", postfixReport],
    ["a hosted system's", hostedReport],
  ] as const)
    it(`${name} report of failure makes the message come back and the mailbox dead, as a refusal does`, async () => {
      const { actor, sent } = await aDesk();
      const report = write(sampleOf(sent, "failed", "5.1.1"));
      const first = await bounce(report);
      expect([first.status, first.out, first.said]).toEqual([0, expect.stringContaining("came back (5.1.1)"), ""]);
      expect(await last(actor)).toMatchObject({ state: "bounced", why: "5.1.1" });
      expect(await stateOf(actor)).toBe("failing");
      expect(
        (await listUnreachable(db.q, TEST_GROUP, 200)).find((each) => each.organisationCode === actor.organisationCode),
      ).toMatchObject({ state: "failing" });
      const told = await eventsOf(actor);
      expect(told).toBe(1);
      // The same again, and a message that only the next server takes, change nothing.
      const second = await bounce(report);
      expect([second.status, second.out]).toEqual([0, expect.stringContaining("Nothing changed")]);
      await send(actor);
      expect([await stateOf(actor), await eventsOf(actor)]).toEqual(["failing", told]);
    });

  it("of delivery makes the message delivered, and a later one a mailbox that failed work again", async () => {
    const { actor, sent } = await aDesk();
    expect(await bounce(hostedReport(sampleOf(sent, "delivered", "2.0.0")))).toMatchObject({ status: 0 });
    expect(await last(actor)).toMatchObject({ state: "delivered", why: null });
    // What was said to be delivered may still come back, from further on.
    expect(await bounce(postfixReport(sampleOf(sent, "failed", "5.2.2")))).toMatchObject({ status: 0 });
    expect([(await last(actor))?.state, await stateOf(actor)]).toEqual(["bounced", "failing"]);
    await db.advance({ minutes: 5 });
    const next = await send(actor);
    expect(await bounce(hostedReport(sampleOf(next, "delivered", "2.0.0")))).toMatchObject({ status: 0 });
    expect([(await last(actor))?.state, await stateOf(actor)]).toEqual(["delivered", "works"]);
  });

  it("of delay or passing on is heard and changes nothing", async () => {
    const { actor, sent } = await aDesk();
    for (const action of ["delayed", "relayed", "expanded"]) {
      const answer = await bounce(postfixReport(sampleOf(sent, action, "4.4.1")));
      expect([answer.status, answer.out]).toEqual([0, expect.stringContaining("Nothing changed")]);
    }
    expect([(await last(actor))?.state, await stateOf(actor)]).toEqual(["sent", "works"]);
  });

  it("is found by the envelope's name where nothing was returned", async () => {
    const { actor, sent } = await aDesk();
    const id = /^<([^@]+)@/.exec(sent.messageId)?.[1] ?? "none";
    expect(await bounce(bareReport(id, sent.to))).toMatchObject({ status: 0 });
    expect(await last(actor)).toMatchObject({ state: "bounced", why: "5.2.1" });
  });

  it("that comes after somebody confirmed the mailbox anew says nothing of it any more", async () => {
    const { actor, sent } = await aDesk();
    await db.advance({ minutes: 5 });
    const parts = { hasMail: true, pushKey: undefined, pushServices: [] };
    await transact(async (tx) => sendTest(tx, actor, parts));
    await reachOnce(db, mail);
    const secret = /confirm\/([A-Za-z0-9_-]{43})/.exec(server.received.at(-1)?.text ?? "")?.[1] ?? "";
    await transact(async (tx) => confirmMailbox(tx, actor, secret));
    expect(await bounce(postfixReport(sampleOf(sent, "failed", "5.1.1")))).toMatchObject({ status: 0 });
    expect(await stateOf(actor)).toBe("works");
    expect((await listDeliveries(db.q, actor, { limit: 5 })).map(({ state }) => state)).toContain("bounced");
  });

  it("about a message that is not ours says so, exit status 1", async () => {
    const { actor } = await aDesk();
    for (const messageId of [`<${newId()}@example.test>`, "<20261215.1@elsewhere.example>"]) {
      const answer = await bounce(postfixReport({ messageId, to: "x@y.example", action: "failed", status: "5.1.1" }));
      expect([answer.status, answer.out, answer.said]).toEqual([
        1,
        "",
        expect.stringContaining("no message on record"),
      ]);
    }
    expect(await stateOf(actor)).toBe("works");
  });

  it("that is none is refused with the reason, exit status 2, and changes nothing", async () => {
    const { actor, sent } = await aDesk();
    const good = postfixReport(sampleOf(sent, "failed", "5.1.1"));
    const spoilt: readonly (readonly [string, string, string])[] = [
      ["nothing", "", "is empty"],
      ["no mail", "Dear all,\nit did not arrive.\n", "not a mail message"],
      ["a mail", "Subject: Out of office\n\nBack on Monday.\n", "not a delivery report"],
      [
        "a read receipt",
        good.replace("report-type=delivery-status", "report-type=disposition-notification"),
        "not a delivery",
      ],
      ["no status part", good.replace("message/delivery-status", "text/plain"), "no message/delivery-status"],
      ["no recipient", good.replace(/\nFinal-Recipient[^]*?mailbox table\n/, "\n"), "names no recipient"],
      ["an action of its own", good.replace("Action: failed", "Action: pondered"), "Action and Status"],
      ["no status", good.replace("Status: 5.1.1", "Status: dead"), "Action and Status"],
      ["failed well", good.replace("Status: 5.1.1", "Status: 2.1.5"), "Action and Status"],
      ["nothing returned", good.replace(/\nMessage-ID: [^\n]*/, ""), "which message"],
      ["too much", good + "x".repeat(2 * 1024 * 1024), "larger than 2 MiB"],
    ];
    for (const [name, message, why] of spoilt) {
      const answer = await bounce(message);
      expect([name, answer.status, answer.out, answer.said]).toEqual([name, 2, "", expect.stringContaining(why)]);
    }
    expect([(await last(actor))?.state, await stateOf(actor)]).toEqual(["sent", "works"]);
  });

  it("comes in on standard input too, as a mail system's alias pipes it", { timeout: 60_000 }, async () => {
    const { actor, sent } = await aDesk();
    const child = spawn(process.execPath, ["--import", "tsx", "src/bin/covershare.ts", "mail", "bounce"], {
      env: { PATH: process.env["PATH"], DATABASE_URL: db.url, LOG_LEVEL: "silent" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    child.stdin.end(postfixReport(sampleOf(sent, "failed", "5.1.1")));
    expect(await text(child.stdout)).toContain("came back (5.1.1)");
    expect(await exited).toEqual([0, null]);
    expect([(await last(actor))?.state, await stateOf(actor)]).toEqual(["bounced", "failing"]);
  });
});
