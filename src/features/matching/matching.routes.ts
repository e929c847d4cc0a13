import { z } from "zod";
import { atDesk, custom, read, type AppRoute } from "../access/index.ts";
import { requestParams } from "../requests/index.ts";
import type { Solver } from "./blocks.rules.ts";
import { clinicWhyView, helpView, whatIfBody, whatIfView, whyView } from "./matching.schema.ts";
import { whatHelps } from "./what-helps.service.ts";
import { whatIf } from "./what-if.service.ts";
import { whyClinic } from "./why-clinic.service.ts";
import { whyRequest } from "./why.service.ts";

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
  read(
    {
      method: "GET",
      path: "/v1/cover-requests/:reference/why",
      summary: "Why each practice of the group is not asked for what a request still looks for",
      tag: "matching",
      access: atDesk,
      params: requestParams,
      response: whyView,
    },
    async ({ actor, params }, database) => ({ body: await whyRequest(database, actor, params.reference) }),
  ),
  read(
    {
      method: "GET",
      path: "/v1/cover-requests/:reference/help",
      summary: "What would help a request most, each claim found by planning with the change made",
      tag: "matching",
      access: atDesk,
      params: requestParams,
      response: helpView,
    },
    async ({ actor, params }, database) => ({ body: await whatHelps(database, solve, actor, params) }),
  ),
  read(
    {
      method: "GET",
      path: "/v1/clinics/:id/why",
      summary: "Why a clinic of yours is not being offered",
      tag: "matching",
      access: atDesk,
      params: z.strictObject({ id: z.uuid() }),
      response: clinicWhyView,
    },
    async ({ actor, params }, database) => ({ body: await whyClinic(database, actor, params.id) }),
  ),
];
