import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import type { Position } from "../../platform/event-log/event-log.ts";
import { unique } from "../../platform/lists/lists.ts";
import { priorities } from "../requests/index.ts";
import type { Known } from "./heard.rules.ts";

const coded = z.object({ code: z.string() });
const position = z.object({ stream: z.string(), after: z.coerce.number() });

/** Organisations whose log has grown since it was last read here. Streams of nobody (the platform's own) are none. */
export const behindCursors = async (q: Queryable, limit: number): Promise<string[]> =>
  (
    await rows(
      q,
      coded,
      sql`select h.stream as code from event_heads h join organisations o on o.code = h.stream
          left join reach_cursors c on c.organisation_code = h.stream
          where h.last_offset > coalesce(c."after", 0) order by h.stream limit ${limit}`,
    )
  ).map(({ code }) => code);

/** Takes the cursors of these organisations; those that another process has are missing. */
export const takeCursors = async (tx: Tx, codes: readonly string[]): Promise<Position[]> => {
  await tx.q.execute(sql`
    insert into reach_cursors (organisation_code, "after") select code, 0 from unnest(${sql.param([...codes])}::text[]) as code
    on conflict do nothing`);
  return rows(
    tx.q,
    position,
    sql`select organisation_code as stream, "after" from reach_cursors
        where organisation_code = any(${sql.param([...codes])}::text[]) order by organisation_code for update skip locked`,
  );
};

export const moveCursors = async (tx: Tx, positions: readonly Position[]): Promise<void> => {
  await tx.q.execute(sql`
    update reach_cursors c set "after" = t."after"
    from jsonb_to_recordset(${JSON.stringify(positions)}::jsonb) as t(stream text, "after" bigint)
    where c.organisation_code = t.stream`);
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
          sql`select code, name from organisations where code = any(${sql.param(unique(codes))}::text[])`,
        );
  const nameOf = new Map(names.map(({ code, name }) => [code, name]));
  return {
    offers: new Map(offers.map((offer) => [offer.id, offer])),
    agreements: new Map(agreements.map((agreement) => [agreement.id, agreement])),
    nameOf: (code) => nameOf.get(code) ?? code,
    now,
  };
};
