import { sql } from "drizzle-orm";
import type { Tx } from "../../platform/db/database.ts";
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
