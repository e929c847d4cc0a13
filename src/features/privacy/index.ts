export { holdsNhsNumber, plainText } from "./nhs-number.rules.ts";
export { purgeStates } from "./purge.repository.ts";
export { neverPurged, purgePlans, type PurgePlan } from "./purge-plan.ts";
export { purgeDue, purgeSweepers } from "./purge.service.ts";
