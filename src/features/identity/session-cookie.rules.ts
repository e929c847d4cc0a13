import type { IncomingHttpHeaders } from "node:http";

/** How the session's secret travels. */
export interface CookieSettings {
  /** True behind https: the cookie is then Secure, with the `__Host-` prefix that ties it to this host and path. */
  readonly isSecure: boolean;
  /** Origins besides our own whose pages may send commands, for example `https://cover.example.org`. */
  readonly allowedOrigins: readonly string[];
}

/** A session lasts a working day: fourteen hours from signing in, twelve without being used. */
export const sessionHours = { absolute: 14, idle: 12 } as const;

export const cookieName = (settings: CookieSettings): string =>
  settings.isSecure ? "__Host-covershare" : "covershare";

const attributes = (settings: CookieSettings): string =>
  `Path=/; HttpOnly; SameSite=Lax${settings.isSecure ? "; Secure" : ""}`;

/** The Set-Cookie value that hands a browser its session. */
export const sessionCookie = (settings: CookieSettings, secret: string): string =>
  `${cookieName(settings)}=${secret}; Max-Age=${sessionHours.absolute * 3600}; ${attributes(settings)}`;

/** The Set-Cookie value that takes it away. */
export const clearedCookie = (settings: CookieSettings): string =>
  `${cookieName(settings)}=; Max-Age=0; ${attributes(settings)}`;

const SECRET = /^[A-Za-z0-9_-]{43}$/;

/** The session's secret among the request's cookies. The first of that name counts, as it does in browsers. */
export const readSessionSecret = (settings: CookieSettings, header: string | undefined): string | undefined => {
  const name = `${cookieName(settings)}=`;
  const pair = (header ?? "").split(";").find((part) => part.trimStart().startsWith(name));
  const secret = pair?.trim().slice(name.length);
  return secret !== undefined && SECRET.test(secret) ? secret : undefined;
};

/** The token of `Authorization: Bearer …`, or undefined without that header. */
export const readBearer = (header: string | undefined): string | undefined =>
  header === undefined ? undefined : (/^Bearer +([\x21-\x7e]{1,200})$/i.exec(header)?.[1] ?? "");

/**
 * Whether the page that sent this is ours: `Origin` names this host or an allowed one. Browsers send it with every
 * command and with every WebSocket handshake (S2); what is not a browser may leave it out.
 */
export const isAllowedOrigin = (settings: CookieSettings, headers: IncomingHttpHeaders, host: string): boolean => {
  const { origin } = headers;
  if (origin === undefined) {
    const site = headers["sec-fetch-site"];
    return site === undefined || site === "same-origin" || site === "none";
  }
  if (settings.allowedOrigins.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const { host: from, protocol } = new URL(origin);
  // Behind https a page that came by http may be anybody's on the way.
  return from === host.toLowerCase() && (protocol === "https:" || !settings.isSecure);
};
