import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import type { Actor } from "../access/index.ts";
import { requireRequest } from "../requests/index.ts";
import { listOffers } from "./list.repository.ts";
import { offerStates, type RequestOffers } from "./offers.schema.ts";

const counted = z.object({ state: z.enum(offerStates), n: z.number() });

/**
 * Who has been asked for a request: counts for the home practice, which also sees what waits for its own answer; every
 * offer with names for the broker. A stranger's request is an unknown one (P3).
 */
export const offersOfRequest = async (q: Queryable, actor: Actor, reference: string): Promise<RequestOffers> => {
  const request = await requireRequest(q, actor, reference);
  const found = await rows(
    q,
    counted,
    sql`select state, count(*)::int as n from offers where request_id = ${request.id} group by state`,
  );
  const of = (state: (typeof offerStates)[number]): number => found.find((row) => row.state === state)?.n ?? 0;
  return {
    asked: {
      waiting: of("waiting"),
      accepted: of("accepted") + of("part-accepted"),
      declined: of("declined"),
      lapsed: of("lapsed"),
      stoodDown: of("stood-down"),
    },
    items: await listOffers(q, actor, { requestId: request.id, limit: 200 }),
  };
};
