import { asksAllowed, LAST_RING } from "./asking.rules.ts";
import type { Decisions } from "./decide.rules.ts";
import type { Snapshot } from "./snapshot.ts";
import { BLOCK, COURSE_CHARGE, DETOUR, LEAN, OTHER_PCN, REQUEST_CHARGE } from "./solver/index.ts";

/*
 * Whether a plan that read only the nearest practices is as good as one that read them all.
 *
 * A practice that was not read lies at least as far away as `restBeginsAtKm` and is in no PCN of the home (those are always
 * read), so a block there costs at least 1.4 × km + 3 − 2 + 4 (see matching design: distance, other PCN, the largest lean,
 * the block). Moving needs of a request there adds one more pair to it and frees at most the pairs it leaves: all but one
 * of those it has. So where each block costs no more than that, with six for every pair beyond the first and eight for
 * every pair of a course beyond the first, no practice that was not read can improve the plan.
 */

const LEAST = OTHER_PCN - LEAN + BLOCK;

/** True when reading more practices could change nothing about this plan. */
export const isEnough = (snapshot: Snapshot, decisions: Decisions): boolean => {
  if (snapshot.restBeginsAtKm.size === 0) return true;
  if (decisions.uncovered.length > 0) return false;
  const first = [...decisions.agree, ...decisions.offer].filter((block) => !block.isExtra);
  return snapshot.needs.every((need) => {
    const rest = snapshot.restBeginsAtKm.get(need.homeCode);
    // Buddies and the PCN were read whole.
    if (rest === undefined || (decisions.rings.get(need.id) ?? LAST_RING) < LAST_RING) return true;
    const mine = first.find((block) => block.need.id === need.id);
    if (mine === undefined) return false;
    const asked = decisions.offer.filter((block) => block.need.id === need.id).length;
    if (!decisions.agree.includes(mine) && asked < asksAllowed(need)) return false;
    const sameRequest = new Set(
      first.filter((block) => block.need.requestId === need.requestId).map((block) => block.clinic.organisationCode),
    );
    const sameCourse = new Set(
      first
        .filter(
          (block) =>
            need.course !== null && block.need.requestId === need.requestId && block.need.course === need.course,
        )
        .map((block) => block.clinic.organisationCode),
    );
    const charges = REQUEST_CHARGE * (sameRequest.size - 1) + COURSE_CHARGE * Math.max(0, sameCourse.size - 1);
    return mine.cost + charges <= DETOUR * rest + LEAST;
  });
};
