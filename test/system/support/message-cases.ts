import { sql } from "drizzle-orm";
import { createSealer } from "../../../src/platform/secrets/sealer.ts";
import { askByMail } from "../../../src/app/next-week.ts";
import { capacityPorts, requestPorts } from "../../../src/app/routes.ts";
import { chaseLateSteps, swapAgreements, warnOfRelease } from "../../../src/features/agreements/index.ts";
import { cancelAgreement } from "../../../src/features/agreements/agreements.service.ts";
import { sweepAlarms, watchOpen } from "../../../src/features/alarms/index.ts";
import { scheduleDigests, sendDigests } from "../../../src/features/board/digest.service.ts";
import { mailPages, scheduleFallbackMails } from "../../../src/features/board/fallback.service.ts";
import { askAboutNextWeek } from "../../../src/features/capacity/index.ts";
import { markSlotGone } from "../../../src/features/capacity/gone.service.ts";
import { acceptOffer, nudgeOffers } from "../../../src/features/offers/index.ts";
import { standDown } from "../../../src/features/offers/ending.service.ts";
import { sendTest } from "../../../src/features/reach/channels.service.ts";
import type { MessageKind } from "../../../src/features/reach/message-kinds.ts";
import { returnOverdue } from "../../../src/features/requests/index.ts";
import { createWebhook } from "../../../src/features/webhooks/webhooks.service.ts";
import { MONDAY, tick, TUESDAY, walkTo } from "../../features/agreements/support.ts";
import { anOffer } from "../../features/board/support.ts";
import { openReceiver, openTestCourier } from "../../features/webhooks/support.ts";
import { aBroker, aClinic, aRequest } from "../../support/index.ts";
import {
  asked,
  DESK_PHONE,
  elm,
  practice,
  riverside,
  twoAgreed,
  type MessageCase,
  type MessageWorld,
} from "./message-world.ts";

const WANTED = /2 × .+, 20 min, by Thu 17 Dec, 18:30/;
const ASKED = String.raw`2 × .+, 20 min, by Thu 17 Dec, [\d.]+ miles?, answer by 12:00`;

/** One for each kind that there is, each made to happen by what makes it happen. */
export const messageCases: Readonly<Record<MessageKind, (world: MessageWorld) => Promise<MessageCase>>> = {
  offer: async (world) => {
    const { desk, link } = await asked(world);
    return {
      reader: desk,
      subject: new RegExp(`^Urgent: ${ASKED}$`),
      says: [/Riverside Surgery, [\d.]+ miles? away: can you take these\?/, WANTED, "Tue 15 Dec: 10:00, 10:20"],
      link,
    };
  },
  nudge: async (world) => {
    const { desk, link, request } = await asked(world);
    await world.tell();
    const broker = await aBroker(world.db);
    await world.transact(async (tx) => nudgeOffers(tx, broker, { reference: request.reference, reason: "no-answer" }));
    return {
      reader: desk,
      subject: new RegExp(`^Please look again: Urgent: ${ASKED}$`),
      says: ["The federation asks you to look again.", WANTED],
      link,
    };
  },
  "stand-down": async (world) => {
    const { desk, request } = await asked(world);
    await world.tell();
    await world.transact(async (tx) => standDown(tx, request.needIds));
    return {
      reader: desk,
      subject: new RegExp(`^${request.reference}: no longer needed, thank you$`),
      says: ["What Riverside Surgery asked you for is covered. There is nothing to do."],
      link: "/desk",
    };
  },
  agreed: async (world) => {
    const { home, desk, request, offerId } = await asked(world);
    await world.transact(async (tx) => acceptOffer(tx, desk, offerId, {}));
    return {
      reader: home,
      subject: new RegExp(`^${request.reference}: Elm Tree Practice takes 2 appointments$`),
      says: ["N01, Tue 15 Dec, 10:00", "N02, Tue 15 Dec, 10:20", "Next: ask the patients"],
      link: `/requests/${request.reference}`,
    };
  },
  taken: async (world) => {
    const { supporting, request } = await twoAgreed(world);
    return {
      reader: supporting,
      subject: new RegExp(
        `^${request.reference}: 2 appointments agreed with Riverside Surgery. Please block the times$`,
      ),
      says: ["N01, Tue 15 Dec, 10:00", "N02, Tue 15 Dec, 10:20"],
      link: "/desk",
    };
  },
  cancelled: async (world) => {
    const { home, supporting, request, ids } = await twoAgreed(world);
    await world.transact(async (tx) =>
      cancelAgreement(tx, supporting, ids[0] ?? "", { code: "staff-absence", stillNeeded: true }),
    );
    return {
      reader: home,
      subject: new RegExp(`^${request.reference} N01: cancelled$`),
      says: [
        "N01, Tue 15 Dec, 10:00, at Elm Tree Practice",
        "We are asking others.",
        `Telephone of Elm Tree Practice: ${DESK_PHONE}`,
      ],
      link: `/requests/${request.reference}`,
    };
  },
  moved: async (world) => {
    const work = await twoAgreed(world);
    await world.db.q.execute(sql`
      insert into slots (id, clinic_id, organisation_code, starts_at, ends_at, state)
      select gen_random_uuid(), clinic_id, organisation_code, max(ends_at), max(ends_at) + interval '20 minutes', 'free'
      from slots where clinic_id = ${work.clinic.clinicId} group by 2, 3`);
    await walkTo(world.db, work, "told");
    const slotId = work.clinic.slots[0]?.id ?? "";
    await world.transact(async (tx) => markSlotGone(tx, work.supporting, capacityPorts, slotId));
    return {
      reader: work.home,
      subject: new RegExp(`^${work.request.reference} N01: now Tue 15 Dec, 10:40. Please ring the patient$`),
      says: ["Now Tue 15 Dec, 10:40, before Tue 15 Dec, 10:00", "Elm Tree Practice", DESK_PHONE],
      link: `/requests/${work.request.reference}`,
    };
  },
  late: async (world) => {
    const { supporting, request } = await twoAgreed(world);
    await world.db.holdClock("2026-12-14T11:30:00Z");
    await chaseLateSteps(world.db.database);
    return {
      reader: supporting,
      subject: new RegExp(`^${request.reference}: still to do, block the times in your clinical system$`),
      says: ["N01, Tue 15 Dec, 10:00", "N02, Tue 15 Dec, 10:20"],
      link: "/desk",
    };
  },
  release: async (world) => {
    const { home, request } = await twoAgreed(world);
    await world.db.holdClock("2026-12-14T12:40:00Z");
    await warnOfRelease(world.db.database);
    return {
      reader: home,
      subject: new RegExp(`^${request.reference}: pass on details by Mon 14 Dec, 15:15, or 2 appointments go back$`),
      says: ["N01, Tue 15 Dec, 10:00: goes back Mon 14 Dec, 15:15", "N02, Tue 15 Dec, 10:20", "At Elm Tree Practice"],
      link: `/requests/${request.reference}`,
    };
  },
  swapped: async (world) => {
    const { home, supporting, request, ids } = await twoAgreed(world);
    await world.transact(async (tx) => swapAgreements(tx, home, { a: ids[0] ?? "", b: ids[1] ?? "" }));
    return {
      reader: supporting,
      subject: /^Riverside Surgery swapped two of its times with you$/,
      says: [
        `${request.reference} N01, Tue 15 Dec, 10:20, before Tue 15 Dec, 10:00`,
        `${request.reference} N02, Tue 15 Dec, 10:00, before Tue 15 Dec, 10:20`,
      ],
      link: "/desk",
    };
  },
  thanks: async (world) => {
    const work = await twoAgreed(world);
    await walkTo(world.db, work, "told");
    await world.db.holdClock("2026-12-15T11:00:00Z");
    await tick(world.db, work.supporting, "attended", work.ids);
    return {
      reader: work.supporting,
      subject: /^Thank you: what became of your times for Riverside Surgery$/,
      says: [`${work.request.reference}: 2 used`],
      link: "/desk",
    };
  },
  returned: async (world) => {
    const home = await riverside(world);
    await world.db.holdClock(MONDAY);
    const { reference } = await aRequest(world.db, { by: home, needs: [{ dueBy: "2026-12-14T16:00:00Z" }] });
    await world.db.holdClock("2026-12-14T16:00:00Z");
    await world.transact(async (tx) => returnOverdue(tx, requestPorts, 10));
    return {
      reader: home,
      subject: new RegExp(`^${reference} N01: nobody could take it, it is back with you$`),
      says: ["Please say on its page what happens now."],
      link: `/requests/${reference}`,
    };
  },
  alarm: async (world) => {
    const { db } = world;
    await db.holdClock("2026-12-14T14:00:00Z");
    const broker = await aBroker(db);
    const [home, desk] = [await riverside(world), await elm(world)];
    const request = await aRequest(db, { by: home, needs: [{ count: 2, dueBy: "2026-12-18T12:00:00Z" }] });
    const { slots } = await aClinic(db, { at: desk.organisationCode, slots: 1, startsAt: "2026-12-17T10:00:00Z" });
    await anOffer(db, { request, at: desk.organisationCode, slots });
    await watchOpen(db.database);
    await db.holdClock("2026-12-14T15:00:00Z");
    await sweepAlarms(db.database);
    return {
      reader: broker,
      subject: new RegExp(`^Nobody at the desk: Elm Tree Practice, ${request.reference}, Riverside Surgery$`),
      says: ["Answer by Mon 14 Dec, 16:00.", "Ring them.", `Telephone of Elm Tree Practice: ${DESK_PHONE}`],
      link: "/board",
    };
  },
  "what-breaks": async (world) => {
    const { db } = world;
    await db.holdClock(MONDAY);
    const broker = await aBroker(db);
    await scheduleDigests(db.database);
    const home = await practice(db, "Riverside Surgery", DESK_PHONE);
    const { reference } = await aRequest(db, { by: home, needs: [{ count: 2, dueBy: "2026-12-15T12:00:00Z" }] });
    await db.holdClock("2026-12-14T16:00:00Z");
    await sendDigests(db.database);
    return {
      reader: broker,
      subject: /^Before Tue 15 Dec, 18:30: 2 uncovered$/,
      says: [/By Tue 15 Dec, 12:00: uncovered. 2 × /, `${reference} of Riverside Surgery`, "(01632) 960123"],
      link: "/board",
    };
  },
  "fallback-page": async (world) => {
    const { db } = world;
    await db.holdClock(MONDAY);
    const broker = await aBroker(db);
    await scheduleFallbackMails(db.database);
    const home = await practice(db, "Riverside Surgery", DESK_PHONE);
    const { reference } = await aRequest(db, { by: home, needs: [{ count: 2, dueBy: "2026-12-17T12:00:00Z" }] });
    await db.holdClock("2026-12-14T11:00:00Z");
    await mailPages(db.database);
    return {
      reader: broker,
      subject: /^If Covershare is down: .+ at 11:00, 2 looking, 0 agreed$/,
      says: ["As it stood on Mon 14 Dec, 11:00.", `${reference} of Riverside Surgery`, "(01632) 960123"],
      link: "/board",
    };
  },
  "same-again": async (world) => {
    const { db } = world;
    const desk = await elm(world);
    await aClinic(db, { at: desk.organisationCode, startsAt: TUESDAY, slots: 3 });
    await world.tell();
    await db.holdClock("2026-12-17T10:00:00Z");
    await askAboutNextWeek(db.database, askByMail);
    return {
      reader: desk,
      subject: /^Same clinics next week\?$/,
      says: [/Tue 15 Dec, 10:00 to 11:00: /, "Until then nothing is published.", "Yes, or change"],
      link: "/clinics/next-week/2026-12-14",
    };
  },
  "webhook-stopped": async (world) => {
    const { db } = world;
    await db.holdClock(MONDAY);
    const desk = await elm(world);
    await world.tell();
    const receiver = await openReceiver();
    receiver.answers = [410];
    const settings = { eventTypes: [], mayReach: () => true, sealer: createSealer([]) };
    const { id } = await world.transact(async (tx) =>
      createWebhook(tx, desk, settings, { url: receiver.url, types: [] }),
    );
    await world.transact(async (tx) => tx.emit({ stream: desk.organisationCode, type: "a.happened", data: {} }));
    const courier = openTestCourier(db);
    await courier.settle();
    await courier.close();
    await receiver.close();
    return {
      reader: desk,
      subject: /^One of your webhooks has stopped$/,
      says: ["nothing more is sent there", "it goes on where it stopped, and nothing is lost"],
      link: `/settings/webhooks/${id}`,
    };
  },
  test: async (world) => {
    await world.db.holdClock(MONDAY);
    const desk = await elm(world);
    await world.tell();
    await world.transact(async (tx) => sendTest(tx, desk, { hasMail: true, pushKey: undefined, pushServices: [] }));
    return {
      reader: desk,
      subject: /^Test from Covershare: did this arrive\?$/,
      says: ["press the button", "Until then nothing else does.", "Yes, it arrived"],
      link: /^\/settings\/channels\/confirm\/[A-Za-z0-9_-]{43}$/,
    };
  },
};
