import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import type { WalkingAgreement } from "./handover.repository.ts";

type Timed = Pick<WalkingAgreement, "id" | "clinicId" | "slotIds" | "startsAt" | "endsAt">;

/** Gives each of two live agreements the other's clinic, slots and time. Both let go first: a slot is given once (O4). */
export const exchangeTimes = async (tx: Tx, a: Timed, b: Timed): Promise<void> => {
  const both = sql.param([a.id, b.id]);
  await tx.q.execute(sql`
    update agreement_slots set is_live = false where agreement_id = any(${both}::uuid[]) and is_live`);
  for (const [to, from] of [
    [a, b],
    [b, a],
  ] as const) {
    await tx.q.execute(sql`
      insert into agreement_slots (agreement_id, slot_id, is_live)
      select ${to.id}, id, true from unnest(${sql.param([...from.slotIds])}::uuid[]) as id
      on conflict (agreement_id, slot_id) do update set is_live = true`);
    await tx.q.execute(sql`
      update agreements set clinic_id = ${from.clinicId}, starts_at = ${from.startsAt.toISOString()}::timestamptz,
        ends_at = ${from.endsAt.toISOString()}::timestamptz where id = ${to.id}`);
  }
};

/** Live agreements of the same two practices beside this one: what it might be swapped with, before the rules look. */
export const besideIt = async (q: Queryable, id: string): Promise<string[]> =>
  (
    await rows(
      q,
      z.object({ id: z.string() }),
      sql`select b.id from agreements a join agreements b on b.home_code = a.home_code and b.supporting_code = a.supporting_code
            and b.is_live and b.id <> a.id and b.starts_at > app_now()
          where a.id = ${id} order by b.starts_at, b.id limit 60`,
    )
  ).map((row) => row.id);
