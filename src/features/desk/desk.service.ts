import { appNow, type Database } from "../../platform/db/database.ts";
import { withOffset } from "../../platform/event-log/event-log.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { readAlarms } from "../alarms/index.ts";
import { listAgreements, listTasks, minutesOf, readerFor } from "../agreements/index.ts";
import { londonDate, londonInstant } from "../calendar/index.ts";
import { listOffers, type OfferView } from "../offers/index.ts";
import { rank, readRequests } from "../requests/index.ts";
import type { DeskView } from "./desk.schema.ts";

const AT_MOST = 200;

/** Most urgent first, then who must answer soonest. */
const byUrgency = (left: OfferView, right: OfferView): number =>
  rank(right.priority) - rank(left.priority) ||
  (left.expiresAt < right.expiresAt ? -1 : left.expiresAt > right.expiresAt ? 1 : left.id < right.id ? -1 : 1);

/** The desk of the actor's organisation, read in one snapshot of the database together with its offset. */
export const readDesk = async (database: Database, actor: Actor): Promise<DeskView> => {
  const { offset, value } = await withOffset(database, actor.organisationCode, async (q) => {
    const now = await appNow(q);
    const today = londonInstant(londonDate(now), "00:00");
    const [waiting, tasks, alarms, agreements, requests, minutes] = await Promise.all([
      listOffers(q, actor, { isAwaitingMe: true, limit: AT_MOST }),
      listTasks(q, readerFor(actor), { state: "open" }),
      isBroker(actor) ? readAlarms(q, actor, "live") : [],
      listAgreements(q, readerFor(actor), { isLive: true, from: today, limit: AT_MOST }),
      readRequests(q, actor, { state: "open", limit: AT_MOST }),
      minutesOf(q, actor.organisationCode),
    ]);
    const at = now.toISOString();
    return { at, waiting: waiting.sort(byUrgency), tasks, alarms, agreements, requests: requests.items, minutes };
  });
  return { offset, ...value };
};
