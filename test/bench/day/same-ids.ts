import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

/*
 * Ids break ties (M4), and those of rows that are made in one millisecond come in any order: the same seed then ended up to
 * three needs apart. Here they count up instead, so that a seed is one run, and two variants of the matcher differ by what
 * they do.
 */

/** While `work` runs, random bytes count up and random numbers repeat themselves: ids come in the order in which they are made. */
export const withSameIds = async <T>(work: () => Promise<T>): Promise<T> => {
  const { randomBytes, randomInt, randomUUID } = crypto;
  let made = 0;
  let state = 1;
  const counted = (size: number): Buffer => {
    made += 1;
    const bytes = Buffer.alloc(size);
    // The last bytes of an id: what stands before them is the millisecond, so later ids are greater in either case.
    bytes.writeUIntBE(made, size - 6, 6);
    return bytes;
  };
  const countedUuid = (): ReturnType<typeof randomUUID> => {
    made += 1;
    return `00000000-0000-4000-8000-${made.toString(16).padStart(12, "0")}`;
  };
  const repeated = (most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * most);
  };
  Object.assign(crypto, { randomBytes: counted, randomInt: repeated, randomUUID: countedUuid });
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    Object.assign(crypto, { randomBytes, randomInt, randomUUID });
    syncBuiltinESMExports();
  }
};
