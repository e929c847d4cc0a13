import { z } from "zod";
import { brokersOnly, command, read, type AppRoute } from "../access/index.ts";
import { requestParams } from "../requests/index.ts";
import { assignByHand, freeTimesFor } from "./assign.service.ts";
import { nudgeOffers } from "./nudge.service.ts";
import { assignBody, assignedView, freeTimesView, nudgeBody } from "./offers.schema.ts";

const shared = { tag: "Offers", access: brokersOnly, params: requestParams } as const;
const path = "/v1/cover-requests/:reference";

/** What a broker does about the offers of a request (F3). */
export const brokeringRoutes: readonly AppRoute[] = [
  command(
    {
      ...shared,
      method: "POST",
      path: `${path}/nudge`,
      summary: "Ask the desks that have not answered to look again",
      body: nudgeBody,
      response: z.object({ nudged: z.int() }),
    },
    async ({ actor, params, body }, tx) => ({ body: await nudgeOffers(tx, actor, { ...params, ...body }) }),
  ),
  read(
    {
      ...shared,
      method: "GET",
      path: `${path}/free-times`,
      summary: "Free times of the group that could take what a request still looks for, nearest first",
      response: freeTimesView,
    },
    async ({ actor, params }, { q }) => {
      const times = await freeTimesFor(q, actor, params.reference);
      return {
        body: {
          items: times.map(({ slotId, supportingCode, supportingName, km, startsAt, endsAt }) => ({
            slotId,
            supportingCode,
            supportingName,
            km,
            startsAt: startsAt.toISOString(),
            endsAt: endsAt.toISOString(),
          })),
        },
      };
    },
  ),
  command(
    {
      ...shared,
      method: "POST",
      path: `${path}/assign`,
      summary: "Give needs of a request to free times by hand; the system assigns the needs",
      body: assignBody,
      response: assignedView,
    },
    async ({ actor, params, body }, tx) => ({ body: await assignByHand(tx, actor, { ...params, ...body }) }),
  ),
];
