import { hash, verify } from "@node-rs/argon2";
import { newSecret } from "../../platform/ids/ids.ts";
import { hashingBusy } from "./identity.errors.ts";

/*
 * argon2id with 19 MiB and two passes (OWASP Password Storage Cheat Sheet): about 14 ms of one core. Never called inside a
 * transaction. At most `parallel` run at once, so that a storm of sign-ins cannot take the thread pool from the rest of
 * the process, and at most `waiting` wait: more are asked to come back.
 */

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Compares with a stored hash; without one it takes just as long and says no. */
  matches(stored: string | null | undefined, password: string): Promise<boolean>;
}

// The library's default algorithm is argon2id.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export const createPasswords = ({ parallel = 2, waiting = 60 } = {}): Passwords => {
  let running = 0;
  const queue: (() => void)[] = [];
  let decoy: Promise<string> | undefined;

  const limited = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= parallel) {
      if (queue.length >= waiting) throw hashingBusy();
      // Whoever finishes hands its place on, so `running` stays as it is.
      await new Promise<void>((resolve) => void queue.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };

  return {
    hash: async (password) => limited(async () => hash(password, COST)),
    matches: async (stored, password) =>
      limited(async () => {
        if (stored !== null && stored !== undefined) return verify(stored, password);
        decoy ??= hash(newSecret(), COST);
        await verify(await decoy, password);
        return false;
      }),
  };
};
