export { bearer, startTestApp, type TestApp, type TestAppOptions } from "./app.ts";
export { openTestDatabase, type TestDatabase, type TestDatabaseOptions } from "./database.ts";
export { describeWithBrowser, describeWithRedis, referenceData } from "./suites.ts";
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
