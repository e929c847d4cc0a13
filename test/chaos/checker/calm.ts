import { setTimeout as delay } from "node:timers/promises";
import { readHeads } from "../../../src/platform/event-log/event-log.ts";
import type { Queryable } from "../../../src/platform/db/database.ts";
import type { Client } from "../model/client.ts";
import { anyWorkLeftDue, workLeftDue } from "./due.ts";

export interface CalmWatch {
  readonly q: Queryable;
  readonly clients: readonly Client[];
  /** Nothing that a client began is unfinished. */
  readonly isIdle: () => boolean;
}

/** What is missing until things are calm; empty: they are. */
const missingForCalm = async ({ q, clients, isIdle }: CalmWatch, dueLeft: typeof workLeftDue): Promise<string[]> => {
  if (!isIdle()) return ["commands are on their way"];
  try {
    const due = await dueLeft(q);
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

export interface Calmed {
  readonly ms: number;
  /** Why things are not calm, where the time was not enough. */
  readonly missing: readonly string[];
}

const waitUntilNothing = async (look: () => Promise<string[]>, limitMs: number): Promise<Calmed> => {
  const begin = performance.now();
  for (;;) {
    const missing = await look();
    const ms = performance.now() - begin;
    if (missing.length === 0 || ms > limitMs) return { ms, missing };
    await delay(25);
  }
};

/** Waits until desks have all that is theirs: nothing there is due, nothing is on its way, everybody has heard. */
export const waitForCalm = async (watch: CalmWatch, limitMs: number): Promise<Calmed> =>
  waitUntilNothing(async () => missingForCalm(watch, workLeftDue), limitMs);

/** Waits until nothing of any kind is due: messages, webhooks, alarms, late steps and purges too. */
export const waitForRest = async (watch: CalmWatch, limitMs: number): Promise<Calmed> =>
  waitUntilNothing(async () => missingForCalm(watch, anyWorkLeftDue), limitMs);
