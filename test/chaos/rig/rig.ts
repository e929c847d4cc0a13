import { migrateUrl } from "./migrated.ts";
import { openMember, type Member } from "./member.ts";
import { steppedClock } from "./node-arguments.ts";
import { openOutside, type Outside } from "./outside.ts";
import { openChaosPostgres, type ChaosPostgres } from "./postgres.ts";
import { openProxy, type Proxy } from "./proxy.ts";
import { openChaosRedis, type ChaosRedis } from "./redis.ts";

export type Backend = "redis" | "postgres";

/** Everything that runs, and everything that can be broken. */
export interface Rig {
  readonly backend: Backend;
  readonly postgres: ChaosPostgres;
  readonly redis: ChaosRedis | undefined;
  readonly apis: readonly [Member, ...Member[]];
  readonly matchers: readonly Member[];
  /** What clients connect to: passes them on to whichever API process is up. */
  readonly front: Proxy;
  readonly outside: Outside;
  /** Ends every process that was started. Safe to call twice, and while something is being started. */
  close(): Promise<void>;
}

export interface RigOptions {
  readonly backend: Backend;
  /** For the logs of the processes. */
  readonly folder: string;
  /** Builds what is in the database before anybody looks; tools of practices listen at `hooks`. */
  readonly prepare: (url: string, hooks: string) => Promise<void>;
  readonly onBroken: (what: string) => void;
}

type Closer = () => Promise<void>;

export const openRig = async ({ backend, folder, prepare, onBroken }: RigOptions): Promise<Rig> => {
  const closers: Closer[] = [];
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      // One that cannot be closed must not keep the others running.
      for (const each of closers.reverse())
        await each().catch((error: unknown) => onBroken(`teardown: ${String(error)}`));
    })());
  const opened = <T extends { close(): Promise<void> }>(thing: T): T => {
    closers.push(() => thing.close());
    return thing;
  };
  try {
    const postgres = opened(await openChaosPostgres());
    const redis = backend === "redis" ? opened(await openChaosRedis()) : undefined;
    await migrateUrl(postgres.url);
    const outside = opened(await openOutside());
    await prepare(postgres.url, `http://127.0.0.1:${outside.lines.hooks.port}/hooks/`);
    const member = async (command: "api" | "matcher", at: number): Promise<Member> =>
      opened(
        await openMember({
          command,
          name: `${command}-${at}`,
          folder,
          nodeArguments: steppedClock(),
          postgresPort: postgres.port,
          ...(redis === undefined ? {} : { redisPort: redis.port }),
          environment: (lines) => ({
            DATABASE_URL: postgres.urlAt(lines.postgres.port),
            ...(lines.redis === undefined ? {} : { REDIS_URL: `redis://127.0.0.1:${lines.redis.port}` }),
            SMTP_URL: `smtp://127.0.0.1:${outside.lines.mail.port}`,
            MAIL_FROM: "cover@chaos.example",
            WEBHOOK_PRIVATE_ADDRESSES: "yes",
            PORT: "0",
            DB_POOL_MAX: "6",
            REQUEST_TIMEOUT_SECONDS: "8",
            SHUTDOWN_SECONDS: "5",
            LOG_LEVEL: "warn",
          }),
          onBroken,
        }),
      );
    const [api1, api2, matcher1, matcher2] = await Promise.all([
      member("api", 1),
      member("api", 2),
      member("matcher", 1),
      member("matcher", 2),
    ]);
    const apis = [api1, api2] as const;
    const front = opened(await openProxy(() => apis.flatMap((api) => api.ports())));
    return { backend, postgres, redis, apis, matchers: [matcher1, matcher2], front, outside, close };
  } catch (error) {
    await close();
    throw error;
  }
};
