import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { isoText } from "../../platform/db/iso-text.ts";
import { identified, rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { newId } from "../../platform/ids/ids.ts";
import type { Reader } from "./list.repository.ts";
import { taskView, type TaskKind, type TaskView, type TaskWhy } from "./tasks.schema.ts";

const isOpen = sql`t.acknowledged_at is null and t.withdrawn_at is null`;

const select = (where: SQL, limit = 200): SQL => sql`
  select t.id, t.kind, t.why, r.reference, n.ref, l.service_code as service, t.agreement_id as "agreementId",
         t.home_code as "homeCode", home.name as "homeName", a.supporting_code as "supportingCode",
         supporting.name as "supportingName", ${isoText(sql`t.before`)} as before, ${isoText(sql`t.after`)} as after,
         ${isoText(sql`t.made_at`)} as "madeAt", ${isoText(sql`t.acknowledged_at`)} as "acknowledgedAt",
         t.acknowledged_as as "acknowledgedAs"
  from patient_tasks t
  join agreements a on a.id = t.agreement_id
  join cover_requests r on r.id = t.request_id
  join needs n on n.id = a.need_id
  join need_lines l on l.id = n.line_id
  join organisations home on home.code = t.home_code
  join organisations supporting on supporting.code = a.supporting_code
  where ${where} order by t.made_at, t.id limit ${limit}`;

/** Tasks as their reader may see them: those of the own practice, or of a broker's group (P3). */
export const listTasks = async (
  q: Queryable,
  reader: Reader,
  filter: { readonly state: "open" | "acknowledged"; readonly reference?: string | undefined; readonly id?: string },
): Promise<TaskView[]> =>
  rows(
    q,
    taskView,
    select(
      sql.join(
        [
          reader.kind === "group" ? sql`t.group_code = ${reader.groupCode}` : sql`t.home_code = ${reader.code}`,
          filter.state === "open" ? isOpen : sql`t.acknowledged_at is not null`,
          ...(filter.reference === undefined ? [] : [sql`r.reference = ${filter.reference}`]),
          ...(filter.id === undefined ? [] : [sql`t.id = ${filter.id}`]),
        ],
        sql` and `,
      ),
    ),
  );

const owner = z.object({ id: z.string(), homeCode: z.string(), groupCode: z.string(), requestId: z.string() });

/** Whose task it is; undefined for one that does not exist or was withdrawn. */
export const findTask = async (q: Queryable, id: string): Promise<z.output<typeof owner> | undefined> =>
  (
    await rows(
      q,
      owner,
      sql`select id, home_code as "homeCode", group_code as "groupCode", request_id as "requestId"
          from patient_tasks where id = ${id} and withdrawn_at is null`,
    )
  )[0];

export const taskById = async (q: Queryable, id: string): Promise<TaskView | undefined> =>
  (await rows(q, taskView, select(sql`t.id = ${id}`)))[0];

const known = z.object({ before: z.coerce.date() });

/**
 * The time that the patient of an agreement goes by because home has rung her, or is about to: the latest of its tasks.
 * Undefined where none was ever made, or the last one left her without a time.
 */
export const rungTime = async (q: Queryable, agreementId: string): Promise<Date | undefined> =>
  (
    await rows(
      q,
      known,
      sql`select coalesce(after, before) as before from patient_tasks
          where agreement_id = ${agreementId} and kind = 'ring-patient' and withdrawn_at is null
          order by made_at desc, id desc limit 1`,
    )
  )[0]?.before;

export interface NewTask {
  readonly kind: TaskKind;
  readonly why: TaskWhy;
  readonly before: Date;
  readonly after: Date | null;
}

/** Writes a task; one of the same kind that is still open is brought up to date instead, and keeps what she was told. */
export const insertTask = async (
  tx: Tx,
  of: {
    readonly id: string;
    readonly requestId: string;
    readonly homeCode: string;
    readonly groupCode: string;
  },
  task: NewTask,
): Promise<string> => {
  const [made] = await rows(
    tx.q,
    identified,
    sql`
      insert into patient_tasks (id, kind, why, group_code, home_code, request_id, agreement_id, before, after, made_at)
      values (${newId()}, ${task.kind}, ${task.why}, ${of.groupCode}, ${of.homeCode}, ${of.requestId}, ${of.id},
              ${task.before.toISOString()}::timestamptz, ${task.after?.toISOString() ?? null}::timestamptz, app_now())
      on conflict (agreement_id, kind) where acknowledged_at is null and withdrawn_at is null
        do update set why = excluded.why, after = excluded.after
      returning id`,
  );
  if (made === undefined) throw new Error("a task that was written has no id");
  return made.id;
};

/** The first acknowledgement stands. Says whether this one did. */
export const setAcknowledged = async (tx: Tx, id: string, userId: string, as: string): Promise<boolean> => {
  const done = await tx.q.execute(sql`
    update patient_tasks set acknowledged_at = app_now(), acknowledged_by = ${userId}, acknowledged_as = ${as}
    where id = ${id} and acknowledged_at is null and withdrawn_at is null`);
  return (done.rowCount ?? 0) > 0;
};

/** Open tasks of these agreements, of one kind. */
export const openTasksOf = async (q: Queryable, agreementIds: readonly string[], kind: TaskKind): Promise<string[]> =>
  agreementIds.length === 0
    ? []
    : (
        await rows(
          q,
          identified,
          sql`select id from patient_tasks t where agreement_id = any(${sql.param([...agreementIds])}::uuid[])
              and kind = ${kind} and ${isOpen} order by id`,
        )
      ).map(({ id }) => id);

export const setWithdrawn = async (tx: Tx, id: string): Promise<void> => {
  await tx.q.execute(sql`update patient_tasks set withdrawn_at = app_now() where id = ${id}`);
};
