import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { acceptOffer, nudgeOffers } from "../../../src/features/offers/index.ts";
import { standDown as standDownNeeds } from "../../../src/features/offers/ending.service.ts";
import { listDeliveries } from "../../../src/features/reach/channels.repository.ts";
import { needs } from "../../../src/features/requests/requests.table.ts";
import type { Couriers } from "../../../src/features/reach/index.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import {
  aBroker,
  aClinic,
  aPractice,
  aRequest,
  aUser,
  openTestDatabase,
  type TestDatabase,
} from "../../support/index.ts";
import { startMailServer, type MailServer } from "../../support/mail-server.ts";
import { plan, waitingFor } from "../../support/story.ts";
import { aMailbox, closeCouriers, mailBy, PUBLIC_URL, reachOnce } from "./support.ts";

let db: TestDatabase;
let server: MailServer;
let mail: Couriers;

beforeAll(async () => {
  db = await openTestDatabase();
  // A Tuesday, 10:00 in London.
  await db.holdClock("2026-12-15T10:00:00Z");
  server = await startMailServer();
  mail = mailBy(server.url);
});
afterAll(async () => {
  closeCouriers(mail);
  await server.close();
  await db.close();
});
beforeEach(() => void server.received.splice(0));

const aDesk = async (name: string): Promise<{ actor: Actor; mailbox: string; code: string }> => {
  const { code } = await aPractice(db, { name });
  await aClinic(db, { at: code, startsAt: "2026-12-16T14:00:00Z", slots: 6 });
  return { code, mailbox: await aMailbox(db, code), actor: await aUser(db, { at: code, roles: ["reception"] }) };
};

describe("an offer by mail", () => {
  it("says what, how many, by when, how far and until when to answer; opening it answers nothing", async () => {
    const { mailbox, actor } = await aDesk("Riverside Practice");
    const home = await aPractice(db, { name: "Elm Surgery" });
    await aRequest(db, { home: home.code, priority: "urgent", needs: [{ count: 5, dueBy: "2026-12-24T18:30:00Z" }] });
    await plan(db);
    await reachOnce(db, mail);
    const [offer] = await waitingFor(db, actor);
    expect(server.received.map(({ to }) => to)).toEqual([mailbox]);
    const [got] = server.received;
    expect(got?.subject).toMatch(/^Urgent: 5 × wound-simple, 20 min, by Thu 24 Dec, [\d.]+ miles?, answer by 12:00$/);
    expect(got?.text).toContain("Elm Surgery");
    expect(got?.text).toContain("Wed 16 Dec: 14:00, 14:20, 14:40, 15:00, 15:20");
    expect(got?.text).toContain(`${PUBLIC_URL}/offers/${offer?.id}`);
    expect(got?.html).toContain(`href="${PUBLIC_URL}/offers/${offer?.id}"`);
    expect(got?.headers["auto-submitted"]).toBe("auto-generated");
    await reachOnce(db, mail);
    expect(server.received).toHaveLength(1);
    expect((await waitingFor(db, actor))[0]?.state).toBe("waiting");
  });

  it("O5: one that is not needed any more is stood down by mail where it was asked by mail, and only there", async () => {
    const elsewhere = await aPractice(db, { name: "Station Road", group: "ELSEWHERE" });
    const home = await aUser(db, { at: elsewhere.code });
    const asked = await aPractice(db, { name: "Asked", group: "ELSEWHERE" });
    await aClinic(db, { at: asked.code, startsAt: "2026-12-16T14:00:00Z", slots: 2 });
    const mailbox = await aMailbox(db, asked.code);
    const posted = async (): Promise<string> => {
      const { requestId, needIds } = await aRequest(db, { by: home, priority: "urgent", needs: [{ count: 2 }] });
      await plan(db, "ELSEWHERE");
      expect(needIds).toHaveLength(2);
      return requestId;
    };
    const noLongerNeeded = async (requestId: string): Promise<void> => {
      const needIds = (await db.q.select({ id: needs.id }).from(needs).where(eq(needs.requestId, requestId))).map(
        ({ id }) => id,
      );
      await db.database.transact(async (tx) => {
        await standDownNeeds(tx, needIds);
        await tx.q.update(needs).set({ state: "withdrawn" }).where(eq(needs.requestId, requestId));
      });
    };
    const first = await posted();
    await reachOnce(db, mail);
    expect(server.received.map(({ to }) => to)).toEqual([mailbox]);
    await noLongerNeeded(first);
    await reachOnce(db, mail);
    expect(server.received.map(({ subject }) => subject)[1]).toMatch(/^CR-\w+: no longer needed, thank you$/);
    expect(server.received).toHaveLength(2);
    // Ended before anything went: nobody hears of it, neither way.
    const second = await posted();
    await noLongerNeeded(second);
    await reachOnce(db, mail);
    await db.advance({ minutes: 5 });
    await reachOnce(db, mail);
    expect(server.received).toHaveLength(2);
  });

  it("F3: a desk that the federation asks to look again is told so at once", async () => {
    const group = "NUDGED";
    const asked = await aPractice(db, { name: "Nudged", group });
    await aClinic(db, { at: asked.code, startsAt: "2026-12-16T14:00:00Z", slots: 2 });
    await aMailbox(db, asked.code);
    const { reference } = await aRequest(db, { home: (await aPractice(db, { group })).code, priority: "routine" });
    await plan(db, group);
    await reachOnce(db, mail);
    const broker = await aBroker(db, { group });
    await db.database.transact(async (tx) => nudgeOffers(tx, broker, { reference, reason: "no-answer" }));
    await reachOnce(db, mail);
    expect(server.received.map(({ subject }) => subject.startsWith("Please look again: "))).toEqual([false, true]);
  });

  it("what is agreed is told to the side that did not answer, and only to it", async () => {
    const group = "AGREED";
    const asked = await aPractice(db, { name: "Riverside Two", group });
    await aClinic(db, { at: asked.code, startsAt: "2026-12-15T15:00:00Z", slots: 2 });
    const theirs = await aMailbox(db, asked.code);
    const home = await aPractice(db, { group });
    const ours = await aMailbox(db, home.code);
    const { reference } = await aRequest(db, { home: home.code, priority: "urgent" });
    await plan(db, group);
    await reachOnce(db, mail);
    const desk = await aUser(db, { at: asked.code, roles: ["reception"] });
    const [offer] = await waitingFor(db, desk);
    await db.database.transact(async (tx) => acceptOffer(tx, desk, offer?.id ?? "", {}));
    await reachOnce(db, mail);
    expect(server.received.map(({ to }) => to)).toEqual([theirs, ours]);
    expect(server.received[1]?.subject).toBe(`${reference}: Riverside Two takes 1 appointment`);
    expect(server.received[1]?.text).toContain("Tue 15 Dec, 15:00");
    const [record] = await listDeliveries(db.q, desk, { offerId: offer?.id, limit: 5 });
    expect(record).toMatchObject({ kind: "offer", state: "sent", to: "desk" });
    expect(record?.actedAt).not.toBeNull();
  });
});
