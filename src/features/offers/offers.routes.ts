import { z } from "zod";
import { notFound } from "../../platform/errors/domain-error.ts";
import { invalidInput } from "../../platform/http/problem.ts";
import { atDesk, command, read, type AppRoute } from "../access/index.ts";
import { requestParams } from "../requests/index.ts";
import { acceptOffer, declineOffer, extendOffer } from "./answer.service.ts";
import { decodeOfferCursor, listOffers } from "./list.repository.ts";
import {
  acceptBody,
  answerView,
  declineBody,
  offerPage,
  offerParams,
  offerQuery,
  offerView,
  proposalView,
  proposeBody,
  requestOffers,
} from "./offers.schema.ts";
import { offersOfRequest } from "./request-offers.service.ts";
import { proposeTimes } from "./propose.service.ts";

const shared = { tag: "Offers", access: atDesk } as const;

export const offerRoutes: readonly AppRoute[] = [
  read(
    {
      ...shared,
      method: "GET",
      path: "/v1/offers",
      summary: "Offers made to your organisation, newest first; `awaiting=me` for what waits for your answer",
      query: offerQuery,
      response: offerPage,
    },
    async ({ actor, query }, { q }) => {
      const after = query.after === undefined ? undefined : decodeOfferCursor(query.after);
      if (query.after !== undefined && after === undefined)
        throw invalidInput([{ pointer: "/query/after", message: "Use the `next` of the page before." }]);
      const found = await listOffers(q, actor, {
        isAwaitingMe: query.awaiting === "me",
        state: query.state,
        after,
        limit: query.limit + 1,
      });
      const items = found.slice(0, query.limit);
      return { body: { items, next: found.length > items.length ? (items.at(-1)?.id ?? null) : null } };
    },
  ),
  read(
    {
      ...shared,
      method: "GET",
      path: "/v1/offers/:id",
      summary: "One offer with its needs and times",
      params: offerParams,
      response: offerView,
    },
    async ({ actor, params }, { q }) => {
      const [offer] = await listOffers(q, actor, { id: params.id, limit: 1 });
      if (offer === undefined) throw notFound("offer");
      return { body: offer, etag: offer.version };
    },
  ),
  read(
    {
      ...shared,
      method: "GET",
      path: "/v1/cover-requests/:reference/offers",
      summary: "Who has been asked: counts for the practice, names for the broker",
      params: requestParams,
      response: requestOffers,
    },
    async ({ actor, params }, { q }) => ({ body: await offersOfRequest(q, actor, params.reference) }),
  ),
  command(
    {
      ...shared,
      method: "POST",
      path: "/v1/offers/:id/accept",
      summary: "Accept all of an offer, or the ticked times",
      params: offerParams,
      body: acceptBody,
      response: answerView,
    },
    async ({ actor, params, body }, tx) => ({ body: await acceptOffer(tx, actor, params.id, body) }),
  ),
  command(
    {
      ...shared,
      method: "POST",
      path: "/v1/offers/:id/decline",
      summary: "Decline an offer with a code",
      params: offerParams,
      body: declineBody,
      response: z.object({ state: z.literal("declined") }),
    },
    async ({ actor, params, body }, tx) => ({ body: await declineOffer(tx, actor, params.id, body) }),
  ),
  command(
    {
      ...shared,
      method: "POST",
      path: "/v1/offers/:id/propose",
      summary: "Answer a call with times, or propose other times",
      params: offerParams,
      body: proposeBody,
      response: proposalView,
    },
    async ({ actor, params, body }, tx) => ({ body: await proposeTimes(tx, actor, params.id, body) }),
  ),
  command(
    {
      ...shared,
      method: "POST",
      path: "/v1/offers/:id/extend",
      summary: "Checking with our nurse: half as long again, once",
      params: offerParams,
      response: z.object({ expiresAt: z.iso.datetime() }),
    },
    async ({ actor, params }, tx) => ({ body: await extendOffer(tx, actor, params.id) }),
  ),
];
