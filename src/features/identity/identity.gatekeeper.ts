import { setTimeout as delay } from "node:timers/promises";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Database } from "../../platform/db/database.ts";
import { withoutSql } from "../../platform/db/sql-errors.ts";
import type { Access } from "../../platform/http/route.ts";
import type { Gatekeeper } from "../../platform/http/server.ts";
import { equalSecrets, sha256 } from "../../platform/ids/ids.ts";
import type { Logger } from "../../platform/log/log.ts";
import type { Actor } from "../access/index.ts";
import { prepareCredentials, touchCredentials } from "./credentials.repository.ts";
import { csrfRefused, foreignOrigin, notSignedIn, roleNeeded } from "./identity.errors.ts";
import { isAllowedOrigin, readBearer, readSessionSecret, type CookieSettings } from "./session-cookie.rules.ts";

/** Who stands behind a public route: nobody. */
export const nobody: Actor = {
  userId: "",
  name: "",
  organisationCode: "",
  roles: [],
  groupCode: null,
  credential: { kind: "session", id: "" },
};

/** Few enough for one statement to hold up nobody. */
const TOUCHED_AT_ONCE = 500;
/** By then whoever was let in has been served: noting it at once would only take that time from them. */
const TOUCHED_AFTER_MS = 200;

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const formToken = z.object({ _csrf: z.string() });

/**
 * The token that a page sends back with its commands. It is made from the session's secret, so it needs no storage, ends
 * with the session, and a page that was drawn while acting for one organisation cannot act for another.
 */
export const csrfTokenFor = (secret: string): string => sha256(`csrf\n${secret}`);

/** The token for the pages of this request; null when it carries no session cookie. */
export const csrfTokenOf = (settings: CookieSettings, request: FastifyRequest): string | null => {
  const secret = readSessionSecret(settings, request.headers.cookie);
  return secret === undefined ? null : csrfTokenFor(secret);
};

/** What a request shows of who is calling, and who that is. */
interface Shown {
  readonly kind: Actor["credential"]["kind"];
  readonly secret: string;
  /** By which it is stored. */
  readonly hash: string;
  readonly finding: Promise<Actor | undefined>;
}

export interface GatekeeperOptions {
  readonly database: Database;
  readonly cookies: CookieSettings;
  readonly log: Logger;
}

/**
 * Finds out who is calling: by bearer token, or by session cookie, whose commands must also show where they come from
 * (Origin) and that the page had the session (CSRF token). Tokens are exempt: no browser sends them by itself.
 */
export const createGatekeeper = ({ database, cookies, log }: GatekeeperOptions): Gatekeeper<Actor> => {
  const credentials = prepareCredentials(database.q);
  const used = new Map<string, Actor["credential"]>();
  let isTouching = false;

  /**
   * Outside the request's path: nobody waits for it. One statement at a time for all that were used meanwhile; when thousands
   * of desks come back at once, one statement each would take every database connection.
   */
  const touch = async (credential: Actor["credential"]): Promise<void> => {
    used.set(credential.id, credential);
    if (isTouching) return;
    isTouching = true;
    try {
      while (used.size > 0) {
        await delay(TOUCHED_AFTER_MS, undefined, { ref: false });
        const some = [...used.values()].slice(0, TOUCHED_AT_ONCE);
        for (const { id } of some) used.delete(id);
        await touchCredentials(database.q, some);
      }
    } catch (error) {
      log.warn({ error: withoutSql(error).message }, "could not note that sessions were used");
    } finally {
      isTouching = false;
    }
  };

  const find = async (kind: Shown["kind"], hash: string): Promise<Actor | undefined> => {
    const found = await credentials.find(kind, hash);
    if (found?.isTouchDue === true) void touch(found.actor.credential);
    return found?.actor;
  };

  /** A credential that is present and not good is refused, also where a cookie would have served. */
  const look = ({ headers }: FastifyRequest): Shown | undefined => {
    const bearer = readBearer(headers.authorization);
    const kind = bearer === undefined ? "session" : "token";
    const secret = bearer ?? readSessionSecret(cookies, headers.cookie);
    if (secret === undefined) return undefined;
    const hash = sha256(secret);
    return { kind, secret, hash, finding: find(kind, hash) };
  };

  const begun = new WeakMap<FastifyRequest, Shown>();

  const refuseForgery = (request: FastifyRequest, secret: string): void => {
    if (SAFE.has(request.method)) return;
    if (!isAllowedOrigin(cookies, request.headers, request.host)) throw foreignOrigin();
    const header = request.headers["x-csrf-token"];
    const form = formToken.safeParse(request.body);
    const given = typeof header === "string" ? header : form.data?._csrf;
    if (given === undefined || !equalSecrets(given, csrfTokenFor(secret))) throw csrfRefused();
  };

  return {
    begin: (request) => {
      const shown = look(request);
      if (shown === undefined) return undefined;
      // Where it fails, `identify` says so; a request whose body is refused never comes to that.
      shown.finding.catch(() => undefined);
      begun.set(request, shown);
      return shown.hash;
    },
    identify: async (request) => {
      const shown = begun.get(request) ?? look(request);
      if (shown === undefined) return undefined;
      const actor = await shown.finding;
      if (actor !== undefined && shown.kind === "session") refuseForgery(request, shown.secret);
      return actor;
    },
    admit,
    scope: (actor) => `${actor.userId}@${actor.organisationCode}`,
  };
};

const admit = (actor: Actor | undefined, access: Access): Actor => {
  if (access.kind === "public") return nobody;
  if (actor === undefined) throw notSignedIn();
  if (access.kind === "roles" && !actor.roles.some((role) => access.roles.includes(role)))
    throw roleNeeded(access.roles);
  return actor;
};
