import { sql } from "drizzle-orm";
import type { Actor, Role } from "../../../src/features/access/index.ts";
import { agreements, patientTasks } from "../../../src/features/agreements/agreements.table.ts";
import { alarms } from "../../../src/features/alarms/alarms.table.ts";
import { bulletinAnswers, bulletinPosts } from "../../../src/features/bulletin/bulletin.table.ts";
import { clinicSeries } from "../../../src/features/capacity/series.table.ts";
import { apiTokens, invitations, sessions } from "../../../src/features/identity/identity.table.ts";
import { offerNeeds, offers, offerSlots } from "../../../src/features/offers/offers.table.ts";
import { calendarFeeds } from "../../../src/features/calendar-feed/calendar-feed.table.ts";
import { webhookEndpoints } from "../../../src/features/webhooks/webhooks.table.ts";
import { newId, newSecret, sha256 } from "../../../src/platform/ids/ids.ts";
import { aClinic, aPractice, aRequest, aUser, type TestDatabase } from "../../support/index.ts";

/** One practice's belongings, as values for the parameters of addresses. */
export interface Belongings {
  readonly code: string;
  readonly groupCode: string;
  readonly reference: string;
  readonly needRef: string;
  readonly clinicId: string;
  readonly slotId: string;
  readonly seriesId: string;
  readonly offerId: string;
  readonly agreementId: string;
  readonly taskId: string;
  readonly alarmId: string;
  readonly postId: string;
  readonly answerId: string;
  readonly sessionId: string;
  readonly tokenId: string;
  readonly userId: string;
  readonly webhookId: string;
  readonly feedId: string;
}

/**
 * A practice of the group with one of everything: its own request, with a neighbour's offer for one need and an
 * agreement for another, and its own clinic. The neighbour is made if not given.
 */
export const aWorkingPractice = async (db: TestDatabase, group: string, hostCode?: string): Promise<Belongings> => {
  const home = await aPractice(db, { group });
  const host = { code: hostCode ?? (await aPractice(db, { group })).code };
  const poster = await aUser(db, { at: home.code });
  const request = await aRequest(db, { by: poster, needs: [{ count: 3 }] });
  const [offered = "", agreed = ""] = request.needIds;
  const theirs = await aClinic(db, { at: host.code, slots: 4 });
  const own = await aClinic(db, { at: home.code, slots: 4 });
  const [held, given] = theirs.slots;
  const [ownSlot] = own.slots;
  if (held === undefined || given === undefined || ownSlot === undefined) throw new Error("a clinic without slots");
  const parties = { groupCode: group, homeCode: home.code, supportingCode: host.code, requestId: request.requestId };
  const offerId = newId();
  await db.q.insert(offers).values({
    id: offerId,
    ...parties,
    kind: "slots",
    awaiting: "supporting",
    state: "waiting",
    priority: "urgent",
    ring: 1,
    isExtra: false,
    km: 1.2,
    reasons: ["1.2 km"],
    expiresAt: sql`app_now() + interval '2 hours'`,
    createdAt: sql`app_now()`,
    version: 1,
  });
  await db.q.insert(offerNeeds).values({ offerId, needId: offered, isLive: true });
  await db.q.insert(offerSlots).values({ offerId, slotId: held.id, needId: offered, isLive: true });
  const agreementId = newId();
  await db.q.insert(agreements).values({
    id: agreementId,
    ...parties,
    needId: agreed,
    clinicId: theirs.clinicId,
    startsAt: given.startsAt,
    endsAt: given.endsAt,
    step: "agreed",
    isLive: true,
    createdAt: sql`app_now()`,
  });
  const taskId = newId();
  await db.q.insert(patientTasks).values({
    id: taskId,
    kind: "ring-patient",
    why: "moved",
    groupCode: group,
    homeCode: home.code,
    requestId: request.requestId,
    agreementId,
    before: given.startsAt,
    madeAt: sql`app_now()`,
  });
  await db.q.execute(sql`update needs set state = 'offered' where id = ${offered}`);
  await db.q.execute(sql`update needs set state = 'agreed' where id = ${agreed}`);
  await db.q.execute(sql`update slots set state = 'busy-tentative' where id = ${held.id}`);
  await db.q.execute(sql`update slots set state = 'busy' where id = ${given.id}`);
  await db.q.execute(
    sql`insert into agreement_slots (agreement_id, slot_id, is_live) values (${agreementId}, ${given.id}, true)`,
  );
  const seriesId = newId();
  await db.q.insert(clinicSeries).values({
    id: seriesId,
    organisationCode: home.code,
    siteId: home.siteId,
    services: ["wound-simple"],
    channel: "in-person",
    provides: [],
    pledge: "ask",
    weekdays: [1],
    opens: "09:00",
    closes: "10:00",
    breaks: [],
    slotMinutes: 20,
    firstDate: "2026-01-05",
    version: 1,
    createdAt: sql`app_now()`,
  });
  const webhookId = newId();
  await db.q.insert(webhookEndpoints).values({
    id: webhookId,
    organisationCode: home.code,
    url: "https://tools.example.org/covershare",
    types: [],
    state: "paused",
    secret: `whsec_${Buffer.alloc(32).toString("base64")}`,
    afterOffset: 0,
    failures: 0,
    createdBy: poster.userId,
    createdAt: sql`app_now()`,
    version: 1,
  });
  const feedId = newId();
  await db.q.insert(calendarFeeds).values({
    id: feedId,
    organisationCode: home.code,
    siteId: home.siteId,
    tokenHash: sha256(newSecret()),
    createdBy: poster.userId,
    createdAt: sql`app_now()`,
  });
  return {
    webhookId,
    feedId,
    code: home.code,
    groupCode: group,
    reference: request.reference,
    needRef: "N03",
    clinicId: own.clinicId,
    slotId: ownSlot.id,
    seriesId,
    offerId,
    agreementId,
    taskId,
    ...(await itsAlarmAndBulletin(db, { group, code: home.code, offerId, userId: poster.userId })),
    sessionId: (await aCookie(db, poster)).sessionId,
    tokenId: (await aBearer(db, poster)).tokenId,
    userId: poster.userId,
  };
};

/** An alarm about its offer, and a question that it asked its group and answered itself. */
const itsAlarmAndBulletin = async (
  db: TestDatabase,
  { group, code, offerId, userId }: { group: string; code: string; offerId: string; userId: string },
): Promise<{ alarmId: string; postId: string; answerId: string }> => {
  const [alarmId, postId, answerId] = [newId(), newId(), newId()];
  const by = { organisationCode: code, text: "Does anybody have a bladder scanner?", postedBy: userId };
  const about = {
    groupCode: group,
    kind: "desk-silent",
    subject: offerId,
    deskCode: code,
    priority: "urgent",
  } as const;
  await db.q.insert(alarms).values({ id: alarmId, ...about, level: 2, raisedAt: sql`app_now()` });
  await db.q
    .insert(bulletinPosts)
    .values({ id: postId, groupCode: group, kind: "question", ...by, postedAt: sql`app_now()` });
  await db.q.insert(bulletinAnswers).values({ id: answerId, postId, ...by, postedAt: sql`app_now()` });
  return { alarmId, postId, answerId };
};

/** An API token of the actor. */
export const aBearer = async (db: TestDatabase, actor: Actor): Promise<{ authorization: string; tokenId: string }> => {
  const token = `cs_${newSecret()}`;
  const tokenId = newId();
  await db.q.insert(apiTokens).values({
    id: tokenId,
    tokenHash: sha256(token),
    userId: actor.userId,
    organisationCode: actor.organisationCode,
    name: "Test",
    createdAt: sql`app_now()`,
  });
  return { authorization: `Bearer ${token}`, tokenId };
};

/** A session of the actor: its cookie, and the token that commands need beside it. */
export const aCookie = async (
  db: TestDatabase,
  actor: Actor,
): Promise<{ cookie: string; "x-csrf-token": string; sessionId: string }> => {
  const secret = newSecret();
  await db.q.insert(sessions).values({
    idHash: sha256(secret),
    userId: actor.userId,
    actingFor: actor.organisationCode,
    createdAt: sql`app_now()`,
    lastSeenAt: sql`app_now()`,
  });
  return { cookie: `covershare=${secret}`, "x-csrf-token": sha256(`csrf\n${secret}`), sessionId: sha256(secret) };
};

/** An open invitation to the organisation; answers the link's token. */
export const anInvitation = async (db: TestDatabase, organisationCode: string): Promise<string> => {
  const token = newSecret();
  await db.q.insert(invitations).values({
    tokenHash: sha256(token),
    email: `${token.slice(0, 8).toLowerCase()}@practice.example`,
    name: "New Nurse",
    organisationCode,
    roles: ["nurse"],
    createdAt: sql`app_now()`,
    expiresAt: sql`app_now() + interval '7 days'`,
  });
  return token;
};

/** Somebody with exactly this role at the organisation. */
export const withRole = async (db: TestDatabase, role: Role, at: string): Promise<Actor> =>
  aUser(db, { roles: [role], at });
