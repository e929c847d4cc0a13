import { sql } from "drizzle-orm";
import type { Queryable } from "../../platform/db/database.ts";
import type { Actor } from "../access/index.ts";

/**
 * Notes that a desk has looked at what waits for it: a desk that has not looked by half of an offer's time is rung (F2).
 * Looking twice changes nothing, and a desk with nothing new writes nothing.
 */
export const noteSeen = async (q: Queryable, actor: Actor): Promise<void> => {
  await q.execute(sql`
    update offers set seen_at = app_now()
    where state = 'waiting' and seen_at is null
      and ((awaiting = 'supporting' and supporting_code = ${actor.organisationCode})
        or (awaiting = 'home' and home_code = ${actor.organisationCode}))`);
};
