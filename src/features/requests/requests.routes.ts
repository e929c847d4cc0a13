import type { Answer } from "../../platform/http/route.ts";
import { atDesk, brokersOnly, command, commandAhead, read, type AppRoute } from "../access/index.ts";
import { amendRequest } from "./amending.service.ts";
import { readAheadOf } from "./drafting.service.ts";
import { acknowledgeReturn, sortNeed, withdrawNeeds } from "./ending.service.ts";
import { widenNow } from "./widening.service.ts";
import { setPaused } from "./pausing.service.ts";
import { postRequest } from "./posting.service.ts";
import { readRequest, readRequests } from "./reading.service.ts";
import type { RequestPorts } from "./requests.ports.ts";
import {
  amendRequestBody,
  listQuery,
  needParams,
  noBody,
  pauseBody,
  postRequestBody,
  requestPage,
  requestParams,
  requestView,
  sortedBody,
  widenBody,
  withdrawBody,
  type RequestView,
} from "./requests.schema.ts";

const tag = "cover-requests";
const path = "/v1/cover-requests";

const answer = (view: RequestView): Answer => ({ body: view, etag: view.version });

const reading: readonly AppRoute[] = [
  read(
    {
      method: "GET",
      path,
      summary: "Your cover requests, newest first; for a broker, those of the sharing group",
      tag,
      access: atDesk,
      query: listQuery,
      response: requestPage,
    },
    async ({ actor, query }, { q }) => ({ body: await readRequests(q, actor, query) }),
  ),
  read(
    {
      method: "GET",
      path: `${path}/:reference`,
      summary: "One cover request: its lines, each need and where it stands, and who was asked",
      tag,
      access: atDesk,
      params: requestParams,
      response: requestView,
    },
    async ({ actor, params }, { q }) => answer(await readRequest(q, actor, params.reference)),
  ),
];

const brokering: readonly AppRoute[] = (["pause", "resume"] as const).map((verb) =>
  command(
    {
      method: "POST",
      path: `${path}/:reference/${verb}`,
      summary: verb === "pause" ? "Stop asking for a request for now" : "Ask for a paused request again",
      tag,
      access: brokersOnly,
      params: requestParams,
      body: pauseBody,
      response: requestView,
    },
    async ({ actor, params, body }, tx) =>
      answer(await setPaused(tx, actor, { ...params, ...body, isPaused: verb === "pause" })),
  ),
);

/** The JSON edge of cover requests. `ports` are the features above, wired by the composition root. */
export const requestRoutes = (ports: RequestPorts): readonly AppRoute[] => [
  commandAhead(
    {
      method: "POST",
      path,
      summary: "Post a cover request: say once what you are short of",
      tag,
      access: atDesk,
      body: postRequestBody,
      response: requestView,
    },
    readAheadOf,
    async ({ actor, body }, tx, ahead) => {
      const view = await postRequest(tx, actor, body, ahead);
      return { ...answer(view), status: 201, headers: { location: `${path}/${view.reference}` } };
    },
  ),
  ...reading,
  command(
    {
      method: "PATCH",
      path: `${path}/:reference`,
      summary: "Amend a request: counts, windows, distance, requirements, priority",
      tag,
      access: atDesk,
      params: requestParams,
      body: amendRequestBody,
      response: requestView,
      needsIfMatch: true,
    },
    async ({ actor, params, body, ifMatch }, tx) =>
      answer(await amendRequest(tx, ports, actor, { ...params, ...body, version: ifMatch })),
  ),
  command(
    {
      method: "POST",
      path: `${path}/:reference/withdraw`,
      summary: "Withdraw a request, or some of its needs: not needed after all",
      tag,
      access: atDesk,
      params: requestParams,
      body: withdrawBody,
      response: requestView,
    },
    async ({ actor, params, body }, tx) =>
      answer(await withdrawNeeds(tx, ports, actor, { ...params, needs: body.needs })),
  ),
  command(
    {
      method: "POST",
      path: `${path}/:reference/needs/:ref/sorted`,
      summary: "Say that a need was met in another way",
      tag,
      access: atDesk,
      params: needParams,
      body: sortedBody,
      response: requestView,
    },
    async ({ actor, params, body }, tx) => answer(await sortNeed(tx, ports, actor, { ...params, ...body })),
  ),
  command(
    {
      method: "POST",
      path: `${path}/:reference/needs/:ref/acknowledge`,
      summary: "Acknowledge that a need came back uncovered at its due-by",
      tag,
      access: atDesk,
      params: needParams,
      body: noBody,
      response: requestView,
    },
    async ({ actor, params }, tx) => answer(await acknowledgeReturn(tx, actor, params)),
  ),
  ...brokering,
  command(
    {
      method: "POST",
      path: `${path}/:reference/widen`,
      summary: "Open the next ring of a request now",
      tag,
      access: brokersOnly,
      params: requestParams,
      body: widenBody,
      response: requestView,
    },
    async ({ actor, params, body }, tx) => answer(await widenNow(tx, actor, { ...params, ...body })),
  ),
];
