import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../../src/platform/db/database.ts";

const counts = z.object({
  plans: z.coerce.number(),
  lapses: z.coerce.number(),
  rings: z.coerce.number(),
  returns: z.coerce.number(),
  releases: z.coerce.number(),
});

const SAID: Readonly<Record<keyof z.output<typeof counts>, string>> = {
  plans: "changes wait to be planned",
  lapses: "offers wait though their time has passed",
  rings: "needs wait for their next ring though its time has come",
  returns: "needs still look though they were due",
  releases: "agreements are not released though their time has passed",
};

/** Work whose time has come and that nobody has done: what the sweep would find. Empty: nothing. */
export const workLeftDue = async (q: Queryable): Promise<string[]> => {
  const [found] = await rows(
    q,
    counts,
    sql`select (select count(*) from match_due where match_due_at <= app_now()) as plans,
               (select count(*) from offers where state = 'waiting' and expires_at <= app_now()) as lapses,
               (select count(*) from needs where widen_at <= app_now() and state in ('open', 'offered')) as rings,
               (select count(*) from needs n join need_lines l on l.id = n.line_id
                where n.state in ('open', 'offered') and l.due_by <= app_now()) as returns,
               (select count(*) from agreements where is_live and step in ('agreed', 'blocked')
                  and release_at <= app_now()) as releases`,
  );
  if (found === undefined) throw new Error("no counts");
  return Object.entries(SAID).flatMap(([what, said]) => {
    const count = Object.entries(found).find(([name]) => name === what)?.[1] ?? 0;
    return count === 0 ? [] : [`${count} ${said}`];
  });
};
