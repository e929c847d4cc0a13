import { setTimeout as delay } from "node:timers/promises";
import { openProxy, type Proxy } from "./proxy.ts";
import { endLife, startLife, type Life, type ProductOptions } from "./product.ts";

/** What goes between a process and what it needs. */
export interface Lines {
  readonly postgres: Proxy;
  /** Absent where the queue lies in PostgreSQL. */
  readonly redis?: Proxy;
}

/** One of the processes that are always there: killed, it is started again, as by any supervisor. */
export interface Member {
  readonly name: string;
  readonly lines: Lines;
  /** Ports where it may be connected to now; empty while it is down or draining, and for matchers. */
  ports(): readonly number[];
  isUp(): boolean;
  /** kill -9, and started again after a moment. Resolves when it is up. */
  kill(): Promise<void>;
  /** A new process comes up, then the old one is told to stop and drains. Resolves when the old one is gone. */
  deploy(): Promise<void>;
  /** Sets its clock off by so many hours, or back. */
  stepClock(): void;
  close(): Promise<void>;
}

export interface MemberOptions extends Omit<ProductOptions, "environment"> {
  readonly postgresPort: number;
  readonly redisPort?: number;
  /** The environment, given the ports of its proxies. */
  readonly environment: (lines: Lines) => Readonly<Record<string, string>>;
  /** A process that ended though nobody ended it, or did not stop when told: promises broken. */
  readonly onBroken: (what: string) => void;
}

/** How long a supervisor waits before it starts a process again. */
const RESTART_AFTER_MS = 300;

export const openMember = async (options: MemberOptions): Promise<Member> => {
  const { postgresPort, redisPort, name, onBroken } = options;
  const lines: Lines = {
    postgres: await openProxy(() => [postgresPort]),
    ...(redisPort === undefined ? {} : { redis: await openProxy(() => [redisPort]) }),
  };
  const environment = options.environment(lines);
  let current: Life | undefined;
  const closing = new AbortController();
  const all = new Set<Life>();

  const start = async (): Promise<Life | undefined> => {
    while (!closing.signal.aborted) {
      const life = await startLife({ ...options, environment, stopping: closing.signal });
      if (life !== undefined) {
        all.add(life);
        life.child.once("exit", (code, signal) => {
          all.delete(life);
          if (life.isEndedByUs || closing.signal.aborted) return;
          onBroken(`${name} (${life.pid}) ended by itself: ${signal ?? `status ${code}`}`);
          if (current === life) void restart();
        });
        return life;
      }
      await delay(RESTART_AFTER_MS);
    }
    return undefined;
  };
  const restart = async (): Promise<void> => {
    current = undefined;
    await delay(RESTART_AFTER_MS);
    current = await start();
  };

  current = await start();
  return {
    name,
    lines,
    ports: () => (current === undefined || current.port === 0 ? [] : [current.port]),
    isUp: () => current !== undefined,
    kill: async () => {
      const life = current;
      if (life === undefined) return;
      await endLife(life, "SIGKILL");
      await restart();
    },
    deploy: async () => {
      const old = current;
      const next = await start();
      if (current !== old) {
        // It was killed meanwhile and is being started already: two would be one too many.
        if (next !== undefined) await endLife(next, "SIGKILL");
        return;
      }
      current = next;
      if (old === undefined) return;
      if (!(await endLife(old, "SIGTERM"))) onBroken(`${name} (${old.pid}) did not stop within 20 s of SIGTERM`);
    },
    stepClock: () => void current?.child.kill("SIGUSR2"),
    close: async () => {
      closing.abort();
      await Promise.all([...all].map(async (life) => endLife(life, "SIGKILL")));
      await Promise.all([lines.postgres.close(), lines.redis?.close()]);
    },
  };
};
