export {
  brokersIn,
  brokersOf,
  brokerStreams,
  codeRow,
  isAcceptingSql,
  isAskableSql,
  isSignedSql,
  knowBrokers,
  membersAmong,
  membershipOf,
  type Membership,
} from "./membership.repository.ts";
export {
  mainSite,
  openingHoursOf,
  readOrganisation,
  sitesOf,
  type Organisation,
  type Site,
} from "./practices.repository.ts";
export { settingsChanged } from "./practices.events.ts";
export { practiceRoutes } from "./practices.routes.ts";
export { organisationCodeSchema, type Settings, type SettingsPatch } from "./practices.schema.ts";
export { changeSettings, readSettings } from "./settings.service.ts";
export { readEpraccurFile, readPostcodes, readPracticesFile } from "./import/formats.rules.ts";
export { decodeText } from "./import/csv.rules.ts";
export type { ImportSummary, ReadFile, RowProblem } from "./import/import.schema.ts";
export { importPractices, type ImportOptions } from "./import/import.service.ts";
export {
  createOrganisation,
  newOrganisationSchema,
  signAgreement,
  signAgreementSchema,
  type SignAgreement,
} from "./organisations.service.ts";
export { settingsPages } from "./settings.pages.ts";
