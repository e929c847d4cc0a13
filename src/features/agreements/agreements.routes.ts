import { z } from "zod";
import { invalidInput } from "../../platform/http/problem.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { atDesk, command, read, type AppRoute } from "../access/index.ts";
import { agreementDetail, agreementPage, agreementParams, agreementQuery, cancelBody } from "./agreements.schema.ts";
import { cancelAgreement } from "./agreements.service.ts";
import { withHandover } from "./checklist.service.ts";
import { handoverRoutes } from "./handover.routes.ts";
import { decodeCursor, encodeCursor } from "./list.repository.ts";
import { listAgreements } from "./list.service.ts";
import { readerFor } from "./reader.policy.ts";
import { taskRoutes } from "./tasks.routes.ts";

export const agreementRoutes: readonly AppRoute[] = [
  read(
    {
      method: "GET",
      path: "/v1/agreements",
      summary: "Agreements of your organisation on either side, or of your sharing group, by start",
      tag: "Agreements",
      access: atDesk,
      query: agreementQuery,
      response: agreementPage,
    },
    async ({ actor, query }, { q }) => {
      const after = query.after === undefined ? undefined : decodeCursor(query.after);
      if (query.after !== undefined && after === undefined)
        throw invalidInput([{ pointer: "/query/after", message: "Use the `next` of the page before." }]);
      const items = await listAgreements(q, readerFor(actor), {
        reference: query.reference,
        isLive: query.live === undefined ? undefined : query.live === "true",
        after,
        limit: query.limit + 1,
      });
      const page = items.slice(0, query.limit);
      const last = page.at(-1);
      return {
        body: { items: page, next: items.length > page.length && last !== undefined ? encodeCursor(last) : null },
      };
    },
  ),
  read(
    {
      method: "GET",
      path: "/v1/agreements/:id",
      summary: "One agreement, with its checklist, its steps and what you may tick next",
      tag: "Agreements",
      access: atDesk,
      params: agreementParams,
      response: agreementDetail,
    },
    async ({ actor, params }, { q }) => {
      const [found] = await listAgreements(q, readerFor(actor), { id: params.id, limit: 1 });
      if (found === undefined) throw notFound("agreement");
      return { body: await withHandover(q, actor, found) };
    },
  ),
  command(
    {
      method: "POST",
      path: "/v1/agreements/:id/cancel",
      summary: "Cancel an agreement with a coded reason",
      tag: "Agreements",
      access: atDesk,
      params: agreementParams,
      body: cancelBody,
      response: z.object({ needState: z.string() }),
    },
    async ({ actor, params, body }, tx) => ({ body: await cancelAgreement(tx, actor, params.id, body) }),
  ),
  ...handoverRoutes,
  ...taskRoutes,
];
