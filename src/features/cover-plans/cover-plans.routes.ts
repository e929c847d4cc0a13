import { brokersOnly, command, read, type AppRoute } from "../access/index.ts";
import { coverPlanBody, coverPlanParams, coverPlansAnswer, coverPlanView } from "./cover-plans.schema.ts";
import { changeCoverPlan, readCoverPlan, readCoverPlans } from "./cover-plans.service.ts";

const shared = { tag: "Cover plans", access: brokersOnly } as const;

export const coverPlanRoutes: readonly AppRoute[] = [
  read(
    {
      ...shared,
      method: "GET",
      path: "/v1/cover-plans",
      summary: "How your sharing group asks for each service: waits, breadth and calls",
      response: coverPlansAnswer,
    },
    async ({ actor }, { q }) => ({ body: await readCoverPlans(q, actor) }),
  ),
  read(
    {
      ...shared,
      method: "GET",
      path: "/v1/cover-plans/:service",
      summary: "How your sharing group asks for one service, or for all that have no plan of their own",
      params: coverPlanParams,
      response: coverPlanView,
    },
    async ({ actor, params }, { q }) => {
      const plan = await readCoverPlan(q, actor, params.service);
      return { body: plan, etag: plan.version };
    },
  ),
  command(
    {
      ...shared,
      method: "PUT",
      path: "/v1/cover-plans/:service",
      summary: "Change it, or go back to the default with null; what waits begins its wait anew",
      params: coverPlanParams,
      needsIfMatch: true,
      body: coverPlanBody,
      response: coverPlanView,
    },
    async ({ actor, params, body, ifMatch }, tx) => {
      const plan = await changeCoverPlan(tx, actor, { ...params, version: ifMatch ?? 0, plan: body.plan });
      return { body: plan, etag: plan.version };
    },
  ),
];
