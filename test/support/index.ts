/*
 * Where tests import from. `app.ts` (the whole service) and `story.ts` are imported by name: they load nearly everything,
 * and most test files do not need that.
 */
export { openTestDatabase, type TestDatabase, type TestDatabaseOptions } from "./database.ts";
export { referenceData } from "./reference-data.ts";
export { describeWithBrowser, describeWithRedis } from "./suites.ts";
export { freePort } from "./redis-server.ts";
export { addressOf, startCovershare, type CovershareProcess } from "./processes.ts";
export { until } from "./until.ts";
export {
  aBroker,
  aBuddy,
  aGroup,
  aMembership,
  aPractice,
  aUser,
  TEST_GROUP,
  weekdayHours,
  type BuiltPractice,
  type PracticeOptions,
} from "./builders/organisations.ts";
export {
  aClinic,
  aRequest,
  aService,
  couldDo,
  type BuiltClinic,
  type BuiltRequest,
  type ClinicOptions,
  type NeedOptions,
  type RequestOptions,
} from "./builders/work.ts";
