import { z } from "zod";
import type { Answer } from "../../platform/http/route.ts";
import { anyone, command, custom, read, signedIn, type Actor, type AppRoute } from "../access/index.ts";
import { changePassword, createToken, endOwnSession, revokeOwnToken } from "./account.service.ts";
import { foreignOrigin } from "./identity.errors.ts";
import { csrfTokenFor, csrfTokenOf } from "./identity.gatekeeper.ts";
import {
  idParam,
  issuedToken,
  me,
  passwordInput,
  sessionItem,
  sessionParam,
  signInInput,
  switchInput,
  tokenInput,
  tokenItem,
} from "./identity.schema.ts";
import type { Passwords } from "./passwords.ts";
import { clearedCookie, isAllowedOrigin, sessionCookie, type CookieSettings } from "./session-cookie.rules.ts";
import { readSessions } from "./sessions.repository.ts";
import { describeMe, signIn, signOut, switchOrganisation } from "./sign-in.service.ts";
import { readTokens } from "./tokens.repository.ts";

export interface IdentityParts {
  readonly passwords: Passwords;
  readonly cookies: CookieSettings;
}

const tag = "Signing in";
const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });
const done: Answer = { status: 204 };
const notStored = { "cache-control": "no-store" };

/** Routes of signing in and of one's own account. Those that answer a secret keep no answer for an Idempotency-Key. */
export const accountRoutes = ({ passwords, cookies }: IdentityParts): readonly AppRoute[] => {
  const handOver = (secret: string): Record<string, string> => ({
    ...notStored,
    "set-cookie": sessionCookie(cookies, secret),
  });
  const isCurrent = ({ credential }: Actor, id: string): boolean =>
    credential.kind === "session" && credential.id === id;

  return [
    custom(
      {
        method: "POST",
        path: "/v1/sessions",
        summary: "Sign in; the answer sets the session cookie",
        tag,
        access: anyone,
        body: signInInput,
        response: me,
      },
      async ({ body, request }, database) => {
        // Signing somebody in to an account that is not theirs is a forgery too.
        if (!isAllowedOrigin(cookies, request.headers, request.host)) throw foreignOrigin();
        const { secret, actor } = await signIn(database, passwords, { ...body, address: request.ip });
        return {
          status: 201,
          body: await describeMe(database.q, actor, csrfTokenFor(secret)),
          headers: handOver(secret),
        };
      },
    ),
    read(
      {
        method: "GET",
        path: "/v1/me",
        summary: "Who is signed in, for which organisation",
        tag,
        access: signedIn,
        response: me,
      },
      async ({ actor, request }, { q }) => ({
        body: await describeMe(q, actor, actor.credential.kind === "token" ? null : csrfTokenOf(cookies, request)),
        headers: notStored,
      }),
    ),
    read(
      {
        method: "GET",
        path: "/v1/sessions",
        summary: "One's own open sessions",
        tag,
        access: signedIn,
        response: list(sessionItem),
      },
      async ({ actor }, { q }) => ({
        body: {
          items: (await readSessions(q, actor.userId)).map((item) => ({
            ...item,
            isCurrent: isCurrent(actor, item.id),
          })),
        },
      }),
    ),
    command(
      { method: "DELETE", path: "/v1/sessions/current", summary: "Sign out", tag, access: signedIn },
      async ({ actor }, tx) => {
        await signOut(tx, actor);
        return { ...done, headers: { "set-cookie": clearedCookie(cookies) } };
      },
    ),
    command(
      {
        method: "DELETE",
        path: "/v1/sessions/:id",
        summary: "End one of one's own sessions, on another computer perhaps",
        tag,
        access: signedIn,
        params: sessionParam,
      },
      async ({ actor, params }, tx) => {
        await endOwnSession(tx, actor, params.id);
        return isCurrent(actor, params.id) ? { ...done, headers: { "set-cookie": clearedCookie(cookies) } } : done;
      },
    ),
    custom(
      {
        method: "POST",
        path: "/v1/sessions/current/organisation",
        summary: "Act for another of one's organisations; the session gets a new cookie and CSRF token",
        tag,
        access: signedIn,
        body: switchInput,
        response: me,
      },
      async ({ actor, body }, database) => {
        const { secret } = await database.transact(async (tx) => switchOrganisation(tx, actor, body.organisation));
        const now = { userId: actor.userId, organisationCode: body.organisation };
        return { body: await describeMe(database.q, now, csrfTokenFor(secret)), headers: handOver(secret) };
      },
    ),
    custom(
      {
        method: "POST",
        path: "/v1/me/password",
        summary: "Change one's password; every other session of one's own ends",
        tag,
        access: signedIn,
        body: passwordInput,
      },
      async ({ actor, body, request }, database) => {
        await changePassword(database, passwords, actor, { ...body, address: request.ip });
        return done;
      },
    ),
    read(
      {
        method: "GET",
        path: "/v1/tokens",
        summary: "One's own API tokens, without their secrets",
        tag,
        access: signedIn,
        response: list(tokenItem),
      },
      async ({ actor }, { q }) => ({ body: { items: await readTokens(q, actor.userId) } }),
    ),
    custom(
      {
        method: "POST",
        path: "/v1/tokens",
        summary: "Issue an API token for the organisation acted for; it is shown this once",
        tag,
        access: signedIn,
        body: tokenInput,
        response: issuedToken,
      },
      async ({ actor, body }, database) => ({
        status: 201,
        body: await database.transact(async (tx) => createToken(tx, actor, body.name)),
        headers: notStored,
      }),
    ),
    command(
      {
        method: "DELETE",
        path: "/v1/tokens/:id",
        summary: "Revoke one of one's own API tokens",
        tag,
        access: signedIn,
        params: idParam,
      },
      async ({ actor, params }, tx) => {
        await revokeOwnToken(tx, actor, params.id);
        return done;
      },
    ),
  ];
};
