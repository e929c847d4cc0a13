import type { AppPage } from "../features/access/index.ts";
import { deskPages, offerPages } from "../features/offers/index.ts";
import { requestPages, type RequestPorts } from "../features/requests/index.ts";

/** What the pages' commands need from the features above theirs, wired by the composition root like the API's. */
export interface PagePorts {
  readonly requests: RequestPorts;
}

/** Every page and every form, in one list: the guard test walks it beside the API's routes. */
export const allPages = (ports: PagePorts): readonly AppPage[] => [
  ...deskPages,
  ...offerPages,
  ...requestPages(ports.requests),
];
