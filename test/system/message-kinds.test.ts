import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ensureCatalogue } from "../../src/features/services/index.ts";
import { holdsNhsNumber } from "../../src/features/privacy/index.ts";
import { isMessageKind, messageKinds } from "../../src/features/reach/message-kinds.ts";
import { messageIdOf, type Couriers } from "../../src/features/reach/index.ts";
import { rows } from "../../src/platform/db/database.ts";
import { openSite, type TestSite } from "../browser/support/site.ts";
import { anOffer } from "../features/board/support.ts";
import { closeCouriers, mailBy, PUBLIC_URL, reachOnce } from "../features/reach/support.ts";
import { aClinic, aPractice, aRequest, aUser, openTestDatabase, type TestDatabase } from "../support/index.ts";
import { startMailServer, type MailServer, type ReceivedMail } from "../support/mail-server.ts";
import { messageCases } from "./support/message-cases.ts";
import { DESK_PHONE, type MessageWorld } from "./support/message-world.ts";

/*
 * Every kind of message as it arrives at a real mail server: it lets its reader decide, names nobody, and its link opens a
 * page and answers nothing. A new kind without a case fails here.
 */

let db: TestDatabase;
let server: MailServer;
let mail: Couriers;
let site: TestSite;
let world: MessageWorld;

/** Whoever there is has a confirmed mailbox, so that nobody's message is missing because of that. */
const giveMailboxes = async (): Promise<void> => {
  await db.q.execute(sql`
    insert into reach_channels (organisation_code, mailbox, confirmed_at, failures, version)
    select code, 'desk.' || lower(code) || '@practice.example', app_now(), 0, 1 from organisations on conflict do nothing`);
};

beforeEach(async () => {
  db = await openTestDatabase();
  await ensureCatalogue(db.q);
  server = await startMailServer();
  mail = mailBy(server.url);
  site = await openSite(db);
  world = {
    db,
    transact: async (work) => db.database.transact(work),
    tell: async () => {
      await giveMailboxes();
      await reachOnce(db, mail);
    },
  };
});
afterEach(async () => {
  closeCouriers(mail);
  await site.close();
  await server.close();
  await db.close();
});

/** The messages of one kind, by what the record of deliveries says. */
const arrivedOf = async (kind: string): Promise<ReceivedMail[]> => {
  const found = await rows(
    db.q,
    z.object({ id: z.string() }),
    sql`select distinct envelope_id as id from deliveries where kind = ${kind} and envelope_id is not null`,
  );
  const ids = new Set(found.map(({ id }) => messageIdOf(id, "cover@example.test")));
  return server.received.filter(({ messageId }) => ids.has(messageId));
};

/** What an answer would change. Having seen something is no answer. */
const answers = async (): Promise<unknown> =>
  rows(
    db.q,
    z.record(z.string(), z.unknown()),
    sql`select
      (select jsonb_agg(to_jsonb(o) - 'seen_at' order by id) from offers o) as offers,
      (select jsonb_agg(jsonb_build_array(id, step, is_live) order by id) from agreements) as agreements,
      (select jsonb_agg(jsonb_build_array(id, state, acknowledged_at) order by id) from needs) as needs,
      (select jsonb_agg(jsonb_build_array(id, acknowledged_at) order by id) from alarms) as alarms,
      (select jsonb_agg(jsonb_build_array(organisation_code, answer, published)) from next_week_asks) as weeks,
      (select count(*) from clinics) as clinics,
      (select jsonb_agg(jsonb_build_array(id, state) order by id) from slots) as slots,
      (select jsonb_agg(jsonb_build_array(id, state) order by id) from webhook_endpoints) as webhooks,
      (select jsonb_agg(jsonb_build_array(organisation_code, confirmed_at) order by organisation_code) from reach_channels) as mailboxes`,
  );

const textOf = (html: string): string =>
  html
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")
    .replaceAll(/\s+/g, " ");

/** Without telephone numbers, and without ids: one random id in some hundreds has ten digits that pass for an NHS number. */
const withoutNumbers = (text: string): string =>
  text
    .replaceAll(DESK_PHONE, "")
    .replaceAll("(01632) 960123", "")
    .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, "");

describe("every kind of message", () => {
  it("has a case here", () => {
    expect(Object.keys(messageCases).toSorted()).toEqual(Object.keys(messageKinds).toSorted());
  });

  it.each(Object.entries(messageCases))(
    "%s: lets its reader decide, names nobody, and its link answers nothing",
    { timeout: 60_000 },
    async (kind, arrange) => {
      const { reader, subject, says, link } = await arrange(world);
      await world.tell();
      const own = [`desk.${reader.organisationCode.toLowerCase()}@practice.example`, `${reader.userId}@example.test`];
      const got = (await arrivedOf(kind)).filter(({ to }) => own.includes(to));
      expect(got.length, `nothing arrived; ${server.received.map((each) => each.subject).join("; ")}`).toBeGreaterThan(
        0,
      );
      expect(new Set(got.map(({ to }) => to)).size).toBe(got.length);
      const [message] = got;
      if (message === undefined) return;

      expect(message.subject).toMatch(subject);
      expect(message.subject.length).toBeLessThan(160);
      for (const each of says) {
        expect(message.text).toMatch(each);
        expect(textOf(message.html)).toMatch(each);
      }
      for (const each of [message.subject, message.text, message.html, textOf(message.html)])
        expect(holdsNhsNumber(withoutNumbers(each)), each).toBe(false);

      const links = [...message.html.matchAll(/href="([^"]+)"/g)].map(([, href = ""]) => href.replace(PUBLIC_URL, ""));
      expect(links).toEqual([expect.stringMatching(link), "/settings/channels"]);
      const [path = ""] = links;
      expect(message.text).toContain(`: ${PUBLIC_URL}${path}\n`);
      expect(message.text).toContain("Opening a link changes nothing");
      const before = await answers();
      // A mail scanner first, then whoever reads it.
      expect((await site.stranger.open(path)).statusCode).toBe(303);
      const visitor = await site.visitor(reader);
      expect((await visitor.open(path)).statusCode).toBe(200);
      expect(await answers()).toEqual(before);
    },
  );

  it("digest: what is routine comes in one message that counts it, each thing with its own words and link", async () => {
    await db.holdClock("2026-12-14T10:00:00Z");
    const desk = await aUser(db, { at: (await aPractice(db, { name: "Elm Tree Practice" })).code });
    const ids: string[] = [];
    for (const [name, startsAt] of [
      ["Riverside Surgery", "2026-12-15T10:00:00Z"],
      ["Harbour Medical Centre", "2026-12-15T14:00:00Z"],
    ] as const) {
      const request = await aRequest(db, { home: (await aPractice(db, { name })).code });
      const { slots } = await aClinic(db, { at: desk.organisationCode, slots: 1, startsAt });
      ids.push(await anOffer(db, { request, at: desk.organisationCode, slots }));
    }
    await world.tell();
    const got = server.received.filter(({ to }) => to.includes(desk.organisationCode.toLowerCase()));
    expect(got.map(({ subject }) => subject)).toEqual(["For your desk: 2 requests to answer"]);
    for (const each of ["Riverside Surgery", "Harbour Medical Centre", ...ids.map((id) => `/offers/${id}`)])
      for (const body of [got[0]?.text, got[0]?.html]) expect(body).toContain(each);
    expect(got[0]?.text.match(/^• 1 × .+, answer by /gm)).toHaveLength(2);
  });

  it("no kind is taken that is not on the list", () => {
    expect(isMessageKind("offer")).toBe(true);
    for (const kind of ["something-else", "toString", ""]) expect(isMessageKind(kind)).toBe(false);
  });
});
