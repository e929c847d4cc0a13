import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import { createSealer } from "../../../src/platform/secrets/sealer.ts";
import { createFrame } from "../../../src/app/frame.ts";
import { allPages } from "../../../src/app/pages.ts";
import { capacityPorts, requestPorts } from "../../../src/app/routes.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import {
  createPasswords,
  csrfTokenFor,
  createGatekeeper,
  type CookieSettings,
} from "../../../src/features/identity/index.ts";
import { solve } from "../../../src/features/matching/index.ts";
import { openSession } from "../../../src/features/identity/sessions.repository.ts";
import { createServer } from "../../../src/platform/http/server.ts";
import { silentLogger, type Logger } from "../../../src/platform/log/log.ts";
import { addPages } from "../../../src/platform/web/index.ts";
import { webhookParts } from "../../../src/app/webhooks.ts";
import { createPoster } from "../../../src/platform/outbound/poster.ts";
import { ensureCatalogue } from "../../../src/features/services/index.ts";
import { openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { MONDAY } from "./town.ts";

const cookies: CookieSettings = { isSecure: false, allowedOrigins: [] };

/** Says what failed, so that a test that meets a 500 shows why. */
const complaining: Logger = { ...silentLogger, error: (fields, message) => console.error(message, fields) };

export interface Visitor {
  readonly cookie: string;
  /** Opens a page. */
  open(path: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
  /** Sends a form as a browser would, with its token. */
  send(path: string, fields: Record<string, string | string[]>): Promise<LightMyRequestResponse>;
}

export interface TestSite {
  readonly server: FastifyInstance;
  /** Signs an actor in. */
  visitor(actor: Actor): Promise<Visitor>;
  /** Opens and sends without a session. */
  readonly stranger: Visitor;
  close(): Promise<void>;
}

/** Every page and form that there is, as the service composes them. */
export const sitePages = allPages({
  requests: requestPorts,
  capacity: capacityPorts,
  solve: async (problem) => solve(problem),
  webhooks: webhookParts(createPoster({ allowsPrivate: true, timeoutMs: 2_000 }), createSealer([])),
  identity: { passwords: createPasswords(), cookies },
  queue: {
    counts: async () => ({ waiting: 2, active: 1, delayed: 0, failed: 1, oldestWaitingMs: 1_500 }),
    failed: async () => [
      {
        id: "7",
        name: "plan-group",
        data: {},
        why: "<b>no</b>",
        attempts: 3,
        failedAt: new Date("2026-12-14T09:00:00Z"),
      },
    ],
  },
  reach: { hasMail: true, pushKey: undefined, pushServices: [] },
});

/** The pages on a test's own database, without the API, the queue and the stream. */
export const openSite = async (db: TestDatabase): Promise<TestSite> => {
  const server = createServer({ log: silentLogger, requestTimeoutMs: 10_000, trustProxy: false });
  const { database } = db;
  const gatekeeper = createGatekeeper({ database, cookies, log: silentLogger });
  await addPages(server, {
    pages: sitePages,
    database,
    gatekeeper,
    log: complaining,
    frame: createFrame(database, cookies, undefined),
    signInPath: "/sign-in",
  });
  const visit = (cookie: string, token: string): Visitor => ({
    cookie,
    open: async (path, headers = {}) =>
      server.inject({ method: "GET", url: path, headers: { cookie, accept: "text/html", ...headers } }),
    send: async (path, fields) => {
      const body = new URLSearchParams({ _csrf: token });
      for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) body.append(name, one);
      return server.inject({
        method: "POST",
        url: path,
        payload: body.toString(),
        headers: { cookie, "content-type": "application/x-www-form-urlencoded" },
      });
    },
  });
  return {
    server,
    stranger: visit("", ""),
    visitor: async (actor) => {
      const { secret } = await database.transact(async (tx) =>
        openSession(tx, { userId: actor.userId, actingFor: actor.organisationCode }),
      );
      return visit(`covershare=${secret}`, csrfTokenFor(secret));
    },
    close: async () => server.close(),
  };
};

/** The pages on a database of their own, with the catalogue, on the Monday of the week of Christmas. */
export const openChristmasSite = async (): Promise<{ readonly db: TestDatabase; readonly site: TestSite }> => {
  const db = await openTestDatabase();
  await ensureCatalogue(db.q);
  await db.holdClock(MONDAY);
  return { db, site: await openSite(db) };
};

/** Ask for cover, filled in: fourteen dressings before Christmas. */
export const dressings = {
  service: "wound-simple",
  count: "14",
  by: "2026-12-24T18:30:00.000Z",
  maxKm: "8",
  reason: "staff-absence",
};
