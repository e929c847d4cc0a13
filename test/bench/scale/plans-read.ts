import { sql } from "drizzle-orm";
import type pg from "pg";
import { z } from "zod";
import type { Queryable } from "../../../src/platform/db/database.ts";

/*
 * The plans that PostgreSQL really used, generic ones of prepared statements included, by its auto_explain module: it sends
 * them as notices to the connection that ran the statement.
 */

interface PlanNode {
  readonly type: string;
  readonly relation: string | undefined;
  readonly index: string | undefined;
  readonly rows: number;
  readonly loops: number;
  readonly removed: number;
  readonly parts: readonly PlanNode[];
}

const planNode: z.ZodType<PlanNode> = z
  .object({
    "Node Type": z.string(),
    "Relation Name": z.string().optional(),
    "Index Name": z.string().optional(),
    "Actual Rows": z.number(),
    "Actual Loops": z.number(),
    "Rows Removed by Filter": z.number().default(0),
    "Rows Removed by Index Recheck": z.number().default(0),
    get Plans() {
      return z.array(planNode).default([]);
    },
  })
  .transform((node) => ({
    type: node["Node Type"],
    relation: node["Relation Name"],
    index: node["Index Name"],
    rows: node["Actual Rows"],
    loops: node["Actual Loops"],
    removed: node["Rows Removed by Filter"] + node["Rows Removed by Index Recheck"],
    parts: node.Plans,
  }));

const explained = z.object({
  "Query Text": z.string(),
  Plan: planNode,
});

const buffers = z.object({
  Plan: z.object({ "Shared Hit Blocks": z.number().default(0), "Shared Read Blocks": z.number().default(0) }),
});

export interface SeenPlan {
  readonly text: string;
  readonly json: string;
  /** Rows that its scans looked at, those that a filter threw away included. */
  readonly rowsRead: number;
  /** Pages of 8 KiB, found in memory or read. */
  readonly pages: number;
  /** Tables that were read from end to end. */
  readonly scannedWhole: readonly string[];
}

const scans = (node: PlanNode): PlanNode[] => [
  ...(node.relation === undefined ? [] : [node]),
  ...node.parts.flatMap(scans),
];

const readNotice = (message: string): SeenPlan | undefined => {
  const start = message.indexOf("{");
  if (!message.includes("plan:") || start < 0) return undefined;
  const json: unknown = JSON.parse(message.slice(start));
  const { "Query Text": text, Plan } = explained.parse(json);
  const at = buffers.parse(json).Plan;
  const found = scans(Plan);
  return {
    text,
    json: JSON.stringify(json, undefined, 1),
    rowsRead: found.reduce((sum, node) => sum + (node.rows + node.removed) * node.loops, 0),
    pages: at["Shared Hit Blocks"] + at["Shared Read Blocks"],
    scannedWhole: found.flatMap((node) =>
      node.type === "Seq Scan" && node.relation !== undefined && node.loops > 0 ? [node.relation] : [],
    ),
  };
};

/** Runs `work` and answers the plans of every statement that it ran in the pool's connections. Slower: do not time it. */
export const watchPlans = async (
  pool: pg.Pool,
  q: Queryable,
  work: () => Promise<void>,
): Promise<readonly SeenPlan[]> => {
  const seen: SeenPlan[] = [];
  const client = await pool.connect();
  const listen = (notice: { readonly message?: string | undefined }): void => {
    const plan = readNotice(notice.message ?? "");
    if (plan !== undefined) seen.push(plan);
  };
  client.on("notice", listen);
  client.release();
  const set = async (minDuration: number): Promise<void> => {
    await q.execute(sql`select set_config('auto_explain.log_min_duration', ${String(minDuration)}, false)`);
  };
  await q.execute(sql`load 'auto_explain'`);
  for (const [name, value] of [
    ["log_analyze", "on"],
    ["log_buffers", "on"],
    ["log_timing", "off"],
    ["log_format", "json"],
    ["log_level", "notice"],
  ])
    await q.execute(sql`select set_config(${`auto_explain.${name}`}, ${value}, false)`);
  await set(0);
  try {
    await work();
  } finally {
    await set(-1);
    client.off("notice", listen);
  }
  return seen.filter((plan) => !plan.text.includes("set_config"));
};
