import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Actor } from "../../../src/features/access/index.ts";
import { readAlarms, sweepAlarms, watchOpen } from "../../../src/features/alarms/index.ts";
import { scheduleDigests, sendDigests } from "../../../src/features/board/digest.service.ts";
import { fallbackPage, mailPages, scheduleFallbackMails } from "../../../src/features/board/fallback.service.ts";
import type { Couriers } from "../../../src/features/reach/index.ts";
import {
  aBroker,
  aClinic,
  aPractice,
  aRequest,
  openTestDatabase,
  TEST_GROUP,
  type TestDatabase,
} from "../../support/index.ts";
import { startMailServer, type MailServer, type ReceivedMail } from "../../support/mail-server.ts";
import { aMailbox, closeCouriers, mailBy, PUBLIC_URL, reachOnce } from "../reach/support.ts";
import { anOffer } from "./support.ts";

/* What the safety net mails, as it arrives at a real mail server. */

let db: TestDatabase;
let server: MailServer;
let mail: Couriers;
let broker: Actor;
let mailbox = "";
let reference = "";
/** A number that holds ten digits which pass the check of NHS numbers: it must arrive all the same. */
const PHONE = "09434765919";

beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-23T14:00:00Z");
  server = await startMailServer();
  mail = mailBy(server.url);
  broker = await aBroker(db);
  mailbox = await aMailbox(db, broker.organisationCode);
  const home = (await aPractice(db, { name: "Riverside Surgery" })).code;
  const desk = (await aPractice(db, { name: "Elm Tree Practice" })).code;
  await db.q.execute(sql`update organisations set bypass_phone = ${PHONE} where code = ${desk}`);
  const request = await aRequest(db, { home, needs: [{ count: 2, dueBy: "2026-12-28T12:00:00Z" }] });
  ({ reference } = request);
  const { slots } = await aClinic(db, { at: desk, slots: 1, startsAt: "2026-12-24T10:00:00Z" });
  await anOffer(db, { request, at: desk, slots });
  await scheduleDigests(db.database);
  await scheduleFallbackMails(db.database);
  await watchOpen(db.database);
});
afterAll(async () => {
  closeCouriers(mail);
  await server.close();
  await db.close();
});

const arrived = async (): Promise<readonly ReceivedMail[]> => {
  await reachOnce(db, mail);
  return server.received.splice(0);
};

describe("mail of the safety net", () => {
  it("F2: an alarm reaches whoever it is put to, with the number to ring; opening its link acknowledges nothing", async () => {
    await db.holdClock("2026-12-23T15:00:00Z");
    await sweepAlarms(db.database);
    await sweepAlarms(db.database);
    const mails = (await arrived()).filter(({ subject }) => subject.includes("Nobody at the desk"));
    expect(mails.map(({ to }) => to)).toEqual([`${broker.userId}@example.test`]);
    expect(mails[0]?.subject).toBe(`Nobody at the desk: Elm Tree Practice, ${reference}, Riverside Surgery`);
    expect(mails[0]?.text.replaceAll(/\D/g, "")).toContain(PHONE);
    expect(mails[0]?.text).toContain(`${PUBLIC_URL}/board`);
    expect((await readAlarms(db.q, broker, "live")).map(({ acknowledgedAt }) => acknowledgedAt)).toEqual([null]);
  });

  it("F1: what breaks arrives at the mailbox and at each broker, and the page for when all is down with its numbers", async () => {
    await db.holdClock("2026-12-23T16:00:00Z");
    await sendDigests(db.database);
    await mailPages(db.database);
    const mails = await arrived();
    const digests = mails.filter(({ text }) => text.includes("Not settled"));
    expect(digests.map(({ to }) => to).toSorted()).toEqual([mailbox, `${broker.userId}@example.test`].toSorted());
    for (const { text } of digests) expect(text).toContain("looks past the days off (Christmas Day)");
    const pages = mails.filter(({ text }) => text.includes("Still looking"));
    expect(pages).toHaveLength(2);
    for (const { attachments, text } of pages) {
      // The page itself goes along, whole and one file: without a network it opens and prints.
      expect(attachments.map(({ name }) => name)).toEqual([`covershare-${TEST_GROUP}-2026-12-23T16Z.html`]);
      expect(attachments[0]?.body).toBe(await fallbackPage(db.q, TEST_GROUP));
      expect(attachments[0]?.body).toMatch(/^<!doctype html>[^]*@media print[^]*<\/html>\n$/);
      expect(text).toContain("The page itself is attached");
    }
    for (const { attachments } of digests) expect(attachments).toEqual([]);
    for (const { text, html } of [...digests, ...pages]) {
      expect(text).toContain(reference);
      expect(text).toContain("(09434) 765919");
      expect(html).toContain("(09434) 765919");
    }
  });
});
