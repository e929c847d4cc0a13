import { createHash } from "node:crypto";

/** What a chain begins with. */
export const NO_SEAL = "";

/** SHA-256 (hex) over the seal before and the entries of a batch, each in its canonical text, in order. */
export const sealOf = (previous: string, entries: readonly string[]): string => {
  const hash = createHash("sha256").update(`${previous}\n`);
  for (const entry of entries) hash.update(`${entry}\n`);
  return hash.digest("hex");
};

export interface Seal {
  readonly id: number;
  readonly era: number;
  readonly fromXid: number;
  readonly untilXid: number;
  readonly count: number;
  readonly hash: string;
  readonly previous: string;
  readonly isPurged: boolean;
}

/** Where a batch begins that follows `last`: a new era counts its transactions anew. */
export const batchStart = (last: Seal | undefined, era: number): number =>
  last !== undefined && last.era === era ? last.untilXid : 0;

/** What is wrong with a seal as one in the chain, before its entries are looked at; undefined where nothing is. */
export const chainFault = (seal: Seal, before: Seal | undefined): string | undefined => {
  if (seal.id !== (before?.id ?? 0) + 1) return `seal ${seal.id - 1} is missing`;
  if (seal.previous !== (before?.hash ?? NO_SEAL)) return "it does not follow the seal before it";
  if (before !== undefined && seal.era < before.era) return "its era is earlier than that of the seal before it";
  if (seal.fromXid !== batchStart(before, seal.era)) return "it does not begin where the seal before it ended";
  return undefined;
};

/** What is wrong with the entries of a batch; undefined where nothing is. */
export const contentFault = (seal: Seal, entries: readonly string[]): string | undefined => {
  if (seal.isPurged) return entries.length === 0 ? undefined : `${entries.length} entries lie where all were purged`;
  if (entries.length !== seal.count) return `it was sealed with ${seal.count} entries and has ${entries.length}`;
  if (sealOf(seal.previous, entries) !== seal.hash) return "an entry was changed";
  return undefined;
};
