import type { Queryable, Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { brokersOf } from "../practices/index.ts";
import { lockRequests } from "../requests/index.ts";
import { homeActs } from "./agreements.errors.ts";
import { taskEnded, taskMade } from "./agreements.events.ts";
import {
  findTask,
  insertTask,
  openTasksOf,
  rungTime,
  setAcknowledged,
  setWithdrawn,
  taskById,
  type NewTask,
} from "./tasks.repository.ts";
import type { TaskKind, TaskView } from "./tasks.schema.ts";

interface Of {
  readonly id: string;
  readonly requestId: string;
  readonly homeCode: string;
  readonly groupCode: string;
}

const read = async (tx: Tx, id: string): Promise<TaskView> => {
  const task = await taskById(tx.q, id);
  if (task === undefined) throw notFound("task");
  return task;
};

const data = ({ id, kind, why, reference, ref, agreementId, homeCode, supportingCode, before, after }: TaskView) => ({
  id,
  kind,
  why,
  reference,
  ref,
  agreementId,
  homeCode,
  supportingCode,
  before,
  after,
});

const audience = async (tx: Tx, of: { readonly homeCode: string; readonly groupCode: string }): Promise<string[]> => [
  ...new Set([of.homeCode, ...(await brokersOf(tx, of.groupCode))]),
];

/** Puts a task on home's desk, in the caller's transaction, which holds the lock of the request. */
export const makeTask = async (tx: Tx, of: Of, task: NewTask): Promise<void> => {
  const made = data(await read(tx, await insertTask(tx, of, task)));
  for (const stream of await audience(tx, of)) tx.emit(eventFor(taskMade, stream, made));
};

/**
 * The time that the patient goes by, if she knows one: she was told, or was rung about a change since. A slot that goes a
 * second time, before the new time was told in due form, must be rung about as well (C4).
 */
export const knownTime = async (
  tx: Tx,
  agreement: { readonly id: string; readonly step: string; readonly startsAt: Date },
): Promise<Date | undefined> => (agreement.step === "told" ? agreement.startsAt : rungTime(tx.q, agreement.id));

const end = async (
  tx: Tx,
  of: { readonly homeCode: string; readonly groupCode: string },
  id: string,
  as: string | null,
): Promise<TaskView> => {
  const task = await read(tx, id);
  for (const stream of await audience(tx, of))
    tx.emit(eventFor(taskEnded, stream, { ...data(task), acknowledgedAs: as }));
  return task;
};

/** A task in the actor's sight (P3). */
export const requireTask = async (q: Queryable, actor: Actor, id: string) => {
  const task = await findTask(q, id);
  const isSeen = task?.homeCode === actor.organisationCode || (isBroker(actor) && task?.groupCode === actor.groupCode);
  if (task === undefined || !isSeen) throw notFound("task");
  return task;
};

/** A person of the home practice says that they know, and what they did (C4, H1). Saying it twice changes nothing more. */
export const acknowledgeTask = async (
  tx: Tx,
  actor: Actor,
  id: string,
  input: { readonly as: string },
): Promise<TaskView> => {
  const task = await requireTask(tx.q, actor, id);
  if (task.homeCode !== actor.organisationCode || !actor.roles.some((role) => role !== "broker" && role !== "admin"))
    throw homeActs();
  await lockRequests(tx, [task.requestId]);
  if (!(await setAcknowledged(tx, id, actor.userId, input.as))) return read(tx, id);
  const ended = await end(tx, task, id, input.as);
  await recordAudit(tx, actor, "task.acknowledge", ended.reference, { ref: ended.ref, kind: ended.kind, as: input.as });
  return ended;
};

/** Home has told these patients in due form: whoever was to ring them has. */
export const tasksTold = async (tx: Tx, actor: Actor, agreements: readonly Of[]): Promise<void> => {
  const mine = agreements.filter(({ homeCode }) => homeCode === actor.organisationCode);
  const [first] = mine;
  if (first === undefined) return;
  const open = await openTasksOf(
    tx.q,
    mine.map(({ id }) => id),
    "ring-patient",
  );
  for (const id of open) if (await setAcknowledged(tx, id, actor.userId, "rung")) await end(tx, first, id, "rung");
};

/** What a task was about was taken back: nothing is owed any more. */
export const withdrawTasks = async (tx: Tx, of: Of, kind: TaskKind): Promise<void> => {
  for (const id of await openTasksOf(tx.q, [of.id], kind)) {
    await setWithdrawn(tx, id);
    await end(tx, of, id, null);
  }
};
