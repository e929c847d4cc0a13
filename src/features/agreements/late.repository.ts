import { sql } from "drizzle-orm";
import { z } from "zod";
import { identified, rows, type Tx } from "../../platform/db/database.ts";
import { liveAgreement, selectAgreements, type LiveAgreement } from "./agreements.repository.ts";
import { waitingSteps } from "./late.rules.ts";

const isWaiting = sql`is_live and step in ('agreed', 'blocked', 'passed', 'booked', 'told')`;

const unknown = z.object({
  id: z.string(),
  homeCode: z.string(),
  supportingCode: z.string(),
  step: z.enum(waitingSteps),
  since: z.coerce.date(),
  startsAt: z.coerce.date(),
  endsAt: z.coerce.date(),
  releaseAt: z.coerce.date().nullable(),
});
export type UnknownLateness = z.output<typeof unknown>;

/**
 * Agreements that have moved since their lateness was worked out, at most `limit`; locked, and those that a command is
 * busy with are left for the next sweep.
 */
export const lockUnknownLateness = async (tx: Tx, limit: number): Promise<UnknownLateness[]> =>
  rows(
    tx.q,
    unknown,
    sql`select id, home_code as "homeCode", supporting_code as "supportingCode", step, coalesce(step_at, created_at) as since,
               starts_at as "startsAt", ends_at as "endsAt", release_at as "releaseAt"
        from agreements where ${isWaiting} and late_for is distinct from step
        order by id limit ${limit} for no key update skip locked`,
  );

export const setLateness = async (
  tx: Tx,
  found: readonly { readonly id: string; readonly step: string; readonly lateAt: Date | null }[],
): Promise<void> => {
  if (found.length === 0) return;
  await tx.q.execute(sql`
    update agreements set late_for = input.step, late_at = input."lateAt", chased_at = null
    from jsonb_to_recordset(${JSON.stringify(found)}::jsonb) as input(id uuid, step text, "lateAt" timestamptz)
    where agreements.id = input.id and agreements.step = input.step`);
};

/** Locks agreements whose next step is late, at most `limit`, and notes that their owners are being chased. */
export const takeLate = async (tx: Tx, limit: number): Promise<LiveAgreement[]> => {
  const taken = await rows(
    tx.q,
    identified,
    sql`
      with late as (
        select id from agreements where ${isWaiting} and chased_at is null and late_at <= app_now() and late_for = step
        order by id limit ${limit} for no key update skip locked
      )
      update agreements set chased_at = app_now() from late where agreements.id = late.id returning agreements.id`,
  );
  if (taken.length === 0) return [];
  return rows(
    tx.q,
    liveAgreement,
    sql`${selectAgreements()} where a.id = any(${sql.param(taken.map(({ id }) => id))}::uuid[]) order by r.reference, n.ref`,
  );
};
