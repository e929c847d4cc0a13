import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Actor } from "../../../src/features/access/index.ts";
import { queueMail, type Couriers } from "../../../src/features/reach/index.ts";
import { listDeliveries, listUnreachable } from "../../../src/features/reach/channels.repository.ts";
import type { ChannelsView, ReachParts } from "../../../src/features/reach/channels.schema.ts";
import {
  confirmMailbox,
  readChannels,
  sendTest,
  setMailbox,
  setOptedIn,
} from "../../../src/features/reach/channels.service.ts";
import { organisations } from "../../../src/features/practices/practices.table.ts";
import type { Tx } from "../../../src/platform/db/database.ts";
import { aBroker, aPractice, aUser, openTestDatabase, TEST_GROUP, type TestDatabase } from "../../support/index.ts";
import { startMailServer, type MailServer } from "../../support/mail-server.ts";
import { aMailbox, closeCouriers, mailBy, reachOnce } from "./support.ts";

const parts: ReachParts = { hasMail: true, pushKey: undefined, pushServices: [] };
let db: TestDatabase;
let server: MailServer;
let mail: Couriers;
/** Addresses that the mail server does not know. */
const unknown = new Set<string>();

beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-15T10:00:00Z");
  server = await startMailServer({
    onRcptTo: ({ address }, _session, done) =>
      done(unknown.has(address) ? Object.assign(new Error("no such mailbox"), { responseCode: 550 }) : null),
  });
  mail = mailBy(server.url);
});
afterAll(async () => {
  closeCouriers(mail);
  await server.close();
  await db.close();
});
beforeEach(async () => {
  // What the test before left to go.
  await db.holdClock("2026-12-15T10:00:00Z");
  await reachOnce(db, mail);
  server.received.splice(0);
});

const transact = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => db.database.transact(work);
const channelsOf = async (actor: Actor): Promise<ChannelsView> => readChannels(db.q, actor, parts);
const tell = async (actor: Actor, cause: string, more: { priority?: "routine" | "urgent" | "asap" } = {}) =>
  transact(async (tx) =>
    queueMail(tx, {
      organisationCode: actor.organisationCode,
      cause,
      kind: "alarm",
      subject: `Alarm ${cause}`,
      lines: ["Two dressings look for a place."],
      link: "/desk",
      ...more,
    }),
  );
const aManager = async (): Promise<Actor> => aUser(db, { at: (await aPractice(db)).code, roles: ["manager"] });
const secretIn = (text: string): string => /confirm\/([A-Za-z0-9_-]{43})/.exec(text)?.[1] ?? "";

describe("a practice's mailbox", () => {
  it("gets nothing but a test message until somebody signed in says that it arrived", async () => {
    const manager = await aManager();
    await transact(async (tx) => setMailbox(tx, manager, "reception@elm.example", parts));
    expect(await tell(manager, "early")).toEqual({ queued: 0 });
    await reachOnce(db, mail);
    expect(server.received.map(({ to, subject }) => [to, subject])).toEqual([
      ["reception@elm.example", "Test from Covershare: did this arrive?"],
    ]);
    expect((await channelsOf(manager)).mailboxState).toBe("unconfirmed");
    const secret = secretIn(server.received[0]?.text ?? "");
    // Somebody of another practice who got hold of the link is told nothing.
    const stranger = await aManager();
    await expect(transact(async (tx) => confirmMailbox(tx, stranger, secret))).rejects.toMatchObject({
      code: "not-found",
    });
    await transact(async (tx) => confirmMailbox(tx, manager, secret));
    expect((await channelsOf(manager)).mailboxState).toBe("works");
    expect(await tell(manager, "late")).toEqual({ queued: 1 });
    await reachOnce(db, mail);
    expect(server.received.at(-1)).toMatchObject({ to: "reception@elm.example", subject: "Alarm late" });
    // Another address starts again.
    await transact(async (tx) => setMailbox(tx, manager, "desk@elm.example", parts));
    expect((await channelsOf(manager)).mailboxState).toBe("unconfirmed");
    await expect(transact(async (tx) => confirmMailbox(tx, manager, secret))).rejects.toMatchObject({
      code: "not-found",
    });
  });

  it("is not sent a second test within the minute, nor one where no mail goes out", async () => {
    const manager = await aManager();
    await expect(transact(async (tx) => sendTest(tx, manager, parts))).rejects.toMatchObject({ code: "no-mailbox" });
    await transact(async (tx) => setMailbox(tx, manager, "desk@harbour.example", parts));
    await expect(transact(async (tx) => sendTest(tx, manager, parts))).rejects.toMatchObject({ code: "test-too-soon" });
    await db.advance({ minutes: 2 });
    await transact(async (tx) => sendTest(tx, manager, parts));
    await expect(transact(async (tx) => sendTest(tx, manager, { ...parts, hasMail: false }))).rejects.toMatchObject({
      code: "mail-off",
    });
    await reachOnce(db, mail);
    expect(server.received).toHaveLength(2);
  });

  it("that refuses is shown to the practice and the broker, until a message gets through again", async () => {
    const manager = await aManager();
    const broker = await aBroker(db);
    const mailbox = await aMailbox(db, manager.organisationCode);
    unknown.add(mailbox);
    await tell(manager, "dead");
    await reachOnce(db, mail);
    expect(await channelsOf(manager)).toMatchObject({ mailboxState: "failing", failure: "550" });
    const [record] = await listDeliveries(db.q, manager, { limit: 1 });
    expect(record).toMatchObject({ state: "bounced", why: "550", to: "desk", attempts: 1 });
    const named = await listUnreachable(db.q, TEST_GROUP, 100);
    expect(named.find(({ organisationCode }) => organisationCode === manager.organisationCode)).toMatchObject({
      state: "failing",
    });
    expect((await listDeliveries(db.q, broker, { limit: 1 }))[0]?.id).toBe(record?.id);
    unknown.delete(mailbox);
    await tell(manager, "alive");
    await reachOnce(db, mail);
    expect(await channelsOf(manager)).toMatchObject({ mailboxState: "works", failingSince: null });
    expect(
      (await listUnreachable(db.q, TEST_GROUP, 100)).map(({ organisationCode }) => organisationCode),
    ).not.toContain(manager.organisationCode);
  });
});

describe("what is told, and when", () => {
  it("one cause is told once, however often it is queued; people who opted in are told too", async () => {
    const manager = await aManager();
    await aMailbox(db, manager.organisationCode);
    await transact(async (tx) => setOptedIn(tx, manager, true));
    expect(await tell(manager, "twice")).toEqual({ queued: 2 });
    expect(await tell(manager, "twice")).toEqual({ queued: 0 });
    await reachOnce(db, mail);
    await reachOnce(db, mail);
    expect(server.received.map(({ to }) => to).toSorted()).toEqual(
      [`desk.${manager.organisationCode.toLowerCase()}@practice.example`, `${manager.userId}@example.test`].toSorted(),
    );
    await transact(async (tx) => setOptedIn(tx, manager, false));
    expect(await tell(manager, "after")).toEqual({ queued: 1 });
  });

  it("outside opening hours only what cannot wait goes; the rest when the desk opens", async () => {
    await db.holdClock("2026-12-15T22:00:00Z");
    const manager = await aManager();
    await aMailbox(db, manager.organisationCode);
    await tell(manager, "night", { priority: "urgent" });
    await tell(manager, "night-routine", { priority: "routine" });
    await tell(manager, "night-asap", { priority: "asap" });
    await reachOnce(db, mail);
    expect(server.received.map(({ subject }) => subject)).toEqual(["Alarm night-asap"]);
    await db.holdClock("2026-12-16T07:59:00Z");
    await reachOnce(db, mail);
    expect(server.received).toHaveLength(1);
    await db.holdClock("2026-12-16T08:00:00Z");
    await reachOnce(db, mail);
    expect(server.received.map(({ subject }) => subject).toSorted()).toEqual([
      "Alarm night",
      "Alarm night-asap",
      "Alarm night-routine",
    ]);
  });

  it("routine messages come in one bundle, at most one in 30 open minutes", async () => {
    const manager = await aManager();
    await aMailbox(db, manager.organisationCode);
    for (const cause of ["routine-1", "routine-2", "routine-3"]) await tell(manager, cause, { priority: "routine" });
    await reachOnce(db, mail);
    expect(server.received.map(({ subject }) => subject)).toEqual(["For your desk: 3 messages"]);
    for (const cause of ["routine-1", "routine-2", "routine-3"])
      expect(server.received[0]?.text).toContain(`Alarm ${cause}`);
    for (const cause of ["routine-4", "routine-5"]) {
      await tell(manager, cause, { priority: "routine" });
      await db.advance({ minutes: 14 });
      await reachOnce(db, mail);
    }
    expect(server.received).toHaveLength(1);
    await db.advance({ minutes: 2 });
    await reachOnce(db, mail);
    expect(server.received).toHaveLength(2);
    expect(server.received[1]?.text).toContain("Alarm routine-4");
    expect(server.received[1]?.text).toContain("Alarm routine-5");
  });

  it("a telephone number comes only from the settings of the desk that may be rung", async () => {
    const manager = await aManager();
    await aMailbox(db, manager.organisationCode);
    const code = manager.organisationCode;
    const phone = "01632960001";
    await db.q.update(organisations).set({ bypassPhone: phone }).where(eq(organisations.code, code));
    await transact(async (tx) =>
      queueMail(tx, {
        organisationCode: code,
        cause: "ring",
        kind: "alarm",
        subject: "Ring them",
        lines: ["Now"],
        link: "/board",
        ring: code,
      }),
    );
    await reachOnce(db, mail);
    expect(server.received[0]?.text).toContain(`Telephone of Practice ${code}: ${phone}`);
  });
});
