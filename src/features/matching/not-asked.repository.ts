import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { uuidArray } from "./sql.ts";
import type { ReasonCode } from "./solver/index.ts";

/** Says that these lines were planned, so that what is stored about them may be out of date. */
export const markExplainDue = (tx: Tx, lineIds: readonly string[]): void => {
  if (lineIds.length === 0) return;
  tx.write(sql`
    update need_lines set explain_due_at = app_now() where id = any(${uuidArray(lineIds)}) and explain_due_at is null`);
};

const due = z.object({ groupCode: z.string(), lineIds: z.array(z.string()) });

/** Few at once: reading the page of one request works its reasons out anew anyway, and jobs that somebody waits for go first. */
const LINES_AT_ONCE = 10;

/** Lines whose explanation is due, the longest waiting first, by sharing group. */
export const linesToExplain = async (q: Queryable): Promise<z.output<typeof due>[]> =>
  rows(
    q,
    due,
    sql`select r.group_code as "groupCode", array_agg(l.id::text order by l.id) as "lineIds"
        from (select id, request_id from need_lines where explain_due_at is not null order by explain_due_at limit ${LINES_AT_ONCE}) l
        join cover_requests r on r.id = l.request_id group by 1 order by 1`,
  );

const askedRow = z.object({ lineId: z.string().nullable(), code: z.string() });

/** Practices with a waiting offer of each line, and the group's federations: they watch, and nobody asks them. */
export const readAskedOf = async (
  q: Queryable,
  groupCode: string,
  lineIds: readonly string[],
): Promise<{ readonly asked: ReadonlyMap<string, readonly string[]>; readonly bystanders: readonly string[] }> => {
  const found = await rows(
    q,
    askedRow,
    sql`
      select distinct n.line_id as "lineId", o.supporting_code as code
      from needs n join offer_needs x on x.need_id = n.id and x.is_live join offers o on o.id = x.offer_id
      where n.line_id = any(${uuidArray(lineIds)}) and o.state = 'waiting'
      union all
      select null, o.code from sharing_memberships m join organisations o on o.code = m.organisation_code
      where m.group_code = ${groupCode} and o.kind = 'federation'
      order by 1, 2`,
  );
  const asked = new Map<string, string[]>();
  for (const { lineId, code } of found) if (lineId !== null) asked.set(lineId, [...(asked.get(lineId) ?? []), code]);
  return { asked, bystanders: found.filter(({ lineId }) => lineId === null).map(({ code }) => code) };
};

/** Stores explanations; undefined where nothing of the line looks for cover any more, and what was last said stays. */
export const storeNotAsked = async (
  q: Queryable,
  lines: readonly { readonly lineId: string; readonly notAsked: Readonly<Record<string, ReasonCode>> | undefined }[],
): Promise<void> => {
  await q.execute(sql`
    update need_lines l set explain_due_at = null, not_asked = coalesce(t."notAsked", l.not_asked)
    from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as t("lineId" uuid, "notAsked" jsonb) where l.id = t."lineId"`);
};
