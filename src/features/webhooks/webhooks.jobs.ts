import { withoutSql } from "../../platform/db/sql-errors.ts";
import type { Logger } from "../../platform/log/log.ts";
import type { Sweeper } from "../../platform/queue/sweep.ts";
import { noteWork } from "../../platform/telemetry/trace.ts";
import { sendTurn, type SendingParts } from "./sending.service.ts";
import { claimEndpoint } from "./webhooks.repository.ts";

export interface CourierParts extends SendingParts {
  readonly log: Logger;
  /** Endpoints that this process posts to at once. */
  readonly concurrency: number;
}

export interface Courier {
  /** Begins what is due and does not wait for it: a slow receiver must not keep the sweep, or the queue's workers, waiting. */
  readonly sweeper: Sweeper;
  /** Resolves when nothing that is due is left, for tests and simulations. */
  settle(): Promise<void>;
  /** Begins nothing more, lets what is under way end for a moment, then cuts it off. */
  close(): Promise<void>;
}

const GRACE_MS = 2_000;

/**
 * Carries webhooks in the background of a matcher, a few endpoints at once. There is no job: an endpoint that is behind its
 * log is the row that says what is due (decision 1), and the sweep finds it within about a second.
 */
export const createCourier = (parts: CourierParts): Courier => {
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  let claiming: Promise<void> | undefined;

  const failed = (what: string, error: unknown, fields: object = {}): void =>
    parts.log.error({ ...fields, error: withoutSql(error).message }, what);

  const turnOf = async (held: Awaited<ReturnType<typeof claimEndpoint>> & object): Promise<void> => {
    try {
      await sendTurn(parts, held, () => stopping.signal.aborted);
    } catch (error) {
      // Its lease runs out, and somebody takes it up again.
      failed("a webhook's turn failed", error, { webhook: held.id });
    }
  };

  const begin = async (): Promise<void> => {
    while (!stopping.signal.aborted && running.size < parts.concurrency) {
      const held = await claimEndpoint(parts.database.q, parts.leaseMs);
      if (held === undefined) return;
      noteWork();
      const turn: Promise<void> = turnOf(held).then(() => {
        running.delete(turn);
        // There may be more of it, or of another.
        pump().catch((error: unknown) => failed("webhooks were not looked for; the sweep tries again", error));
      });
      running.add(turn);
    }
  };

  const pump = (): Promise<void> =>
    (claiming ??= begin().finally(() => {
      claiming = undefined;
    }));

  return {
    sweeper: { name: "webhooks", run: pump },
    settle: async () => {
      await pump();
      while (running.size > 0) {
        await Promise.all(running);
        await pump();
      }
    },
    close: async () => {
      stopping.abort();
      const ended = Promise.all(running);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, GRACE_MS);
      });
      await Promise.race([ended, late]);
      clearTimeout(timer);
      parts.poster.close();
      await ended;
    },
  };
};
