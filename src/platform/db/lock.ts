import type pg from "pg";
import { z } from "zod";

/** Runs `work` on a connection of its own and gives the lock back that it took. */
export const withLock = async <T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<{ readonly key: string | undefined; readonly result: T }>,
): Promise<T> => {
  const client = await pool.connect();
  let isBroken = true;
  try {
    const { key, result } = await work(client);
    isBroken = key !== undefined && (await unlock(client, key));
    return result;
  } finally {
    // After a failure the connection's state is unknown: it is thrown away, and closing it releases the lock.
    client.release(isBroken);
  }
};

const taken = z.object({ won: z.boolean() });

/** Takes the advisory lock `key` for this connection, or says at once that another has it. */
export const tryLock = async (client: pg.PoolClient, key: string): Promise<boolean> => {
  const text = "select pg_try_advisory_lock(hashtextextended($1, 0)) as won";
  const { rows } = await client.query<Record<string, unknown>>({ text, values: [key] });
  return taken.parse(rows[0]).won;
};

const unlock = async (client: pg.PoolClient, key: string): Promise<boolean> => {
  try {
    await client.query({ text: "select pg_advisory_unlock(hashtextextended($1, 0))", values: [key] });
    return false;
  } catch {
    return true;
  }
};
