import { atDesk, command, read, type AppRoute } from "../access/index.ts";
import { readerFor } from "./reader.policy.ts";
import { listTasks } from "./tasks.repository.ts";
import { acknowledgeBody, taskParams, tasksAnswer, tasksQuery, taskView } from "./tasks.schema.ts";
import { acknowledgeTask } from "./tasks.service.ts";

/** What home owes patients, and brokers watch: rows that stay until a person of home says that they know (C4, H1). */
export const taskRoutes: readonly AppRoute[] = [
  read(
    {
      method: "GET",
      path: "/v1/tasks",
      summary: "Patients whom your practice must ring or decide about; for a broker those of the group",
      tag: "Agreements",
      access: atDesk,
      query: tasksQuery,
      response: tasksAnswer,
    },
    async ({ actor, query }, { q }) => ({ body: { items: await listTasks(q, readerFor(actor), query) } }),
  ),
  command(
    {
      method: "POST",
      path: "/v1/tasks/:id/acknowledge",
      summary: "A person of the home practice says that they know, and what they did",
      tag: "Agreements",
      access: atDesk,
      params: taskParams,
      body: acknowledgeBody,
      response: taskView,
    },
    async ({ actor, params, body }, tx) => ({ body: await acknowledgeTask(tx, actor, params.id, body) }),
  ),
];
