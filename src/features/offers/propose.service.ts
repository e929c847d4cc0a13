import { appNow, type Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { invalidInput } from "../../platform/http/problem.ts";
import { unique } from "../../platform/lists/lists.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { createClinic, setSlotStates } from "../capacity/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { mainSite, openingHoursOf } from "../practices/index.ts";
import { announceRequest } from "../requests/index.ts";
import { lockForAnswer, settleAccepted } from "./answer.service.ts";
import { createOffers } from "./create.service.ts";
import { announceOffer, reopenUnasked } from "./ending.service.ts";
import { nothingWanted, timesDoNotFit } from "./offers.errors.ts";
import { releaseNeedsOfOffer, setOffer, whatIsPossible, type OpenedOffer } from "./offers.repository.ts";
import { expiryOf, fitNeeds, type FittedNeed, type OpenSlot } from "./offers.rules.ts";
import type { ProposalView } from "./offers.schema.ts";

const MINUTE = 60_000;

export interface ProposedTime {
  readonly start: string;
  readonly count: number;
}

/** Each proposed appointment as if it were a slot; `clinicId` is the position of its time, so that runs stay together. */
const proposedSlots = (times: readonly ProposedTime[], minutes: number): OpenSlot[] =>
  times.flatMap(({ start, count }, position) =>
    Array.from({ length: count }, (_, at): OpenSlot => {
      const from = Date.parse(start) + at * minutes * MINUTE;
      return {
        slotId: `${position}/${at}`,
        clinicId: String(position),
        startsAt: new Date(from),
        endsAt: new Date(from + minutes * MINUTE),
      };
    }),
  );

const checkTimes = (offer: OpenedOffer, times: readonly ProposedTime[], now: Date, minutes: number): void => {
  const earliest = new Date(Math.min(...offer.needs.map((need) => need.earliest.getTime())));
  const dueBy = new Date(Math.max(...offer.needs.map((need) => need.dueBy.getTime())));
  const problems = times.flatMap(({ start }, at) => {
    const from = new Date(start);
    const say = (message: string) => [{ pointer: `/times/${at}/start`, message }];
    if (from <= now) return say("This time has passed.");
    if (from < earliest) return say("The appointments are not wanted before their earliest time.");
    if (from.getTime() + minutes * MINUTE > dueBy.getTime())
      return say("The appointments are needed before this time.");
    return [];
  });
  if (problems.length > 0) throw invalidInput(problems);
  if (times.reduce((sum, time) => sum + time.count, 0) > 60)
    throw invalidInput([{ pointer: "/times", message: "Offer at most 60 appointments at once." }]);
};

/** Makes the times that are used real: a clinic for each proposed run, with just the slots that are taken. */
const publishTimes = async (
  tx: Tx,
  offer: OpenedOffer,
  fitted: readonly FittedNeed[],
  minutes: number,
  state: "free" | "busy-tentative",
): Promise<FittedNeed[]> => {
  const site = await mainSite(tx.q, offer.supportingCode);
  const first = offer.needs[0];
  if (site === undefined || first === undefined) throw notFound("offer");
  const services = unique(offer.needs.map((need) => need.serviceCode));
  const provides = unique(offer.needs.flatMap((need) => need.requires));
  const published: FittedNeed[] = [];
  for (const run of new Set(fitted.map((block) => block.clinicId))) {
    const mine = fitted.filter((block) => block.clinicId === run);
    const starts = mine.map((block) => block.startsAt).sort((a, b) => a.getTime() - b.getTime());
    const from = starts[0];
    const until = starts.at(-1);
    if (from === undefined || until === undefined) continue;
    const made = await createClinic(tx, {
      organisationCode: offer.supportingCode,
      siteId: site.id,
      services,
      channel: first.channel,
      provides,
      pledge: "ask",
      startsAt: from,
      endsAt: new Date(until.getTime() + minutes * MINUTE),
      breaks: [],
      slotMinutes: minutes,
      source: "call",
      slotStarts: starts,
      slotState: state,
    });
    for (const block of mine) {
      const slot = made.slots.find((one) => one.startsAt.getTime() === block.startsAt.getTime());
      if (slot === undefined) throw new Error("a proposed time was not published");
      published.push({ ...block, clinicId: made.clinicId, slotIds: [slot.id] });
    }
  }
  return published;
};

/**
 * Answers with times (rules A4, O3). On a call: one transaction makes clinics and agreements for as many needs as still
 * fit, and says how many are still wanted. On an offer of slots: those are let go, and a new offer with these times waits
 * for home. `minutes` of each appointment is that of the offer's longest need.
 */
export const proposeTimes = async (
  tx: Tx,
  actor: Actor,
  id: string,
  input: { readonly times: readonly ProposedTime[] },
): Promise<ProposalView> => {
  const offer = await lockForAnswer(tx, actor, id);
  const minutes = Math.max(...offer.needs.map((need) => need.minutes));
  const now = await appNow(tx.q);
  checkTimes(offer, input.times, now, minutes);
  const slots = proposedSlots(input.times, minutes);
  const fitted = fitNeeds(
    offer.needs.map((need) => ({ ...need, minutes })),
    slots,
  );
  const used = new Set(fitted.flatMap((block) => block.slotIds));
  const notUsed = slots.filter((slot) => !used.has(slot.slotId)).map((slot) => slot.startsAt.toISOString());
  if (fitted.length === 0) {
    const possible = await whatIsPossible(tx.q, id, actor.organisationCode);
    if (possible === undefined) throw notFound("offer");
    throw possible.stillWanted > 0 ? timesDoNotFit() : nothingWanted(possible);
  }
  if (offer.kind === "call") {
    const blocks = await publishTimes(tx, offer, fitted, minutes, "free");
    return { ...(await settleAccepted(tx, actor, offer, blocks)), newOfferId: null, notUsed };
  }
  const newOfferId = await offerInstead(tx, actor, offer, fitted, minutes, now);
  const possible = await whatIsPossible(tx.q, id, actor.organisationCode);
  return { state: "declined", agreed: [], stillWanted: possible?.stillWanted ?? 0, newOfferId, notUsed };
};

const offerInstead = async (
  tx: Tx,
  actor: Actor,
  offer: OpenedOffer,
  fitted: readonly FittedNeed[],
  minutes: number,
  now: Date,
): Promise<string | null> => {
  const blocks = await publishTimes(tx, offer, fitted, minutes, "busy-tentative");
  const released = await releaseNeedsOfOffer(tx, offer.id);
  await setSlotStates(tx, released, ["busy-tentative"], "free");
  await setOffer(tx, offer.id, { state: "declined", answeredBy: actor.userId, declineCode: "other-times" });
  const hours = (await openingHoursOf(tx.q, [offer.homeCode])).get(offer.homeCode) ?? [];
  const firstStart = new Date(Math.min(...blocks.map((block) => block.startsAt.getTime())));
  const [newOfferId] = await createOffers(tx, [
    {
      requestId: offer.requestId,
      reference: offer.reference,
      groupCode: offer.groupCode,
      homeCode: offer.homeCode,
      supportingCode: offer.supportingCode,
      kind: "slots",
      awaiting: "home",
      priority: offer.priority,
      ring: offer.ring,
      isExtra: false,
      km: offer.km,
      // What was said of the published times is not true of these.
      reasons: [
        ...offer.reasons.filter((reason) => !/^(?:\d+ free |by )/.test(reason)),
        "other times, proposed by them",
      ],
      expiresAt: expiryOf(offer.priority, now, hours, firstStart),
      needIds: blocks.map((block) => block.needId),
      slots: blocks.flatMap((block) =>
        block.slotIds.map((slotId) => ({ slotId, needId: block.needId, startsAt: block.startsAt })),
      ),
    },
  ]);
  await reopenUnasked(
    tx,
    offer.needs.map((need) => need.needId),
  );
  await announceOffer(tx, offer, { state: "declined", needs: 0 });
  await announceRequest(tx, offer.requestId);
  await askForMatching(tx, offer.groupCode, "offer.proposed");
  await recordAudit(tx, actor, "offer.propose", offer.reference, { offerId: offer.id, times: blocks.length });
  return newOfferId ?? null;
};
