import { z } from "zod";
import { sql } from "drizzle-orm";
import { rows, type Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { unique } from "../../platform/lists/lists.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { setSlotStates } from "../capacity/index.ts";
import { announceRequest, lockRequests, markNeeds } from "../requests/index.ts";
import { agreementMoved } from "./agreements.events.ts";
import { liveAgreementsOnSlots, moveAgreement, type LiveAgreement } from "./agreements.repository.ts";
import { concerned, describe, endOne, releaseFor } from "./agreements.service.ts";
import { setRelease, setStep, undoSteps } from "./handover.repository.ts";
import { stepAfterMove } from "./handover.rules.ts";
import { knownTime, makeTask } from "./tasks.service.ts";

const freeBlock = z.object({ slotIds: z.array(z.string()), startsAt: z.coerce.date(), endsAt: z.coerce.date() });

/** The block of the same clinic and length, free and inside the need's window, that starts nearest to the lost one. */
const findAnotherTime = async (tx: Tx, agreement: LiveAgreement) => {
  const length = agreement.slotIds.length;
  const found = await rows(
    tx.q,
    freeBlock,
    sql`
      with free as (
        select id, starts_at, ends_at,
               array_agg(id::text) over ahead as "slotIds",
               max(ends_at) over ahead as last_end,
               count(*) over ahead as n
        from slots where clinic_id = ${agreement.clinicId} and state = 'free' and starts_at >= app_now()
        window ahead as (order by starts_at rows between current row and ${sql.raw(String(length - 1))} following)
      )
      select "slotIds", starts_at as "startsAt", last_end as "endsAt" from free
      where n = ${length} and last_end - starts_at = ${agreement.endsAt.getTime() - agreement.startsAt.getTime()} * interval '1 millisecond'
        and starts_at >= ${agreement.earliest} and last_end <= ${agreement.dueBy}
        and not exists (
          select 1 from needs n, jsonb_to_recordset(coalesce(n.excluded_times, '[]')) as x("from" timestamptz, "until" timestamptz)
          where n.id = ${agreement.needId} and x."from" < free.last_end and free.starts_at < x."until")
      order by abs(extract(epoch from starts_at - ${agreement.startsAt}::timestamptz)), starts_at limit 1`,
  );
  return found[0];
};

/**
 * Rule C4: these slots have gone, without blame. For each agreement on them another time of the same clinic is tried
 * first; failing that the need re-opens, one priority higher. Where the patient was told already, home gets the task to ring
 * her.
 * @returns how many agreements were moved, and how many broke.
 */
export const loseAgreedSlots = async (
  tx: Tx,
  actor: Actor,
  slotIds: readonly string[],
  mayMove: boolean,
): Promise<{ readonly moved: number; readonly broken: number }> => {
  const seen = await liveAgreementsOnSlots(tx.q, slotIds);
  if (seen.length === 0) return { moved: 0, broken: 0 };
  await lockRequests(tx, unique(seen.map((agreement) => agreement.requestId)));
  const affected = await liveAgreementsOnSlots(tx.q, slotIds);
  let moved = 0;
  for (const agreement of affected) {
    const another = mayMove ? await findAnotherTime(tx, agreement) : undefined;
    if (another !== undefined && (await takeInstead(tx, actor, agreement, another, slotIds))) moved += 1;
    else {
      await endOne(tx, actor, agreement, {
        bySide: "supporting",
        code: "slot-gone",
        stillNeeded: true,
        excludesPractice: false,
      });
    }
  }
  for (const requestId of new Set(affected.map((agreement) => agreement.requestId)))
    await announceRequest(tx, requestId);
  return { moved, broken: affected.length - moved };
};

const takeInstead = async (
  tx: Tx,
  actor: Actor,
  agreement: LiveAgreement,
  another: z.output<typeof freeBlock>,
  lost: readonly string[],
): Promise<boolean> => {
  const taken = await setSlotStates(tx, another.slotIds, ["free"], "busy");
  if (taken.length !== another.slotIds.length) {
    await setSlotStates(tx, taken, ["busy"], "free");
    return false;
  }
  const stillThere = agreement.slotIds.filter((id) => !lost.includes(id));
  if (stillThere.length > 0) await setSlotStates(tx, stillThere, ["busy"], "free");
  const told = await knownTime(tx, agreement);
  await moveAgreement(tx, agreement.id, another);
  const step = await unsettle(tx, actor, agreement, another.startsAt);
  const data = {
    reference: agreement.reference,
    agreement: describe({ ...agreement, startsAt: another.startsAt, endsAt: another.endsAt }),
    before: agreement.startsAt.toISOString(),
    step,
    ringPatient: told !== undefined,
  };
  if (told !== undefined)
    await makeTask(tx, agreement, { kind: "ring-patient", why: "moved", before: told, after: another.startsAt });
  for (const stream of await concerned(tx, agreement)) tx.emit(eventFor(agreementMoved, stream, data));
  await recordAudit(tx, actor, "agreement.move", agreement.reference, { ref: agreement.ref });
  return true;
};

/** What was said of the old time no longer holds: the steps go back, the release-by counts anew, and nobody is *told*. */
const unsettle = async (
  tx: Tx,
  actor: Actor,
  agreement: LiveAgreement,
  startsAt: Date,
): Promise<ReturnType<typeof stepAfterMove>> => {
  const step = stepAfterMove(agreement.step);
  await undoSteps(tx, agreement.id, ["blocked", "booked", "told"], actor);
  await setStep(tx, [agreement.id], step);
  await markNeeds(tx, [agreement.needId], { from: ["told"], to: "agreed" });
  await setRelease(tx, agreement.id, (await releaseFor(tx, agreement.homeCode))(startsAt));
  return step;
};
