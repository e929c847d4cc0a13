import { sql } from "drizzle-orm";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { createGatekeeper } from "../../../src/features/identity/index.ts";
import { apiTokens } from "../../../src/features/identity/identity.table.ts";
import {
  postRequest,
  requestRoutes,
  type EndedNeeds,
  type RequestPorts,
} from "../../../src/features/requests/index.ts";
import { needStates, postRequestBody, type RequestView } from "../../../src/features/requests/requests.schema.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { DomainError } from "../../../src/platform/errors/domain-error.ts";
import { addRoutes, createServer } from "../../../src/platform/http/server.ts";
import { newId, newSecret, sha256 } from "../../../src/platform/ids/ids.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import type { TestDatabase } from "../../support/index.ts";

/** The Monday before Christmas, 08:00 in London: every test of requests begins here. */
export const MONDAY = "2026-12-21T08:00:00Z";
export const CHRISTMAS_EVE = "2026-12-24T18:30:00Z";

/** A post as the API takes it: nine simple dressings by Christmas Eve, unless said otherwise. */
export const aPost = (line: Record<string, unknown> = {}, more: Record<string, unknown> = {}): unknown => ({
  priority: "urgent",
  reason: "staff-absence",
  needs: [{ service: "wound-simple", count: 9, dueBy: CHRISTMAS_EVE, ...line }],
  ...more,
});

export const post = async (
  db: TestDatabase,
  actor: Actor,
  line: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): Promise<RequestView> =>
  db.database.transact(async (tx) => postRequest(tx, actor, postRequestBody.parse(aPost(line, more))));

/** Stands where offers and agreements are wired: writes down what it was told. */
export const recordingPorts = (): { ports: RequestPorts; ended: EndedNeeds[] } => {
  const ended: EndedNeeds[] = [];
  return {
    ended,
    ports: {
      needsEnded: async (_tx, _author, needs) => void ended.push(needs),
    },
  };
};

const stored = z.object({
  id: z.string(),
  ref: z.string(),
  state: z.enum(needStates),
  priority: z.string(),
  endedAs: z.string().nullable(),
  widenAt: z.coerce.date().nullable(),
});
export type StoredNeed = z.output<typeof stored>;

export const needsOf = async (db: TestDatabase, reference: string): Promise<StoredNeed[]> =>
  rows(
    db.q,
    stored,
    sql`select n.id, n.ref, n.state, n.priority, n.ended_as as "endedAs", n.widen_at as "widenAt"
        from needs n join cover_requests r on r.id = n.request_id where r.reference = ${reference} order by n.ref`,
  );

/** Ids of the needs with these references. */
export const idsOf = async (db: TestDatabase, reference: string, ...refs: string[]): Promise<string[]> =>
  (await needsOf(db, reference)).filter(({ ref }) => refs.includes(ref)).map(({ id }) => id);

const logged = z.object({ type: z.string(), data: z.record(z.string(), z.unknown()) });

/** What stands in an organisation's event log, oldest first. */
export const logOf = async (db: TestDatabase, stream: string): Promise<z.output<typeof logged>[]> =>
  rows(db.q, logged, sql`select type, data from events where stream = ${stream} order by "offset"`);

/** Runs `work` and gives the stable code of the error that it ended with; "none" where it did not. */
export const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "none";
  } catch (error) {
    return z.object({ code: z.string() }).parse(error).code;
  }
};

/** Runs `work` and gives the JSON Pointers of the fields that it was refused for. */
export const problemsOf = async (work: Promise<unknown>): Promise<readonly string[]> => {
  try {
    await work;
    return [];
  } catch (error) {
    if (error instanceof DomainError) return error.fields.map(({ pointer }) => pointer);
    throw error;
  }
};

/** A bearer token with which the API knows this actor. */
export const aToken = async (db: TestDatabase, actor: Actor): Promise<string> => {
  const secret = newSecret();
  await db.q.insert(apiTokens).values({
    id: newId(),
    tokenHash: sha256(secret),
    userId: actor.userId,
    organisationCode: actor.organisationCode,
    name: "test",
    createdAt: sql`app_now()`,
  });
  return secret;
};

/** The API of requests alone, with real credentials. */
export const anApi = (db: TestDatabase, ports: RequestPorts): FastifyInstance => {
  const server = createServer({ log: silentLogger, requestTimeoutMs: 10_000, trustProxy: false });
  const cookies = { isSecure: false, allowedOrigins: [] };
  addRoutes(
    server,
    requestRoutes(ports),
    db.database,
    createGatekeeper({ database: db.database, cookies, log: silentLogger }),
  );
  return server;
};
