import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { priorities } from "../requests/index.ts";
import type { Known } from "./heard.rules.ts";

/** Organisations whose log has grown since it was last read here. Streams of nobody (the platform's own) are none. */
export const behindCursors = async (q: Queryable, limit: number): Promise<string[]> =>
  (
    await rows(
      q,
      z.object({ code: z.string() }),
      sql`select h.stream as code from event_heads h join organisations o on o.code = h.stream
          left join reach_cursors c on c.organisation_code = h.stream
          where h.last_offset > coalesce(c."after", 0) order by h.stream limit ${limit}`,
    )
  ).map(({ code }) => code);

/** Takes an organisation's cursor, or says that another process has it: undefined. */
export const takeCursor = async (tx: Tx, code: string): Promise<number | undefined> => {
  await tx.q.execute(
    sql`insert into reach_cursors (organisation_code, "after") values (${code}, 0) on conflict do nothing`,
  );
  const [found] = await rows(
    tx.q,
    z.object({ after: z.coerce.number() }),
    sql`select "after" from reach_cursors where organisation_code = ${code} for update skip locked`,
  );
  return found?.after;
};

export const moveCursor = async (tx: Tx, code: string, after: number): Promise<void> => {
  await tx.q.execute(sql`update reach_cursors set "after" = ${after} where organisation_code = ${code}`);
};

const knownOffer = z.object({
  id: z.string(),
  desk: z.string(),
  state: z.string(),
  awaiting: z.enum(["supporting", "home"]),
  kind: z.enum(["slots", "call"]),
  priority: z.enum(priorities),
});
const sides = z.object({ id: z.string(), homeCode: z.string(), supportingCode: z.string() });
const named = z.object({ code: z.string(), name: z.string() });

/** Looks up, in three statements, what the events of a batch name. */
export const readKnown = async (
  q: Queryable,
  wanted: {
    readonly offers: readonly string[];
    readonly agreements: readonly string[];
    readonly codes: readonly string[];
  },
  now: Date,
): Promise<Known> => {
  const offers =
    wanted.offers.length === 0
      ? []
      : await rows(
          q,
          knownOffer,
          sql`select id, case awaiting when 'home' then home_code else supporting_code end as desk, state, awaiting, kind, priority
              from offers where id = any(${sql.param([...wanted.offers])}::uuid[])`,
        );
  const agreements =
    wanted.agreements.length === 0
      ? []
      : await rows(
          q,
          sides,
          sql`select id, home_code as "homeCode", supporting_code as "supportingCode" from agreements
              where id = any(${sql.param([...wanted.agreements])}::uuid[])`,
        );
  const codes = [...wanted.codes, ...agreements.flatMap((each) => [each.homeCode, each.supportingCode])];
  const names =
    codes.length === 0
      ? []
      : await rows(
          q,
          named,
          sql`select code, name from organisations where code = any(${sql.param([...new Set(codes)])}::text[])`,
        );
  const nameOf = new Map(names.map(({ code, name }) => [code, name]));
  return {
    offers: new Map(offers.map((offer) => [offer.id, offer])),
    agreements: new Map(agreements.map((agreement) => [agreement.id, agreement])),
    nameOf: (code) => nameOf.get(code) ?? code,
    now,
  };
};
