import { describe } from "vitest";
import { describeWithRedis } from "../../support/index.ts";

/**
 * A Redis database that no other test file uses (files share the server, and a worker takes whatever lies in its queue).
 * Wake-ups cross databases, which does no harm: they are hints.
 */
export const ownRedis = (redisUrl: string, database: number): string => {
  const url = new URL(redisUrl);
  url.pathname = `/${database}`;
  return url.href;
};

/** The same suite with the queue in PostgreSQL and in Redis; `database` is the suite's own number from 1 to 15. */
export const onBothBackends = (
  name: string,
  database: number,
  body: (redis: { readonly redisUrl?: string }) => void,
): void => {
  describe(`${name}, queue in PostgreSQL`, () => {
    body({});
  });
  describeWithRedis(`${name}, queue in Redis`, (redisUrl) => {
    body({ redisUrl: ownRedis(redisUrl, database) });
  });
};
