import type pg from "pg";

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

const unlock = async (client: pg.PoolClient, key: string): Promise<boolean> => {
  try {
    await client.query("select pg_advisory_unlock(hashtextextended($1, 0))", [key]);
    return false;
  } catch {
    return true;
  }
};
