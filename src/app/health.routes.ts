import { sql } from "drizzle-orm";
import { z } from "zod";
import { anyone, read, type AppRoute } from "../features/access/index.ts";
import type { Database } from "../platform/db/database.ts";
import { readOutbox, type Outbox } from "../features/reach/index.ts";
import { missingMigrations } from "../platform/db/migrate.ts";
import { DomainError } from "../platform/errors/domain-error.ts";
import type { Queue } from "../platform/queue/queue.ts";
import type { WakeBus } from "../platform/realtime/wake-bus.ts";

const notReady = (missing: readonly string[]): DomainError =>
  new DomainError("unavailable", "not-ready", `This process is not ready: ${missing.join(", ")}.`, {
    details: { missing, retryAfterSeconds: 2 },
  });

/** What the answer depends on besides the database. */
export interface HealthParts {
  readonly queue: Pick<Queue, "isReady">;
  readonly bus: Pick<WakeBus, "isReady">;
  readonly config: { readonly reach: { readonly smtpUrl: string | undefined } };
  /** True from the first signal to stop: no new work should be sent here. */
  readonly isStopping: () => boolean;
}

const whatIsMissing = async (database: Database, { isStopping }: HealthParts): Promise<string[]> => {
  if (isStopping()) return ["this process is stopping"];
  try {
    await database.q.execute(sql`select 1`);
  } catch {
    return ["the database does not answer"];
  }
  const behind = await missingMigrations(database.q);
  if (behind === 1) return ["the database is 1 migration behind (run covershare migrate)"];
  return behind === 0 ? [] : [`the database is ${behind} migrations behind (run covershare migrate)`];
};

/** A mail server that is away for a moment is nothing to tell; what cannot go is tried again all the while. */
const MAIL_WAITS_SECONDS = 120;

/** What is away and covered for: told, and no reason to take the process away. */
const doneWithout = ({ queue, bus }: HealthParts, { mail }: Outbox): string[] => [
  ...(queue.isReady() ? [] : ["the queue's backend does not answer: the sweep plans instead, about a second later"]),
  ...(mail.oldestSeconds > MAIL_WAITS_SECONDS
    ? [
        `mail has waited for ${Math.floor(mail.oldestSeconds / 60)} minutes: it goes when the mail server takes it, and desks that look see everything`,
      ]
    : []),
  ...(bus.isReady() ? [] : ["the wake-up line is down: streams look for news themselves, about once a second"]),
];

/**
 * For orchestrators. `/healthz`: the process answers at all. `/readyz`: it can do its work, or 503 with what is missing.
 * Without its queue, wake-ups or mail server a process still does all of it, only later: were every process taken away with Redis, so
 * would be the service.
 */
export const healthRoutes = (parts: HealthParts): readonly AppRoute[] => [
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
      response: z.strictObject({
        status: z.literal("ready"),
        without: z.array(z.string()).describe("What is away just now, and what that means; empty where nothing is."),
        mail: z.strictObject({
          isConfigured: z.boolean().describe("Whether this process has a mail server to use."),
          lastSentAt: z.iso.datetime().nullable().describe("When a practice's mailbox last took a message."),
          oldestWaitingSeconds: z.int().describe("How long the oldest message waits that has not gone; 0: none does."),
        }),
      }),
    },
    async (_call, database) => {
      const missing = await whatIsMissing(database, parts);
      if (missing.length > 0) throw notReady(missing);
      const outbox = await readOutbox(database.q);
      const mail = {
        isConfigured: parts.config.reach.smtpUrl !== undefined,
        lastSentAt: outbox.lastSentAt?.toISOString() ?? null,
        oldestWaitingSeconds: Math.floor(outbox.mail.oldestSeconds),
      };
      return { body: { status: "ready", without: doneWithout(parts, outbox), mail } };
    },
  ),
];
