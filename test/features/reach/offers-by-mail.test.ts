import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Couriers } from "../../../src/features/reach/index.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import { aClinic, aPractice, aRequest, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
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
});
