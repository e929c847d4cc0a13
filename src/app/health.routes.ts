import { sql } from "drizzle-orm";
import { z } from "zod";
import { anyone, read, type AppRoute } from "../features/access/index.ts";
import type { Database } from "../platform/db/database.ts";
import { missingMigrations } from "../platform/db/migrate.ts";
import { DomainError } from "../platform/errors/domain-error.ts";
import type { Queue } from "../platform/queue/queue.ts";

const notReady = (missing: readonly string[]): DomainError =>
  new DomainError("unavailable", "not-ready", `This process is not ready: ${missing.join(", ")}.`, {
    details: { missing, retryAfterSeconds: 2 },
  });

const whatIsMissing = async (database: Database): Promise<string[]> => {
  try {
    await database.q.execute(sql`select 1`);
  } catch {
    return ["the database does not answer"];
  }
  const behind = await missingMigrations(database.q);
  return behind === 0 ? [] : [`the database is ${behind} migrations behind (run covershare migrate)`];
};

/**
 * For orchestrators. `/healthz`: the process answers at all. `/readyz`: it can do its work, or 503 with what is missing.
 * A queue that is away is told and is no reason to take the process away: the sweep does its work a little later.
 */
export const healthRoutes = (queue: Queue): readonly AppRoute[] => [
  read(
    {
      method: "GET",
      path: "/healthz",
      summary: "The process answers",
      tag: "health",
      access: anyone,
      response: z.strictObject({ status: z.literal("ok") }),
    },
    async () => ({ body: { status: "ok" } }),
  ),
  read(
    {
      method: "GET",
      path: "/readyz",
      summary: "The process can do its work, or what is missing",
      tag: "health",
      access: anyone,
      response: z.strictObject({ status: z.literal("ready"), queue: z.enum(["ready", "away"]) }),
    },
    async (_call, database) => {
      const missing = await whatIsMissing(database);
      if (missing.length > 0) throw notReady(missing);
      return { body: { status: "ready", queue: queue.isReady() ? "ready" : "away" } };
    },
  ),
];
