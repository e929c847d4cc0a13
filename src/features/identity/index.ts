import type { AppRoute } from "../access/index.ts";
import { colleagueRoutes } from "./colleagues.routes.ts";
import { accountRoutes, type IdentityParts } from "./identity.routes.ts";

export { mayAnswerOffers } from "./answering.repository.ts";
export { changePassword } from "./account.service.ts";
export { adminCreateToken, adminCreateUser, adminTokenInput, adminUserInput } from "./admin.service.ts";
export { acceptInvitation, createUser, invite, type NewUser } from "./colleagues.service.ts";
export { findAccount } from "./sign-in.repository.ts";
export { endedCredentials, organisationOf } from "./credentials.repository.ts";
export { createGatekeeper, csrfTokenFor, csrfTokenOf, nobody, type GatekeeperOptions } from "./identity.gatekeeper.ts";
export {
  acceptInput,
  emailAddress,
  newPassword,
  personName,
  role,
  signInInput,
  switchInput,
} from "./identity.schema.ts";
export type { IdentityParts } from "./identity.routes.ts";
export { createPasswords, type Passwords } from "./passwords.ts";
export { authenticate, describeMe, signIn, signOut, switchOrganisation } from "./sign-in.service.ts";
export type { OpenedSession } from "./sessions.repository.ts";
export {
  clearedCookie,
  cookieName,
  isAllowedOrigin,
  readSessionSecret,
  sessionCookie,
  sessionHours,
  type CookieSettings,
} from "./session-cookie.rules.ts";
export { issueToken, type IssuedToken } from "./tokens.repository.ts";

export const identityRoutes = (parts: IdentityParts): readonly AppRoute[] => [
  ...accountRoutes(parts),
  ...colleagueRoutes(parts),
];

export { tokenPages } from "./tokens.pages.ts";
export { accountPages } from "./account.pages.ts";
export { signInPages, type Chooser, type IdentityPageParts } from "./sign-in.pages.ts";
