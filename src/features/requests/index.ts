export { announceCounted, announceRequest, announceRequests, readTold, type Told } from "./announcing.service.ts";
export { expectCounts, expectRequests } from "./as-read.repository.ts";
export { excludeAsFar, excludeTime } from "./exclusions.repository.ts";
export { lockRequests } from "./lock.repository.ts";
export { countedRow, countsOf, requestCounts } from "./counts.repository.ts";
export {
  clearExclusions,
  excludePractice,
  lockNeeds,
  markNeeds,
  markOffered,
  restartWaits,
  type ExclusionReason,
  type LockedNeed,
  type Marking,
  type Widening,
} from "./needs.repository.ts";
export { reopenNeeds, type Reopened } from "./needs.service.ts";
export { draftRequest, type Draft, type Wish } from "./drafting.service.ts";
export { notAskedWords } from "./not-asked.rules.ts";
export { postRequest } from "./posting.service.ts";
export { setPaused } from "./pausing.service.ts";
export { widenNow } from "./widening.service.ts";
export { readRequest, readRequests, requireRequest } from "./reading.service.ts";
export { requestEvents } from "./requests.events.ts";
export type { EndedNeeds, HandoverPorts, OutlookPorts, RequestPorts } from "./requests.ports.ts";
export { rank } from "./requests.rules.ts";
export {
  brokerCodes,
  channels,
  pauseBody,
  pauseCodes,
  postRequestBody,
  priorities,
  requestParams,
  requestSummary,
  widenBody,
  type Counts,
  type NeedState,
  type Priority,
} from "./requests.schema.ts";
export { requestRoutes } from "./requests.routes.ts";
export { returnOverdue } from "./ending.service.ts";
export { requestPages } from "./requests.pages.ts";
export { speakMiles, speakPriority } from "./request.presenter.ts";
