import { sql } from "drizzle-orm";
import type { Tx } from "../../platform/db/database.ts";
import { beginEra, recordAudit, system } from "../audit/index.ts";
import { historyRestored } from "./operations.events.ts";

/** More than any organisation's log can have grown between a backup and its restore. */
const GAP = 1_000_000;

/**
 * What a database needs that was set back to an earlier moment, however that was done. Once for each restore.
 *
 * Every log goes on beyond any offset that was given out before: a client that was further on than the backup would else
 * take new events for those it has. All that lies before counts as pruned, so whoever resumes gets a reset and reads a
 * snapshot (S4). The audit trail begins a new era, because the numbers of transactions may begin anew. Whatever was
 * planned is planned again.
 */
export const settleAfterRestore = async (tx: Tx, takenAt: string | null): Promise<{ readonly streams: number }> => {
  await tx.q.execute(sql`
    insert into event_heads (stream, last_offset) select code, 0 from organisations on conflict do nothing`);
  const moved = await tx.q.execute(sql`
    with moved as (
      update event_heads set last_offset = last_offset + ${GAP} + 1, pruned_through = last_offset + ${GAP}
      returning stream, last_offset
    )
    insert into events (stream, "offset", id, type, at, data)
    select stream, last_offset, gen_random_uuid(), ${historyRestored.type}::text, app_now(),
           jsonb_build_object('takenAt', ${takenAt}::text)
    from moved`);
  await tx.q.execute(sql`
    insert into match_due (group_code, cause, match_due_at)
    select distinct group_code, 'history.restored', app_now() from needs where state in ('open', 'offered')`);
  const era = await beginEra(tx.q);
  await recordAudit(tx, system, "history.restore", "covershare", { takenAt, era });
  return { streams: moved.rowCount ?? 0 };
};
