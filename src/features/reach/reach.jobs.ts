import type { Database } from "../../platform/db/database.ts";
import type { Sweeper } from "../../platform/queue/sweep.ts";
import { composeDue } from "./compose.service.ts";
import { deriveDeliveries } from "./derive.service.ts";
import { sendDue, type Couriers } from "./send.service.ts";

/** Messages that one process has in hand at once: as many connections to the mail server. */
export const SENT_AT_ONCE = 5;

/**
 * From what happened to what has left, in three steps that may each be cut off anywhere: logs into deliveries, deliveries
 * into messages, messages out.
 */
export const reachSweepers = (database: Database, couriers: Couriers): readonly Sweeper[] => [
  {
    name: "derive deliveries",
    run: async () => {
      await deriveDeliveries(database);
    },
  },
  {
    name: "compose messages",
    run: async () => {
      await composeDue(database, { hasMail: couriers.email !== undefined, hasPush: couriers.push !== undefined });
    },
  },
];

/** The last step, for a sweep of its own: a mail server that is slow keeps nobody's offer from lapsing. */
export const sendingSweeper = (database: Database, couriers: Couriers): Sweeper => ({
  name: "send messages",
  run: async () => sendDue(database, couriers, SENT_AT_ONCE),
});
