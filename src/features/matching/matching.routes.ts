import { atDesk, custom, type AppRoute } from "../access/index.ts";
import type { Solver } from "./blocks.rules.ts";
import { whatIfBody, whatIfView } from "./matching.schema.ts";
import { whatIf } from "./what-if.service.ts";

/** The JSON edge of why and what-if. `solve` runs where it holds nobody up. */
export const matchingRoutes = (solve: Solver): readonly AppRoute[] => [
  custom(
    {
      method: "POST",
      path: "/v1/what-if",
      summary: "What a cover request would come to at this moment, without posting it",
      tag: "matching",
      access: atDesk,
      body: whatIfBody,
      response: whatIfView,
    },
    async ({ actor, body }, database) => ({ body: await whatIf(database, solve, actor, body) }),
  ),
];
