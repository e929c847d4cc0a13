import type { Database, Queryable } from "../../platform/db/database.ts";
import type { Logger } from "../../platform/log/log.ts";
import type { Sweeper } from "../../platform/queue/sweep.ts";
import {
  currentEra,
  entriesOf,
  eraToSeal,
  insertSeal,
  lastSeal,
  pendingBatch,
  sealsAfter,
  straysBefore,
} from "./seal.repository.ts";
import { batchStart, chainFault, contentFault, NO_SEAL, sealOf, type Seal } from "./seal.rules.ts";

/** Entries of one batch: what is held in memory at once, and how far one fault narrows down to. */
const BATCH = 2_000;
/** How long entries may wait for their seal while others come in: a batch a second would be mostly seals. */
const SEAL_AFTER_SECONDS = 10;

export interface SealOptions {
  readonly afterSeconds: number;
  readonly batch: number;
}

/** Seals what can be sealed, batch after batch. One process does it at a time; the others leave it to that one. */
export const sealAudit = async (
  database: Database,
  log: Logger,
  { afterSeconds, batch }: SealOptions = { afterSeconds: SEAL_AFTER_SECONDS, batch: BATCH },
): Promise<number> => {
  let sealed = 0;
  const last = await lastSeal(database.q, afterSeconds);
  if (last?.isOld === false && afterSeconds > 0) return sealed;
  const nothing = async (): Promise<void> => undefined;
  await database.tryExclusively("covershare audit seal", nothing, async (alone) => {
    for (;;) {
      const next = await sealNext(alone, batch);
      if (next === undefined) return;
      sealed += next.count;
      // Whoever keeps the logs elsewhere can show later that this seal stood then.
      log.info({ seal: next.id, entries: next.count, hash: next.hash }, "the audit trail was sealed");
    }
  });
  return sealed;
};

const sealNext = async (database: Database, limit: number): Promise<Omit<Seal, "isPurged"> | undefined> => {
  const { q } = database;
  const before = (await lastSeal(q, 0))?.seal;
  const era = await eraToSeal(q, before);
  const fromXid = batchStart(before, era);
  const pending = await pendingBatch(q, { era, fromXid, isCurrent: era === (await currentEra(q)) }, limit);
  if (pending === undefined) return undefined;
  const { untilXid, lastAt, count } = pending;
  const previous = before?.hash ?? NO_SEAL;
  const hash = sealOf(previous, await entriesOf(q, { era, fromXid, untilXid }));
  const seal = { id: (before?.id ?? 0) + 1, era, fromXid, untilXid, count, previous, hash };
  await database.transact(async (tx) => insertSeal(tx.q, { ...seal, lastAt }));
  return seal;
};

/** What became of looking at the whole trail. `head` is the last seal's hash. */
export type AuditVerdict =
  | {
      readonly kind: "ok";
      readonly seals: number;
      readonly entries: number;
      readonly head: string;
      /** Whether the hash asked for is in the chain; undefined where none was. */
      readonly hasExpected: boolean | undefined;
    }
  | { readonly kind: "broken"; readonly seal: number; readonly why: string };

/** Recomputes the chain from its first seal and stops at the first that does not hold. Writes nothing. */
export const verifyAudit = async (q: Queryable, expected?: string): Promise<AuditVerdict> => {
  let before: Seal | undefined;
  let entries = 0;
  let hasExpected = expected === undefined ? undefined : false;
  for (;;) {
    const seals = await sealsAfter(q, before?.id ?? 0, 100);
    for (const seal of seals) {
      const why = chainFault(seal, before) ?? contentFault(seal, await entriesOf(q, seal));
      if (why !== undefined) return { kind: "broken", seal: seal.id, why };
      entries += seal.count;
      if (seal.hash === expected) hasExpected = true;
      before = seal;
    }
    if (seals.length === 0) break;
  }
  const strays = before === undefined ? 0 : await straysBefore(q, before);
  if (before !== undefined && strays > 0)
    return { kind: "broken", seal: before.id, why: `${strays} entries were written behind the seals` };
  return { kind: "ok", seals: before?.id ?? 0, entries, head: before?.hash ?? NO_SEAL, hasExpected };
};

export const auditSweepers = (database: Database, log: Logger): readonly Sweeper[] => [
  {
    name: "seal the audit trail",
    run: async () => {
      await sealAudit(database, log);
    },
  },
];
