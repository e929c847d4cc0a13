import type { Queryable, Tx } from "../../platform/db/database.ts";
import { unique } from "../../platform/lists/lists.ts";
import type { Actor } from "../access/index.ts";
import { makeAgreements } from "../agreements/index.ts";
import { recordAudit } from "../audit/index.ts";
import { setSlotStates } from "../capacity/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { announceRequest, requireRequest, type brokerCodes } from "../requests/index.ts";
import { standDown } from "./ending.service.ts";
import { readFreeTimes, readLooking, type FreeTime, type LookingNeed } from "./free-times.repository.ts";
import { timesDoNotFit, timesTaken } from "./offers.errors.ts";
import { fitNeeds, type FittedNeed } from "./offers.rules.ts";

/** The times that a broker may give a request by hand. */
export const freeTimesFor = async (q: Queryable, actor: Actor, reference: string): Promise<FreeTime[]> =>
  readFreeTimes(q, (await requireRequest(q, actor, reference)).id);

/** Fits the needs into each clinic's ticked times, one clinic after another; what a patient ruled out is never fitted. */
const fit = (looking: readonly LookingNeed[], times: readonly FreeTime[]): FittedNeed[] => {
  const fitted: FittedNeed[] = [];
  for (const clinicId of new Set(times.map((time) => time.clinicId))) {
    const ofClinic = times.filter((time) => time.clinicId === clinicId);
    const placed = new Set(fitted.map(({ needId }) => needId));
    // Each need only into times that allow it: needs that are allowed alike are fitted together.
    for (const allowed of new Set(ofClinic.map(({ needIds }) => needIds.join()))) {
      const used = new Set(fitted.flatMap(({ slotIds }) => slotIds));
      const open = ofClinic.filter(({ needIds, slotId }) => needIds.join() === allowed && !used.has(slotId));
      const wanted = looking.filter(
        ({ needId }) => !placed.has(needId) && open.some((t) => t.needIds.includes(needId)),
      );
      const more = fitNeeds(wanted, open);
      fitted.push(...more);
      for (const { needId } of more) placed.add(needId);
    }
  }
  return fitted;
};

export interface Assigned {
  /** Needs that have a place now. */
  readonly agreed: { readonly ref: string; readonly supportingCode: string; readonly startsAt: string }[];
  /** Needs of the request that still look. */
  readonly stillLooking: number;
}

/**
 * A broker gives needs to free times by hand (F3), for example after a telephone call: agreed at once for both sides, who
 * are told. As in an answer, times are chosen and the system assigns the needs; other offers of those needs are stood down
 * (O5). One transaction under the request's lock, and the database refuses what is given already (O4).
 * @throws `already-given` when one of the times is not free, or not for this request; `times-do-not-fit`.
 */
export const assignByHand = async (
  tx: Tx,
  actor: Actor,
  input: {
    readonly reference: string;
    readonly slots: readonly string[];
    readonly reason: (typeof brokerCodes)[number];
  },
): Promise<Assigned> => {
  const { reference, reason } = input;
  const request = await requireRequest(tx.q, actor, reference, { lock: true });
  const ticked = unique(input.slots);
  const times = await readFreeTimes(tx.q, request.id, ticked);
  if (times.length !== ticked.length) throw timesTaken();
  const looking = await readLooking(tx.q, request.id);
  const fitted = fit(looking, times);
  if (fitted.length === 0) throw timesDoNotFit();
  const slotIds = fitted.flatMap((block) => block.slotIds);
  const taken = await setSlotStates(tx, slotIds, ["free"], "busy-tentative");
  if (taken.length !== slotIds.length) throw timesTaken();
  await standDown(
    tx,
    fitted.map(({ needId }) => needId),
  );
  const refOf = new Map(looking.map(({ needId, ref }) => [needId, ref]));
  const supporterOf = new Map(times.map(({ clinicId, supportingCode }) => [clinicId, supportingCode]));
  const parties = { requestId: request.id, groupCode: request.groupCode, homeCode: request.homeCode };
  const agreeing = unique(times.map((time) => time.supportingCode))
    .sort()
    .map((supportingCode) => ({
      ...parties,
      supportingCode,
      offerId: null,
      reference,
      blocks: fitted
        .filter(({ clinicId }) => supporterOf.get(clinicId) === supportingCode)
        .map((block) => ({ ...block, ref: refOf.get(block.needId) ?? "" })),
    }));
  await makeAgreements(
    tx,
    actor,
    agreeing.filter(({ blocks }) => blocks.length > 0),
  );
  const agreed = agreeing.flatMap(({ supportingCode, blocks }) =>
    blocks.map(({ ref, startsAt }) => ({ ref, supportingCode, startsAt: startsAt.toISOString() })),
  );
  await recordAudit(tx, actor, "broker.assign", reference, { reason, slotIds, refs: agreed.map(({ ref }) => ref) });
  await announceRequest(tx, request.id);
  await askForMatching(tx, request.groupCode, "broker.assign");
  return { agreed, stillLooking: looking.length - fitted.length };
};
