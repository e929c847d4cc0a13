import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSealer } from "../../src/platform/secrets/sealer.ts";
import { roles, type Actor, type AppPage, type Role } from "../../src/features/access/index.ts";
import { capacityPorts } from "../../src/app/routes.ts";
import { postBulletin } from "../../src/features/bulletin/index.ts";
import { closeOn } from "../../src/features/capacity/closures.service.ts";
import { seriesBody } from "../../src/features/capacity/series.schema.ts";
import { createSeries } from "../../src/features/capacity/series.service.ts";
import { createFeed } from "../../src/features/calendar-feed/calendar-feed.service.ts";
import { createWebhook } from "../../src/features/webhooks/webhooks.service.ts";
import { ensureCatalogue } from "../../src/features/services/index.ts";
import { newId } from "../../src/platform/ids/ids.ts";
import { aBroker, aClinic, aPractice, aRequest, aUser, openTestDatabase, type TestDatabase } from "../support/index.ts";
import { openSite, sitePages, type TestSite } from "./support/site.ts";

/*
 * Every page and form × every role × somebody else's ids. A new page is in the list by itself; one with an id that is not
 * known here fails until it is given one of another organisation.
 */

let db: TestDatabase;
let site: TestSite;
let home: string;
/** Addresses of things that belong to another practice of the same group, by the page's own pattern. */
let foreign: Readonly<Record<string, string>>;

beforeAll(async () => {
  db = await openTestDatabase();
  await ensureCatalogue(db.q);
  site = await openSite(db);
  home = (await aPractice(db)).code;
  const { code: other, siteId: otherSite } = await aPractice(db);
  const { reference } = await aRequest(db, { home: other });
  const { clinicId, slots } = await aClinic(db, { at: other });
  const publisher = await aUser(db, { at: other, roles: ["nurse"] });
  // A group reads its own bulletin: foreign is that of another.
  const elsewhere = await aUser(db, { at: (await aPractice(db, { group: "ELSEWHERE" })).code });
  const { id: postId } = await db.database.transact(async (tx) => postBulletin(tx, elsewhere, { text: "Hello?" }));
  const seriesId = await db.database.transact(async (tx) => {
    await closeOn(tx, publisher, capacityPorts, "2030-01-07", { confirmBreaking: false });
    const rule = { weekdays: [2], opens: "09:00", closes: "10:00", slotMinutes: 20, pledge: "ask" };
    return createSeries(tx, publisher, seriesBody.parse({ ...rule, services: ["wound-simple"] }));
  });
  const manager = await aUser(db, { at: other, roles: ["manager"] });
  const { id: feedId } = await db.database.transact(async (tx) => createFeed(tx, manager, otherSite));
  const { id: webhookId } = await db.database.transact(async (tx) =>
    createWebhook(
      tx,
      manager,
      { eventTypes: [], mayReach: () => true, sealer: createSealer([]) },
      { url: "https://tools.example.org/", types: [] },
    ),
  );
  foreign = {
    "/requests/:reference": `/requests/${reference}`,
    "/board/requests/:reference": `/board/requests/${reference}`,
    "/board/alarms/:id": `/board/alarms/${newId()}`,
    "/bulletin/:id": `/bulletin/${postId}`,
    "/bulletin/answers/:id": `/bulletin/answers/${newId()}`,
    "/board/practices/:code": `/board/practices/${other}`,
    "/clinics/:id": `/clinics/${clinicId}`,
    "/clinics/:id/slots/:slot/gone": `/clinics/${clinicId}/slots/${slots[0]?.id ?? ""}/gone`,
    "/clinics/weekly/:id": `/clinics/weekly/${seriesId}`,
    "/clinics/closures/:date/reopen": "/clinics/closures/2030-01-07/reopen",
    // Nobody but its two sides may see an offer: one that does not exist is answered alike, which its own tests hold.
    "/offers/:id": `/offers/${newId()}`,
    "/agreements/:id": `/agreements/${newId()}`,
    "/tasks/:id": `/tasks/${newId()}`,
    "/invitations/:token": `/invitations/${"A".repeat(43)}`,
    // A week about which this practice was not asked.
    "/clinics/next-week/:week": "/clinics/next-week/2026-12-21",
    "/settings/calendars/:id/end": `/settings/calendars/${feedId}/end`,
    // The catalogue is everybody's, and a plan always that of one's own group: a service that does not exist.
    "/settings/cover-plans/:service": "/settings/cover-plans/no-such-service",
    "/settings/webhooks/:id": `/settings/webhooks/${webhookId}`,
    "/settings/webhooks/:id/messages/:offset/resend": `/settings/webhooks/${webhookId}/messages/1/resend`,
    "/settings/channels/confirm/:secret": `/settings/channels/confirm/${"A".repeat(43)}`,
    "/settings/tokens/:id/revoke": `/settings/tokens/${newId()}/revoke`,
    "/settings/colleagues/:id/roles": `/settings/colleagues/${manager.userId}/roles`,
    "/settings/sessions/:id/end": `/settings/sessions/${"a".repeat(64)}/end`,
  };
});
afterAll(async () => {
  await site.close();
  await db.close();
});

const addressOf = (page: AppPage): string => {
  if (!page.path.includes(":")) return page.path;
  const prefix = Object.keys(foreign)
    .filter((pattern) => page.path.startsWith(pattern))
    .toSorted((left, right) => right.length - left.length)[0];
  if (prefix === undefined) throw new Error(`give ${page.path} somebody else's id`);
  return page.path.replace(prefix, foreign[prefix] ?? "");
};

const visit = async (page: AppPage, actor: Actor | undefined) => {
  const visitor = actor === undefined ? site.stranger : await site.visitor(actor);
  const path = addressOf(page);
  // What each form with an id needs, so that it is the id that refuses.
  const fields = {
    code: "other",
    text: "Hello",
    needs: "N01",
    as: "hub",
    line: "1",
    "count-1": "2",
    version: "1",
    password: "long enough",
    after: "0",
    slots: newId(),
    no: "time",
    with: newId(),
    ...Object.fromEntries(["widen", "nudge", "pause", "resume", "assign"].map((verb) => [`${verb}-reason`, "safety"])),
  };
  const times = { "day-1": "2030-01-07", "time-1": "09:00" };
  return page.method === "GET" ? visitor.open(path) : visitor.send(path, { ...fields, ...times });
};

const mayOpen = ({ access }: AppPage, role: Role): boolean => access.kind !== "roles" || access.roles.includes(role);

describe("every page and form", () => {
  it("asks strangers to sign in, unless it is public", async () => {
    const open: string[] = [];
    for (const page of sitePages) {
      const answer = await visit(page, undefined);
      const isSentAway = answer.statusCode === 303 && String(answer.headers.location).startsWith("/sign-in");
      if (!isSentAway) open.push(`${page.method} ${page.path}`);
    }
    expect(open.toSorted()).toEqual([
      "GET /invitations/:token",
      "GET /sign-in",
      "POST /invitations/:token",
      "POST /sign-in",
    ]);
  });

  it.each(roles)("refuses a %s what the role may not do, before it looks at anything else", async (role) => {
    const actor = await aUser(db, { at: home, roles: [role] });
    for (const page of sitePages.filter((each) => !mayOpen(each, role))) {
      const answer = await visit(page, actor);
      expect([page.method, page.path, answer.statusCode]).toEqual([page.method, page.path, 403]);
      expect(answer.body).toContain("You cannot open this page");
    }
  });

  it("P3: answers an id of another practice like one that does not exist", async () => {
    const desk = await aUser(db, { at: home, roles: ["nurse", "manager"] });
    // Nothing of one's own group is foreign to a broker: theirs are the ids of another group.
    const broker = await aBroker(db, { group: "ANOTHER-GROUP" });
    for (const page of sitePages.filter(({ path, access }) => path.includes(":") && access.kind !== "public")) {
      const answer = await visit(page, mayOpen(page, "nurse") || mayOpen(page, "manager") ? desk : broker);
      expect([page.method, page.path, answer.statusCode]).toEqual([page.method, page.path, 404]);
      expect(answer.body).toContain("Page not found");
    }
  });
});
