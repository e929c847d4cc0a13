import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../random.ts";
import type { Rig } from "../rig/rig.ts";
import { faultKinds, type FaultKind } from "./kinds.ts";
import type { SlowReader } from "./slow-reader.ts";

/** Breaks things, and keeps count. */
export interface Injector {
  readonly kinds: readonly FaultKind[];
  /** Breaks one thing and resolves once it is put right; undefined where that part is broken already. */
  inject(kind: FaultKind): Promise<void> | undefined;
  /** Kinds that have not been injected yet. */
  untried(): readonly FaultKind[];
  /** Faults one upon another for so long: each kind, in an order drawn anew, before they begin again. */
  storm(ms: number): Promise<void>;
  /** Every fault is put right. */
  settled(): Promise<void>;
  counts(): Readonly<Record<string, number>>;
}

/** 33 a minute on average: the promise is at least 20. */
const BETWEEN_MS = [600, 3_000] as const;

export const openInjector = (
  rig: Rig,
  reader: SlowReader,
  random: Random,
  say: (text: string) => void,
  onBroken: (what: string) => void,
): Injector => {
  const kinds = faultKinds(rig, reader);
  const brief = kinds.filter(({ isLong }) => isLong !== true);
  const open = new Map<string, Promise<void>>();
  const counts = new Map<string, number>();
  let deck: readonly FaultKind[] = [];

  const inject = (kind: FaultKind): Promise<void> | undefined => {
    const { name, inject: act } = kind.part(rig, random);
    if (open.has(name)) return undefined;
    counts.set(kind.kind, (counts.get(kind.kind) ?? 0) + 1);
    say(`${kind.kind}: ${name}`);
    const over = act()
      .catch((error: unknown) => onBroken(`${kind.kind} (${name}) could not be put right: ${String(error)}`))
      .finally(() => open.delete(name));
    open.set(name, over);
    return over;
  };

  return {
    kinds,
    inject,
    untried: () => kinds.filter(({ kind }) => !counts.has(kind)),
    storm: async (ms) => {
      const until = performance.now() + ms;
      while (performance.now() < until) {
        if (deck.length === 0) deck = brief;
        // Another, at once, where that part is broken already: a storm does not pause.
        const begun = [random.pick(deck), random.pick(brief)].find(
          (kind) => kind !== undefined && inject(kind) !== undefined,
        );
        deck = deck.filter((kind) => kind !== begun);
        if (begun === undefined) await delay(20);
        else await delay(Math.min(random.whole(...BETWEEN_MS), Math.max(0, until - performance.now())));
      }
    },
    settled: async () => {
      while (open.size > 0) await Promise.all(open.values());
    },
    counts: () => Object.fromEntries([...counts].sort(([left], [right]) => (left < right ? -1 : 1))),
  };
};
