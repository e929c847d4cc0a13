import type { AppRoute } from "../features/access/index.ts";
import { bulletinRoutes } from "../features/bulletin/index.ts";
import { agreementRoutes } from "../features/agreements/index.ts";
import { alarmRoutes } from "../features/alarms/index.ts";
import { calendarFeedRoutes } from "../features/calendar-feed/index.ts";
import { boardRoutes } from "../features/board/index.ts";
import { clinicRoutes, nextWeekRoutes, seriesRoutes, type CapacityPorts } from "../features/capacity/index.ts";
import { coverPlanRoutes } from "../features/cover-plans/index.ts";
import { deskRoutes } from "../features/desk/index.ts";
import { cookieName, identityRoutes, type IdentityParts } from "../features/identity/index.ts";
import { matchingRoutes, type Solver } from "../features/matching/index.ts";
import {
  brokeringRoutes,
  firmConfirmed,
  impactOf,
  lockStanding,
  lockWaitingFor,
  needsEnded,
  offerRoutes,
  slotsLost,
} from "../features/offers/index.ts";
import { practiceRoutes } from "../features/practices/index.ts";
import { pressureRoutes } from "../features/pressure/index.ts";
import { channelRoutes, noteMessageArrived, noReach, type ReachParts } from "../features/reach/index.ts";
import { requestRoutes, type RequestPorts } from "../features/requests/index.ts";
import { serviceRoutes } from "../features/services/index.ts";
import { streamRoutes } from "../features/stream/index.ts";
import { webhookRoutes, type WebhookParts } from "../features/webhooks/index.ts";
import { eventContracts } from "./events.ts";
import { healthRoutes, type HealthParts } from "./health.routes.ts";
import { withOpenApi } from "./openapi.routes.ts";

export interface RouteParts {
  readonly identity: IdentityParts;
  readonly health: HealthParts;
  /** Whether mail and push go out here; none where left out. */
  readonly reach?: ReachParts;
  /** For what-if and why: off the event loop where that matters. */
  readonly solve: Solver;
  readonly webhooks: WebhookParts;
}

/** What lower features ask of higher ones. */
export const capacityPorts: CapacityPorts = {
  impactOf,
  lockStanding,
  lockWaitingFor,
  firmConfirmed,
  slotsLost,
  messageArrived: noteMessageArrived,
};
export const requestPorts: RequestPorts = { needsEnded };

/** Of the API, as its documents say it: the first number is that of the path. */
const API_VERSION = "1.0.0";

const featureRoutes = (parts: RouteParts): readonly AppRoute[] => [
  ...healthRoutes(parts.health),
  ...identityRoutes(parts.identity),
  ...practiceRoutes,
  ...channelRoutes(parts.reach ?? noReach),
  ...serviceRoutes,
  ...nextWeekRoutes,
  ...clinicRoutes(capacityPorts),
  ...seriesRoutes(capacityPorts),
  ...requestRoutes(requestPorts),
  ...offerRoutes,
  ...brokeringRoutes,
  ...agreementRoutes,
  ...alarmRoutes,
  ...coverPlanRoutes,
  ...boardRoutes,
  ...pressureRoutes,
  ...bulletinRoutes,
  ...deskRoutes,
  ...matchingRoutes(parts.solve),
  ...webhookRoutes(parts.webhooks),
  ...calendarFeedRoutes(),
  ...streamRoutes(eventContracts, API_VERSION),
];

/** Every route of the JSON API: what OpenAPI documents and the guard tests walk. */
export const appRoutes = (parts: RouteParts): readonly AppRoute[] =>
  withOpenApi(featureRoutes(parts), cookieName(parts.identity.cookies), API_VERSION);
