import { appNow, type Database, type Queryable } from "../../platform/db/database.ts";
import { londonToday } from "../../platform/db/london-today.ts";
import { withOffset } from "../../platform/event-log/event-log.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { readAlarms } from "../alarms/index.ts";
import { listAgreements, listTasks, minutesOf, readGiven, readHandover, readerFor } from "../agreements/index.ts";
import { bulletinLine } from "../bulletin/index.ts";
import { listOffers, stoodDownToday } from "../offers/index.ts";
import { readPressure } from "../pressure/index.ts";
import { readRequests } from "../requests/index.ts";
import { serviceNames } from "../services/index.ts";
import type { DeskView } from "./desk.schema.ts";
import { readReminders } from "./reminders.repository.ts";

const AT_MOST = 200;

/** What waits, is agreed and is asked for. Nothing here needs another's answer, so that all of it travels together. */
const readInHand = async (q: Queryable, actor: Actor, options: { readonly timesOf?: number } = {}) => {
  const [waiting, agreements, requests, minutes] = await Promise.all([
    listOffers(q, actor, { isAwaitingMe: true, byUrgency: true, ...options, limit: AT_MOST }),
    listAgreements(q, readerFor(actor), { isLive: true, from: londonToday, limit: AT_MOST }),
    readRequests(q, actor, { state: "open", limit: AT_MOST }),
    minutesOf(q, actor.organisationCode),
  ]);
  return { waiting, agreements, requests: requests.items, minutes };
};

/** The desk of the actor's organisation, read in one snapshot of the database together with its offset. */
export const readDesk = async (database: Database, actor: Actor): Promise<DeskView> => {
  const { offset, value } = await withOffset(database, actor.organisationCode, async (q) => {
    const [now, inHand, tasks, alarms] = await Promise.all([
      appNow(q),
      readInHand(q, actor),
      listTasks(q, readerFor(actor), { state: "open" }),
      isBroker(actor) ? readAlarms(q, actor, "live") : [],
    ]);
    return { at: now.toISOString(), ...inHand, tasks, alarms };
  });
  return { offset, ...value };
};

/**
 * All that the page of My desk shows, as of one moment and in one round trip. Times are read of the first `timesOf` offers:
 * the others are shown in short.
 */
export const readDeskPage = async (
  database: Database,
  actor: Actor,
  shown: { readonly timesOf: number; readonly thanks: number; readonly given: { days: number; limit: number } },
) =>
  database.readOnly(async (q) => {
    const [asked, names] = [appNow(q), serviceNames(q)];
    const [now, nameOf, inHand, handover, given, thanks, bulletin, pressure, reminders] = await Promise.all([
      asked,
      names,
      readInHand(q, actor, { timesOf: shown.timesOf }),
      readHandover(q, actor, {}, { now: asked, names }),
      readGiven(q, actor.organisationCode, shown.given, names),
      stoodDownToday(q, actor, shown.thanks),
      bulletinLine(q, actor),
      readPressure(q, actor),
      readReminders(q, actor.organisationCode),
    ]);
    return { now, nameOf, ...inHand, handover, given, thanks, bulletin, pressure: pressure[0], reminders };
  });
