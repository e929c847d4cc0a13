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
