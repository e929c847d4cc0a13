import { z } from "zod";
import { ApiProblem } from "../../client/index.ts";
import { londonInstant, speakInstant } from "../../features/calendar/index.ts";
import { answerView, proposalView, type OfferView } from "../../features/offers/index.ts";
import { wallClock } from "../../platform/clock/clock.ts";
import type { Desk } from "./desk.ts";
import { handOver } from "./handover.ts";
import { DEMO_HUB, inventedPractices } from "./invented.ts";
import { deskOf, eventually, ms, nameOf, type Stage } from "./stage.ts";

const posted = z.object({ reference: z.string() });
const anything = z.unknown();

const publish = async (
  desk: Desk,
  date: string,
  from: string,
  what: {
    readonly services: string[];
    readonly pledge: "firm" | "ask";
    readonly slots: number;
    readonly minutes: number;
  },
): Promise<void> => {
  const startsAt = londonInstant(date, from);
  await desk.api.command({
    method: "POST",
    path: "/v1/clinics",
    parse: (body) => anything.parse(body),
    body: {
      services: what.services,
      pledge: what.pledge,
      slotMinutes: what.minutes,
      startsAt: startsAt.toISOString(),
      endsAt: new Date(startsAt.getTime() + what.slots * what.minutes * 60_000).toISOString(),
    },
  });
};

/**
 * Whose turn it is to be short: another practice each time, so that a second story is not the first one again. The racers
 * are in other networks than home, so that both are in the same ring (A3).
 */
const castOf = (turn: number) => {
  const at = (offset: number): string => inventedPractices[(turn * 3 + offset) % inventedPractices.length]?.code ?? "";
  return { home: at(0), clinics: [at(1), at(2), at(3)], racers: [at(5), at(6)] };
};

const post = async (desk: Desk, stage: Stage, needs: readonly object[], priority: string): Promise<string> => {
  const { value } = await desk.api.command({
    method: "POST",
    path: "/v1/cover-requests",
    parse: (body) => posted.parse(body),
    body: {
      priority: stage.days.isHoliday ? "asap" : priority,
      reason: "staff-absence",
      takeFirm: true,
      needs: needs.map((need) => ({
        earliest: stage.days.earliest.toISOString(),
        dueBy: stage.days.dueBy.toISOString(),
        maxKm: 20,
        ...need,
      })),
    },
  });
  return value.reference;
};

const counts = z.object({ counts: z.object({ looking: z.number(), agreed: z.number() }) });

const lookingFor = async (desk: Desk, reference: string) =>
  (await desk.api.get({ path: `/v1/cover-requests/${reference}`, parse: (body) => counts.parse(body) })).value.counts;

const accept = async (desk: Desk, offer: OfferView) =>
  (
    await desk.api.command({
      method: "POST",
      path: `/v1/offers/${offer.id}/accept`,
      parse: (body) => answerView.parse(body),
      body: {},
    })
  ).value;

const decline = async (desk: Desk, offer: OfferView): Promise<void> => {
  await desk.api.command({
    method: "POST",
    path: `/v1/offers/${offer.id}/decline`,
    parse: (body) => anything.parse(body),
    body: { code: "staff" },
  });
};

const answerCall = async (desk: Desk, stage: Stage, offer: OfferView, most: number) => {
  const [, day = ""] = stage.days.days;
  const start = londonInstant(day, "14:00").toISOString();
  const { value } = await desk.api.command({
    method: "POST",
    path: `/v1/offers/${offer.id}/propose`,
    parse: (body) => proposalView.parse(body),
    body: { times: [{ start, count: Math.min(most, offer.needs.filter((need) => need.isLive).length) }] },
  });
  return value;
};

/** Every waiting offer of a request, wherever it waits, in the order in which desks were asked. */
const waitingEverywhere = async (stage: Stage, reference: string): Promise<{ desk: Desk; offer: OfferView }[]> => {
  const all = await Promise.all(
    [...stage.desks.values()]
      .filter((desk) => [...desk.heard.values()].some(({ offer }) => offer.reference === reference))
      .map(async (desk) => (await desk.waiting(reference)).map((offer) => ({ desk, offer }))),
  );
  return all.flat().sort((left, right) => (left.offer.id < right.offer.id ? -1 : 1));
};

/** The fourteen dressings: firm slots, slots on asking, one desk that says no, and calls answered with times. */
const dressings = async (stage: Stage, cast: ReturnType<typeof castOf>): Promise<string> => {
  const { say, days } = stage;
  const [day1 = "", , day3 = "", day4 = ""] = days.days;
  const simple = { services: ["wound-simple"], minutes: 20 };
  await publish(deskOf(stage, DEMO_HUB), day1, "17:00", { ...simple, pledge: "firm", slots: 4 });
  for (const [index, code] of cast.clinics.entries())
    await publish(deskOf(stage, code), index === 0 ? day3 : day4, "09:00", { ...simple, pledge: "ask", slots: 3 });
  say(
    `The hub publishes 4 firm dressing slots, three practices 3 each "ask us first", for ${speakInstant(days.earliest)} on.`,
  );
  const home = deskOf(stage, cast.home);
  const before = wallClock.monotonicMs();
  const reference = await post(
    home,
    stage,
    [
      { service: "wound-simple", count: 9, minutes: 20 },
      { service: "wound-unassessed", count: 5, minutes: 30 },
    ],
    "urgent",
  );
  say(
    `${nameOf(cast.home)}: the nurse is ill. Reception posts 9 dressings and 5 not yet checked: ${reference} (${ms(before, wallClock.monotonicMs())}).`,
  );
  await eventually(stage, () => home.firstAgreementAtMs(reference) !== undefined);
  say(
    `  firm slots agreed at once: the first frame reached ${nameOf(cast.home)} after ${ms(before, home.firstAgreementAtMs(reference))}.`,
  );
  await eventually(stage, () => askedAt(stage, reference).length > 0);
  say(
    `  the first desk was asked after ${ms(before, Math.min(...askedAt(stage, reference)))}: everything is done for the first time in this process.`,
  );
  await answerUntilCovered(stage, home, reference);
  return reference;
};

/** When desks heard that they are asked about a request. */
const askedAt = (stage: Stage, reference: string): number[] =>
  [...stage.desks.values()].flatMap((desk) =>
    [...desk.heard.values()].filter(({ offer }) => offer.reference === reference).map(({ atMs }) => atMs),
  );

const answerUntilCovered = async (stage: Stage, home: Desk, reference: string): Promise<void> => {
  let hasDeclined = false;
  await eventually(
    stage,
    async () => {
      const [next] = await waitingEverywhere(stage, reference);
      if (next !== undefined) hasDeclined = await answerOne(stage, next.desk, next.offer, hasDeclined);
      return (await lookingFor(home, reference)).looking === 0;
    },
    60_000,
  );
};

/** One answer of one desk; the first desk with slots says no, and the others are asked instead. */
const answerOne = async (stage: Stage, desk: Desk, offer: OfferView, hasDeclined: boolean): Promise<boolean> => {
  const before = wallClock.monotonicMs();
  const took = (): string => ms(before, wallClock.monotonicMs());
  try {
    if (offer.kind === "call") {
      const answer = await answerCall(desk, stage, offer, 3);
      stage.say(
        `  ${nameOf(desk.code)} answers the call with ${answer.agreed.length} times, agreed in ${took()}; still wanted: ${answer.stillWanted}.`,
      );
    } else if (hasDeclined) {
      const answer = await accept(desk, offer);
      stage.say(`  ${nameOf(desk.code)} accepts ${answer.agreed.length} (${offer.reasons[0] ?? "near"}) in ${took()}.`);
    } else {
      await decline(desk, offer);
      stage.say(`  ${nameOf(desk.code)} declines (their nurse is off too) in ${took()}: others are asked.`);
    }
    return true;
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 409) throw error;
    stage.say(`  ${nameOf(desk.code)} was a moment late: "${error.message}"`);
    return hasDeclined;
  }
};

/** One smear, two practices, both press Accept in the same instant. */
const race = async (stage: Stage, cast: ReturnType<typeof castOf>): Promise<string> => {
  const [, day2 = ""] = stage.days.days;
  for (const code of cast.racers)
    await publish(deskOf(stage, code), day2, "11:00", { services: ["smear"], pledge: "ask", slots: 1, minutes: 20 });
  const home = deskOf(stage, cast.home);
  const postedAtMs = wallClock.monotonicMs();
  const reference = await post(home, stage, [{ service: "smear", count: 1, minutes: 20 }], "urgent");
  stage.say(`${nameOf(cast.home)} also needs one smear: ${reference}. Urgent, so two practices are asked at once.`);
  await eventually(stage, () => askedAt(stage, reference).length >= 2);
  stage.say(`  both were asked after ${ms(postedAtMs, Math.max(...askedAt(stage, reference)))}.`);
  await eventually(stage, async () => (await waitingEverywhere(stage, reference)).length >= 2);
  const waiting = await waitingEverywhere(stage, reference);
  const before = wallClock.monotonicMs();
  await Promise.all(
    waiting.map(async ({ desk, offer }) => {
      try {
        await accept(desk, offer);
        stage.say(`  ${nameOf(desk.code)} presses Accept and has it (${ms(before, wallClock.monotonicMs())}).`);
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.status !== 409) throw error;
        stage.say(
          `  ${nameOf(desk.code)} presses Accept in the same instant and is told (${ms(before, wallClock.monotonicMs())}): "${error.message}"`,
        );
      }
    }),
  );
  return reference;
};

/** Plays the story from the first need to the last patient told; answers the references of what was posted and by which practice. */
export const playStory = async (stage: Stage, turn: number): Promise<{ home: string; references: string[] }> => {
  const cast = castOf(turn);
  const references = [await dressings(stage, cast), await race(stage, cast)];
  await handOver(stage, cast.home, references);
  return { home: cast.home, references };
};
