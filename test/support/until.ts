import { setTimeout as delay } from "node:timers/promises";

/**
 * Polls until `condition` is neither false nor undefined, and returns what it gave; fails after `withinMs` (default 5 s)
 * with the name of what it waited for. Tests wait for conditions, never for time.
 */
export const until = async <T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  { withinMs = 5_000, what = "the condition" }: { withinMs?: number; what?: string } = {},
): Promise<T> => {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms for: ${what}`);
    await delay(10);
  }
};
