import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";

const holder = z.object({ id: z.string(), organisationCode: z.string() });

/** For which organisation each of these sessions acts now, by session id. */
export const actingFor = async (q: Queryable, sessionIds: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  if (sessionIds.length === 0) return new Map();
  const found = await rows(
    q,
    holder,
    sql`select id_hash as id, acting_for as "organisationCode" from sessions
        where id_hash = any(${sql.param([...sessionIds])}::text[])`,
  );
  return new Map(found.map((row) => [row.id, row.organisationCode]));
};
