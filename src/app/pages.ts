import type { AppPage } from "../features/access/index.ts";
import { bulletinPages } from "../features/bulletin/index.ts";
import { agreementPages, readHandover } from "../features/agreements/index.ts";
import { rotaPages } from "../features/alarms/index.ts";
import { boardPages } from "../features/board/index.ts";
import { calendarFeedPages } from "../features/calendar-feed/index.ts";
import { clinicPages, type CapacityPorts } from "../features/capacity/index.ts";
import { coverPlanPages } from "../features/cover-plans/index.ts";
import { dataFlowPages } from "../features/data-flow/index.ts";
import { deskPages } from "../features/desk/index.ts";
import { accountPages, signInPages, tokenPages, type Chooser, type IdentityParts } from "../features/identity/index.ts";
import { matchingPages, whatIf, type Solver } from "../features/matching/index.ts";
import { offerPages } from "../features/offers/index.ts";
import { queueBoardPages, type WatchedQueue } from "../features/operations/index.ts";
import { pressurePages } from "../features/pressure/index.ts";
import { settingsPages } from "../features/practices/index.ts";
import { channelPages, noReach, type ReachParts } from "../features/reach/index.ts";
import { requestPages, type RequestPorts } from "../features/requests/index.ts";
import { webhookPages, type WebhookParts } from "../features/webhooks/index.ts";
import { homeOf } from "./frame.ts";
import { classifiedTables } from "./tables.ts";

/** What the pages' commands need from the features above theirs, wired by the composition root like the API's. */
export interface PageParts {
  readonly requests: RequestPorts;
  readonly capacity: CapacityPorts;
  readonly identity: IdentityParts;
  /** Whether mail and push go out here; none where left out. */
  readonly reach?: ReachParts;
  /** For what-if and what helps: off the event loop where that matters. */
  readonly solve: Solver;
  readonly webhooks: WebhookParts;
  readonly queue: WatchedQueue;
  /** Who to be, where the server runs the demonstration. */
  readonly chooser?: Chooser | undefined;
}

/** Every page and every form, in one list: the guard test walks it beside the API's routes. */
export const allPages = (parts: PageParts): readonly AppPage[] => [
  ...signInPages({ ...parts.identity, homeOf, chooser: parts.chooser }),
  ...accountPages(parts.identity),
  ...tokenPages,
  ...settingsPages,
  ...channelPages(parts.reach ?? noReach),
  ...deskPages,
  ...offerPages,
  ...agreementPages,
  ...requestPages({
    ...parts.requests,
    outlookFor: async (database, actor, supposed) => whatIf(database, parts.solve, actor, supposed),
    handoverOf: async (q, actor, reference) => ({ ...(await readHandover(q, actor, { reference })) }),
  }),
  ...matchingPages(parts.solve),
  ...clinicPages(parts.capacity),
  ...rotaPages,
  ...coverPlanPages,
  ...boardPages,
  ...pressurePages,
  ...bulletinPages,
  ...webhookPages(parts.webhooks),
  ...calendarFeedPages,
  ...dataFlowPages(classifiedTables),
  ...queueBoardPages(parts.queue),
];
