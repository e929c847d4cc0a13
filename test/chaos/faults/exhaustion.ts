import pg from "pg";

/** Opens connections until the server has none left, keeps them while `meanwhile` lasts, and lets them go. */
export const useUpConnections = async (url: string, meanwhile: () => Promise<void>): Promise<void> => {
  const held: pg.Client[] = [];
  try {
    for (let at = 0; at < 100; at += 1) {
      const client = new pg.Client({
        connectionString: url,
        application_name: "chaos",
        connectionTimeoutMillis: 2_000,
      });
      // The server may be stopped while we hold it.
      client.on("error", () => undefined);
      await client.connect();
      held.push(client);
    }
  } catch {
    // None left, or no server: either way there is nothing more to take.
  }
  await meanwhile();
  await Promise.all(held.map(async (client) => client.end().catch(() => undefined)));
};
