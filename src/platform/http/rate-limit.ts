import { wallClock } from "../clock/clock.ts";
import { DomainError } from "../errors/domain-error.ts";

/**
 * How often somebody may call this process: a bucket that holds ten seconds' worth and fills evenly. Kept in memory, per
 * process: a limit that asks a database would itself be what a flood brings down.
 */
export interface RateLimiter {
  /** Takes one call of this caller. Throws `too-many-requests`, which says after how many seconds there is one again. */
  take(caller: string): void;
  /** Callers that are remembered: those whose bucket is not full. */
  size(): number;
}

interface Bucket {
  left: number;
  atMs: number;
}

const BURST_SECONDS = 10;
/** Beyond this many callers the oldest is forgotten, which gives it a full bucket: memory is worth more than its limit. */
const MAX_CALLERS = 50_000;
const CLEAN_EVERY_MS = 10_000;

export const tooManyRequests = (retryAfterSeconds: number): DomainError =>
  new DomainError("too-many", "too-many-requests", "That was too much at once. Wait a moment and try again.", {
    details: { retryAfterSeconds },
  });

/** `perMinute` 0 is no limit. `nowMs` is monotonic. */
export const createRateLimiter = (
  perMinute: number,
  nowMs: () => number = () => wallClock.monotonicMs(),
): RateLimiter => {
  const perSecond = perMinute / 60;
  const most = Math.max(1, perSecond * BURST_SECONDS);
  const buckets = new Map<string, Bucket>();
  let cleanedMs = nowMs();

  const filled = ({ left, atMs }: Bucket, now: number): number =>
    Math.min(most, left + ((now - atMs) / 1_000) * perSecond);

  const clean = (now: number): void => {
    if (now - cleanedMs < CLEAN_EVERY_MS) return;
    cleanedMs = now;
    for (const [caller, bucket] of buckets) if (filled(bucket, now) >= most) buckets.delete(caller);
  };

  const bucketOf = (caller: string, now: number): Bucket => {
    const known = buckets.get(caller);
    if (known !== undefined) return known;
    const [oldest] = buckets.size >= MAX_CALLERS ? buckets.keys() : [];
    if (oldest !== undefined) buckets.delete(oldest);
    const fresh = { left: most, atMs: now };
    buckets.set(caller, fresh);
    return fresh;
  };

  return {
    take: (caller) => {
      if (perMinute === 0) return;
      const now = nowMs();
      clean(now);
      const bucket = bucketOf(caller, now);
      bucket.left = filled(bucket, now);
      bucket.atMs = now;
      if (bucket.left < 1) throw tooManyRequests(Math.max(1, Math.ceil((1 - bucket.left) / perSecond)));
      bucket.left -= 1;
    },
    size: () => buckets.size,
  };
};
