import { createHash, randomBytes, randomInt, randomUUID, timingSafeEqual } from "node:crypto";
import { wallClock } from "../clock/clock.ts";

/**
 * The one home of random identifiers.
 *
 * `newId` is a UUID of version 7 (RFC 9562 §5.7): its first 48 bits are milliseconds, so rows that are made together lie
 * together in an index. It is an identifier only; nothing may read a time out of it.
 */
export const newId = (): string => {
  // Node draws many of these at once, which for one at a time is most of the cost. The first 48 bits and the version are ours.
  const random = randomUUID();
  const ms = wallClock.now().getTime().toString(16).padStart(12, "0");
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${random.slice(15)}`;
};

/**
 * `digits` random hex digits, at most 32: ids of traces and spans. A plan has several, and to draw bytes for each took
 * 0.04 ms; these come from where `newId` has them. Of the last 16 digits two bits are always the same, of 32 six.
 */
export const newHex = (digits: number): string => randomUUID().replaceAll("-", "").slice(-digits);

/** Letters and digits that survive being read aloud: no 0/O, no 1/I (rule R4). */
const SPEAKABLE = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/** A speakable code of `length` characters, for example `7F3K`. Not unique by itself: the database refuses a repeat. */
export const newSpeakable = (length: number): string =>
  Array.from({ length }, () => SPEAKABLE.charAt(randomInt(SPEAKABLE.length))).join("");

/** 256 random bits as base64url: session ids, API tokens, CSRF secrets. */
export const newSecret = (): string => randomBytes(32).toString("base64url");

/** SHA-256 in hex: how secrets that are already random are stored, and how request bodies are compared. */
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Compares two strings in time that does not depend on where they differ. */
export const equalSecrets = (left: string, right: string): boolean =>
  timingSafeEqual(Buffer.from(sha256(left)), Buffer.from(sha256(right)));

/** A number in [0, 1) for jitter. Never for secrets. */
export const jitter = (): number => randomInt(1_000_000) / 1_000_000;
