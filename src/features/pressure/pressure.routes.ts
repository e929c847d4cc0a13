import { atDesk, brokersOnly, command, read, type AppRoute } from "../access/index.ts";
import type { Access } from "../../platform/http/route.ts";
import {
  pausePracticeBody,
  practiceParams,
  pressureBody,
  pressureList,
  pressureView,
  resumePracticeBody,
} from "./pressure.schema.ts";
import { declarePressure, pausePractice, readPressure, resumePractice } from "./pressure.service.ts";

/** A practice says it of itself: nobody on its behalf. */
export const atOwnDesk: Access = { kind: "roles", roles: ["nurse", "reception", "manager"] };

export const pressureRoutes: readonly AppRoute[] = [
  read(
    {
      method: "GET",
      path: "/v1/pressure",
      summary:
        "How pressed your practice is; for a broker every practice of the group that has declared it or is paused",
      tag: "Pressure",
      access: atDesk,
      response: pressureList,
    },
    async ({ actor }, { q }) => ({ body: { items: await readPressure(q, actor) } }),
  ),
  command(
    {
      method: "PUT",
      path: "/v1/pressure",
      summary: "Declare how pressed your practice is (OPEL 1–4), or null; from 3 on you are not asked until it expires",
      tag: "Pressure",
      access: atOwnDesk,
      body: pressureBody,
      response: pressureView,
    },
    async ({ actor, body }, tx) => ({ body: await declarePressure(tx, actor, body) }),
  ),
  command(
    {
      method: "POST",
      path: "/v1/organisations/:code/pause",
      summary: "Stop asking a practice, until a time or until it is resumed",
      tag: "Pressure",
      access: brokersOnly,
      params: practiceParams,
      body: pausePracticeBody,
      response: pressureView,
    },
    async ({ actor, params, body }, tx) => ({ body: await pausePractice(tx, actor, { ...params, ...body }) }),
  ),
  command(
    {
      method: "POST",
      path: "/v1/organisations/:code/resume",
      summary: "Ask a practice again",
      tag: "Pressure",
      access: brokersOnly,
      params: practiceParams,
      body: resumePracticeBody,
      response: pressureView,
    },
    async ({ actor, params, body }, tx) => ({ body: await resumePractice(tx, actor, { ...params, ...body }) }),
  ),
];
