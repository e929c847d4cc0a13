export { endedCredentials } from "./credentials.repository.ts";
export { createGatekeeper, csrfTokenFor, csrfTokenOf, nobody, type GatekeeperOptions } from "./identity.gatekeeper.ts";
export { createPasswords, type Passwords } from "./passwords.ts";
export {
  clearedCookie,
  cookieName,
  isAllowedOrigin,
  readSessionSecret,
  sessionCookie,
  sessionHours,
  type CookieSettings,
} from "./session-cookie.rules.ts";
