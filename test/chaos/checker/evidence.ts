import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../../../src/platform/db/database.ts";
import type { Client } from "../model/client.ts";
import type { Imports } from "../model/office.ts";
import type { ClientLog, LogEntry } from "../model/client-log.ts";
import { groupBy } from "../../../src/platform/lists/lists.ts";
import { readFacts, type EventRow, type Facts } from "./facts.ts";

/** Everything that is judged: what the clients wrote down, and what the database holds once things are calm. */
export interface Evidence {
  readonly logs: readonly ClientLog[];
  readonly facts: Facts;
  /** What arrived outside; undefined where nothing listened. */
  readonly arrived: Arrived | undefined;
  /** What the office brought in; undefined where there was none. */
  readonly imports: Imports | undefined;
}

/** What mail servers and the tools of practices received. */
export interface Arrived {
  readonly mails: readonly { readonly to: string; readonly messageId: string }[];
  readonly hooks: readonly { readonly path: string; readonly body: string }[];
}

/** An event that is younger than this when things are calm need not have arrived yet. */
const DELIVERED_WITHIN_MS = 5_000;

/**
 * What the database holds, and then what the clients have written down of exactly that: whatever was stored by then must
 * have arrived a few seconds later, and what came after it is not judged.
 */
export const gather = async (
  database: Database,
  clients: readonly Client[],
  beside: { readonly outside?: Arrived; readonly imports?: Imports; readonly deliveredWithinMs?: number } = {},
): Promise<Evidence> => {
  const { outside, imports, deliveredWithinMs = DELIVERED_WITHIN_MS } = beside;
  const facts = await readFacts(database);
  const heads = new Map(facts.heads.map(({ stream, last }) => [stream, last]));
  const headOf = (code: string): number => heads.get(code) ?? 0;
  const until = performance.now() + deliveredWithinMs;
  while (performance.now() < until && clients.some((client) => client.offset() < headOf(client.seat.code)))
    await delay(50);
  const isOlder = (entry: LogEntry, code: string): boolean => !("offset" in entry) || entry.offset <= headOf(code);
  return {
    facts,
    arrived: outside === undefined ? undefined : { mails: [...outside.mails], hooks: [...outside.hooks] },
    imports,
    logs: clients.map(({ log }) => ({ ...log, entries: log.entries.filter((entry) => isOlder(entry, log.code)) })),
  };
};

/** A promise that was not kept. */
export interface Violation {
  /** The rule's name. */
  readonly rule: string;
  readonly promised: string;
  readonly seen: string;
}

/** One rule: everything that contradicts it. */
export type Rule = (evidence: Evidence) => Violation[];

/** A rule with its promise; `look` answers what was seen that contradicts it, one text each. */
export const rule =
  (name: string, promised: string, look: (evidence: Evidence) => readonly string[]): Rule =>
  (evidence) =>
    look(evidence).map((seen) => ({ rule: name, promised, seen }));

export const byId = <T extends { readonly id: string }>(items: readonly T[]): ReadonlyMap<string, T> =>
  new Map(items.map((item) => [item.id, item]));

/** Each organisation's log, in order. */
export const logsByStream = ({ events }: Facts): ReadonlyMap<string, readonly EventRow[]> =>
  groupBy(events, ({ stream }) => stream);

/** The federations of each group: whoever hears of everything in it. */
export const brokersByGroup = ({ federations }: Facts): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...groupBy(federations, ({ group }) => group)].map(([group, found]) => [group, found.map(({ code }) => code)]),
  );
