export {
  brokerStreams,
  isAskable,
  isAskableSql,
  isSignedSql,
  membersAmong,
  membershipOf,
  MIN_LIST_SIZE,
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
export { rebuildNeighbours } from "./neighbours.repository.ts";
export { settingsChanged } from "./practices.events.ts";
export { practiceRoutes } from "./practices.routes.ts";
export { organisationCodeSchema, settingsPatchSchema, type Settings, type SettingsPatch } from "./practices.schema.ts";
export { changeSettings, readSettings } from "./settings.service.ts";
export { browseOrganisations } from "./directory.service.ts";
