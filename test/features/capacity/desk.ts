import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Actor, AppRoute } from "../../../src/features/access/index.ts";
import type { AffectedAgreement, CapacityPorts, LossCause } from "../../../src/features/capacity/index.ts";
import { addRoutes, createServer } from "../../../src/platform/http/server.ts";
import { createLogger } from "../../../src/platform/log/log.ts";
import type { TestDatabase } from "../../support/index.ts";

/** What stands above capacity, as a test needs it: agreements by slot, and a record of what was said to be lost. */
export interface RecordedPorts extends CapacityPorts {
  readonly agreements: Map<string, AffectedAgreement>;
  readonly lost: { slotIds: readonly string[]; cause: LossCause }[];
  /** The clinics of each confirmation. */
  readonly confirmed: (readonly string[])[];
}

export const recordedPorts = (): RecordedPorts => {
  const agreements = new Map<string, AffectedAgreement>();
  const lost: RecordedPorts["lost"] = [];
  const confirmed: RecordedPorts["confirmed"] = [];
  const on = (slotIds: readonly string[]): AffectedAgreement[] => slotIds.flatMap((id) => agreements.get(id) ?? []);
  return {
    agreements,
    lost,
    confirmed,
    impactOf: async (_q, slotIds) => on(slotIds),
    lockStanding: async () => undefined,
    lockWaitingFor: async () => undefined,
    firmConfirmed: async (_tx, _actor, clinicIds) => void confirmed.push(clinicIds),
    messageArrived: async () => undefined,
    slotsLost: async (_tx, _actor, what) => {
      lost.push({ slotIds: [...what.slotIds].sort(), cause: what.cause });
      return { moved: 0, broken: on(what.slotIds).length };
    },
  };
};

export interface Said {
  readonly status: number;
  readonly etag: string | undefined;
  readonly body: Record<string, unknown>;
}

export interface Desk {
  say(
    actor: Actor,
    method: "GET" | "POST" | "PATCH" | "DELETE",
    url: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Said>;
  close(): Promise<void>;
}

const json = z.record(z.string(), z.unknown());

/** The routes behind a real server; who calls is named by the test. */
export const openDesk = (db: TestDatabase, routes: readonly AppRoute[]): Desk => {
  const callers = new Map<string, Actor>();
  const server: FastifyInstance = createServer({
    log: createLogger("silent"),
    requestTimeoutMs: 10_000,
    trustProxy: false,
  });
  addRoutes(server, routes, db.database, {
    identify: async (request) => callers.get(String(request.headers["x-caller"])),
    admit: (actor, access) => {
      if (actor === undefined) throw new Error("a test names its caller");
      if (access.kind === "roles" && !access.roles.some((role) => actor.roles.some((own) => own === role)))
        throw new Error("a test calls with a role that may");
      return actor;
    },
    scope: (actor) => actor.userId,
  });
  return {
    say: async (actor, method, url, body, headers = {}) => {
      callers.set(actor.userId, actor);
      const answer = await server.inject({
        method,
        url,
        headers: {
          "x-caller": actor.userId,
          ...(body === undefined || typeof body === "string" ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { payload: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      return {
        status: answer.statusCode,
        etag: z.string().optional().parse(answer.headers["etag"]),
        body: answer.body === "" ? {} : json.parse(JSON.parse(answer.body)),
      };
    },
    close: async () => server.close(),
  };
};
