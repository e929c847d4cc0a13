import { findRedisServer, freePort, startRedisServer, type TestRedis } from "../../support/redis-server.ts";

export interface ChaosRedis {
  readonly port: number;
  kill(): Promise<void>;
  /** Empty, on the same port. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export const openChaosRedis = async (): Promise<ChaosRedis> => {
  const file = await findRedisServer();
  if (file === undefined) throw new Error("There is no redis-server on PATH: use --backend postgres.");
  const port = await freePort();
  let running: TestRedis | undefined = await startRedisServer(file, port);
  let isClosed = false;
  const kill = async (): Promise<void> => {
    await running?.close();
    running = undefined;
  };
  return {
    port,
    kill,
    start: async () => {
      if (!isClosed) running ??= await startRedisServer(file, port);
    },
    close: async () => {
      isClosed = true;
      await kill();
    },
  };
};
