import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { isoText } from "../../platform/db/iso-text.ts";
import { newId } from "../../platform/ids/ids.ts";
import type { Priority } from "../requests/index.ts";
import { defaultPlan, planFor } from "./cover-plans.rules.ts";
import { planSchema, type Asking, type Plan } from "./cover-plans.schema.ts";

const stored = z.object({
  /** Null: all services. */
  serviceCode: z.string().nullable(),
  plan: planSchema.nullable(),
  version: z.number(),
  changedAt: z.string(),
});
export type StoredPlan = z.output<typeof stored>;

/** What the group has changed or taken back, by service. */
export const plansOf = async (q: Queryable, groupCode: string): Promise<StoredPlan[]> =>
  rows(
    q,
    stored,
    sql`select service_code as "serviceCode", plan, version, ${isoText(sql`changed_at`)} as "changedAt"
        from cover_plans where group_code = ${groupCode} order by service_code nulls first`,
  );

/** Writes a plan if it still is at `version`, 0 being none yet; says whether it was. */
export const savePlan = async (
  tx: Tx,
  of: { readonly groupCode: string; readonly serviceCode: string | null },
  version: number,
  plan: Plan | null,
): Promise<boolean> => {
  const text = plan === null ? null : JSON.stringify(plan);
  const written = await tx.q.execute(
    version === 0
      ? sql`insert into cover_plans (id, group_code, service_code, plan, version, changed_at)
            values (${newId()}, ${of.groupCode}, ${of.serviceCode}, ${text}::jsonb, 1, app_now()) on conflict do nothing`
      : sql`update cover_plans set plan = ${text}::jsonb, version = version + 1, changed_at = app_now()
            where group_code = ${of.groupCode} and service_code is not distinct from ${of.serviceCode}::text and version = ${version}`,
  );
  return written.rowCount === 1;
};

/** How the group asks for needs of a service and priority. */
export const readAskingFor = async (
  q: Queryable,
  groupCode: string,
): Promise<(serviceCode: string, priority: Priority) => Asking> => {
  const stored = await plansOf(q, groupCode);
  return (serviceCode, priority) => planFor(stored, serviceCode)[priority];
};

/**
 * SQL for how something is asked for (`Asking` as JSON): the plan of its service, else of all services, else the default.
 * Two look-ups in a small table by its key.
 */
export const askingSql = (groupCode: SQL, serviceCode: SQL, priority: SQL): SQL => sql`
  (coalesce((select plan from cover_plans where group_code = ${groupCode} and service_code = ${serviceCode}),
            (select plan from cover_plans where group_code = ${groupCode} and service_code is null),
            ${JSON.stringify(defaultPlan)}::jsonb) -> ${priority})`;
