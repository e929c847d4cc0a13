import { solve } from "../../../src/features/matching/index.ts";
import { answeredAt, answerOf, isYesInTime } from "./answers.ts";
import { lostAt, type Need, type Outcome, type World } from "./world.ts";

/**
 * Whoever knows everything in advance: which clinics will appear and stay, what calls would yield, and who will say yes in
 * time. One plan over all days by the project's solver; nothing takes time, nobody is disturbed in vain. No policy can
 * cover more (but for the solver's own gap, measured by bench:matching).
 * @param isWeighted by priority, as the objective has it; else every need counts alike, which bounds the number of covers.
 */
export const clairvoyant = (world: World, isWeighted: boolean): Outcome => {
  const { seed, practices, clinics, requests } = world;
  const willGive = (need: Need, host: (typeof practices)[number]): boolean => {
    if (host.role === "firm") return true;
    const answer = answerOf(seed, host.id, need.request, host.role === "silent" ? "call" : "ask", need.priority);
    return isYesInTime(answer, need.priority) && answeredAt(answer, need.postedAt) < need.dueBy;
  };
  const needs = requests.flatMap((request) => request.needs);
  /** No policy gets a yes sooner than from a desk that is asked the moment the need is posted. */
  const soonest = (need: Need): Record<string, number> =>
    Object.fromEntries(
      practices
        .filter(({ role }) => role !== "firm")
        .map(({ id, role }) => {
          const answer = answerOf(seed, id, need.request, role === "silent" ? "call" : "ask", need.priority);
          return [id, answeredAt(answer, need.postedAt)];
        }),
    );
  const plan = solve({
    now: Math.min(...requests.map(({ postedAt }) => postedAt)),
    practices,
    clinics: clinics.map((clinic) => ({
      id: clinic.id,
      practice: clinic.practice.id,
      services: clinic.services,
      channel: "in-person",
      provides: [],
      slotMinutes: clinic.slotMinutes,
      slots: clinic.starts
        .filter((start) => lostAt(clinic, start) === undefined)
        .map((start) => ({ id: `${clinic.id} ${start}`, start })),
    })),
    requests: requests.map((request) => ({
      id: request.id,
      practice: request.home.id,
      priority: "routine",
      needs: request.needs.map((need) => {
        const { id, service, minutes, dueBy, requires, maxKm, priority, postedAt } = need;
        return {
          id,
          service,
          minutes,
          earliest: postedAt,
          dueBy,
          requires,
          maxKm,
          priority: isWeighted ? priority : ("routine" as const),
          notBefore: soonest(need),
        };
      }),
    })),
    excluded: needs.flatMap((need) =>
      practices.filter((host) => !willGive(need, host)).map((host): [string, string] => [need.id, host.id]),
    ),
    usedByDay: {},
    paidHosts: [],
  });
  const needOf = new Map(needs.map((need) => [need.id, need]));
  const clinicOf = new Map(clinics.map((clinic) => [clinic.id, clinic]));
  return {
    agreed: new Map(
      plan.assignments.map(({ needId, slotIds, host }) => {
        const [clinicId = "", start = "0"] = slotIds[0]?.split(" ") ?? [];
        return [
          needId,
          {
            host,
            start: Number(start),
            minutes: slotIds.length * (clinicOf.get(clinicId)?.slotMinutes ?? 0),
            agreedAt: needOf.get(needId)?.postedAt ?? 0,
          },
        ];
      }),
    ),
    spells: new Map(
      plan.assignments.map(({ needId }) => [
        needId,
        [{ from: needOf.get(needId)?.postedAt ?? 0, until: Number.POSITIVE_INFINITY }],
      ]),
    ),
    asked: new Set(),
  };
};
