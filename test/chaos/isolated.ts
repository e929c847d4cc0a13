import { setTimeout as delay } from "node:timers/promises";
import { waitForCalm, type CalmWatch } from "./checker/calm.ts";
import type { Injector } from "./faults/injector.ts";
import type { FaultKind } from "./faults/kinds.ts";
import type { Model } from "./model/model.ts";
import type { Rig } from "./rig/rig.ts";

/** How long it took after one fault until everything due was done and everybody knew. */
export interface Calm {
  readonly kind: string;
  readonly ms: number;
  /** What was missing when time was up. */
  readonly missing: readonly string[];
}

/** No calm after so long is a promise broken. */
const CALM_WITHIN_MS = 40_000;
/** People who post in the very moment of the fault: there is work to lose. */
const POSTS = 6;

/**
 * One fault in an otherwise healthy system, while people post: from the fault itself (its own length included) until
 * nothing is due, nothing is on its way and every client has everything.
 */
export const measureIsolated = async (
  parts: {
    readonly rig: Rig;
    readonly model: Model;
    readonly injector: Injector;
    readonly watch: CalmWatch;
    readonly say: (text: string) => void;
    readonly patience?: number;
  },
  kind: FaultKind,
): Promise<Calm> => {
  const { rig, model, injector, watch, say, patience = 1 } = parts;
  const limitMs = CALM_WITHIN_MS * patience;
  while (![...rig.apis, ...rig.matchers].every((member) => member.isUp())) await delay(20);
  await waitForCalm(watch, limitMs);
  const begin = performance.now();
  model.postNow(POSTS / 2);
  const over = injector.inject(kind);
  model.postNow(POSTS / 2);
  // Not before the fault has done something: what is calm because nothing has happened yet is not calm after it.
  await delay(100);
  const whole = over ?? Promise.resolve();
  const isLasting = !["api-killed", "matcher-killed", "api-deployed", "matcher-deployed"].includes(kind.kind);
  if (isLasting) await whole;
  const { missing } = await waitForCalm(watch, limitMs);
  const ms = performance.now() - begin;
  say(`calm ${Math.round(ms)} ms after ${kind.kind}${missing.length > 0 ? `: ${missing.join("; ")}` : ""}`);
  await whole;
  return { kind: kind.kind, ms, missing };
};

/** Median and worst of each kind. */
export const summarise = (calms: readonly Calm[]): Record<string, { readonly p50: number; readonly max: number }> => {
  const kinds = [...new Set(calms.map(({ kind }) => kind))].sort();
  return Object.fromEntries(
    kinds.map((kind) => {
      const sorted = calms.flatMap((calm) => (calm.kind === kind ? [Math.round(calm.ms)] : [])).sort((a, b) => a - b);
      return [kind, { p50: sorted[Math.ceil(sorted.length / 2) - 1] ?? 0, max: sorted.at(-1) ?? 0 }];
    }),
  );
};
