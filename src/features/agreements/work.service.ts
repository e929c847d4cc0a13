import { appNow, type Queryable } from "../../platform/db/database.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { speakInstant } from "../calendar/index.ts";
import { serviceNames } from "../services/index.ts";
import { readerFor } from "./reader.policy.ts";
import { listTasks } from "./tasks.repository.ts";
import type { TaskView } from "./tasks.schema.ts";
import { presentWork, type Work } from "./work.presenter.ts";
import { workOf } from "./work.repository.ts";

/** More wait on their requests' pages: a desk is read, not searched. */
const AT_MOST = 300;

/** A task as the desk shows it. */
export const presentTask = (task: TaskView, actor: Actor, nameOf: (code: string) => string) => ({
  id: task.id,
  kind: task.kind,
  why: task.why,
  reference: task.reference,
  ref: task.ref,
  agreementId: task.agreementId,
  service: nameOf(task.service),
  homeName: task.homeName,
  where: task.supportingName,
  before: speakInstant(new Date(task.before)),
  after: task.after === null ? undefined : speakInstant(new Date(task.after)),
  madeAt: speakInstant(new Date(task.madeAt)),
  isOurs: task.homeCode === actor.organisationCode,
});

export interface Handover {
  readonly work: Work;
  readonly tasks: readonly ReturnType<typeof presentTask>[];
}

/**
 * What is to be done next: of the own practice's desk, of one request, or of one agreement. A broker sees what is to be
 * done in the group's, and may do it on behalf. Whoever asks for the names of services anyway hands the question on.
 */
export const readHandover = async (
  q: Queryable,
  actor: Actor,
  filter: { readonly reference?: string; readonly id?: string } = {},
  asked: { readonly now?: Promise<Date>; readonly names?: ReturnType<typeof serviceNames> } = {},
): Promise<Handover> => {
  const isDesk = filter.reference === undefined && filter.id === undefined;
  const reader = isDesk ? ({ kind: "organisation", code: actor.organisationCode } as const) : readerFor(actor);
  const [now, nameOf, found, tasks] = await Promise.all([
    asked.now ?? appNow(q),
    asked.names ?? serviceNames(q),
    workOf(q, reader, { ...filter, limit: AT_MOST }),
    listTasks(q, reader, { state: "open", reference: filter.reference }),
  ]);
  const about = filter.id === undefined ? tasks : tasks.filter(({ agreementId }) => agreementId === filter.id);
  return {
    work: presentWork(found, { code: actor.organisationCode, isBroker: isBroker(actor), now, nameOf }),
    tasks: about.map((task) => presentTask(task, actor, nameOf)),
  };
};
