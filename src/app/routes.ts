import type { AppRoute } from "../features/access/index.ts";
import { agreementRoutes } from "../features/agreements/index.ts";
import { clinicRoutes, type CapacityPorts } from "../features/capacity/index.ts";
import { deskRoutes } from "../features/desk/index.ts";
import { identityRoutes, type IdentityParts } from "../features/identity/index.ts";
import { impactOf, lockStanding, needsEnded, offerRoutes, slotsLost } from "../features/offers/index.ts";
import { practiceRoutes } from "../features/practices/index.ts";
import { requestRoutes, type RequestPorts } from "../features/requests/index.ts";
import { serviceRoutes } from "../features/services/index.ts";
import type { Queue } from "../platform/queue/queue.ts";
import { healthRoutes } from "./health.routes.ts";

export interface RouteParts {
  readonly identity: IdentityParts;
  readonly queue: Queue;
}

/** What lower features ask of higher ones. */
export const capacityPorts: CapacityPorts = { impactOf, lockStanding, slotsLost };
export const requestPorts: RequestPorts = { needsEnded };

/** Every route of the JSON API: what OpenAPI documents and the guard tests walk. */
export const appRoutes = (parts: RouteParts): readonly AppRoute[] => [
  ...healthRoutes(parts.queue),
  ...identityRoutes(parts.identity),
  ...practiceRoutes,
  ...serviceRoutes,
  ...clinicRoutes(capacityPorts),
  ...requestRoutes(requestPorts),
  ...offerRoutes,
  ...agreementRoutes,
  ...deskRoutes,
];
