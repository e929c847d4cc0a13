import { setTimeout as delay } from "node:timers/promises";
import { readHeads } from "../../../src/platform/event-log/event-log.ts";
import type { Queryable } from "../../../src/platform/db/database.ts";
import type { Client } from "../model/client.ts";
import { workLeftDue } from "./due.ts";

export interface CalmWatch {
  readonly q: Queryable;
  readonly clients: readonly Client[];
  /** Nothing that a client began is unfinished. */
  readonly isIdle: () => boolean;
}

/** What is missing until things are calm; empty: they are. */
export const missingForCalm = async ({ q, clients, isIdle }: CalmWatch): Promise<string[]> => {
  if (!isIdle()) return ["commands are on their way"];
  try {
    const due = await workLeftDue(q);
    if (due.length > 0) return due;
    const heads = await readHeads(
      q,
      clients.map(({ seat }) => seat.code),
    );
    const lastOf = new Map(heads.map(({ stream, lastOffset }) => [stream, lastOffset]));
    const away = clients.filter((client) => !client.isLive());
    const behind = clients.filter((client) => client.offset() < (lastOf.get(client.seat.code) ?? 0));
    return [
      ...(away.length > 0 ? [`${away.length} clients are not live`] : []),
      ...(behind.length > 0
        ? [`${behind.length} clients have not received everything, ${behind[0]?.seat.code ?? ""} for one`]
        : []),
    ];
  } catch {
    return ["the database does not answer"];
  }
};

/** Waits until things are calm. `missing` says why they are not, where the time was not enough. */
export const waitForCalm = async (
  watch: CalmWatch,
  limitMs: number,
): Promise<{ readonly ms: number; readonly missing: readonly string[] }> => {
  const begin = performance.now();
  for (;;) {
    const missing = await missingForCalm(watch);
    const ms = performance.now() - begin;
    if (missing.length === 0 || ms > limitMs) return { ms, missing };
    await delay(25);
  }
};
