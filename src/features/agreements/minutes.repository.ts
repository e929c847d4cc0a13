import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";

/** How far back minutes count; what is agreed ahead counts as well. */
export const BALANCE_DAYS = 90;

const minutes = z.object({ given: z.number(), received: z.number() });
export type Minutes = z.output<typeof minutes>;

/** Minutes that a practice gave to neighbours and received from them: its own, for itself alone (rule P4). */
export const minutesOf = async (q: Queryable, organisationCode: string): Promise<Minutes> => {
  const since = sql`a.is_live and a.starts_at > app_now() - ${BALANCE_DAYS} * interval '1 day'`;
  const total = sql`coalesce(sum(extract(epoch from a.ends_at - a.starts_at)) / 60, 0)::float8`;
  const [found] = await rows(
    q,
    minutes,
    sql`select (select ${total} from agreements a where a.supporting_code = ${organisationCode} and ${since}) as given,
               (select ${total} from agreements a where a.home_code = ${organisationCode} and ${since}) as received`,
  );
  return found ?? { given: 0, received: 0 };
};
