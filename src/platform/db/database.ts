import { setTimeout as delay } from "node:timers/promises";
import { sql, type SQL } from "drizzle-orm";
import { drizzle, type NodePgQueryResultHKT } from "drizzle-orm/node-postgres";
import { PgDialect, type PgDatabase } from "drizzle-orm/pg-core";
import pg from "pg";
import { z } from "zod";
import { jitter } from "../ids/ids.ts";
import { unique } from "../lists/lists.ts";
import { GatheringSocket } from "./gathering-socket.ts";
import { tryLock, withLock } from "./lock.ts";
import { prepareStatements } from "./prepared-statements.ts";
import { isRetryable, sqlState } from "./sql-errors.ts";
import { BrokenConnection, runTransaction, type Inner, type Outcome, type Statement } from "./transaction.ts";

/**
 * Anything that runs statements: the pool, one client, or a transaction. The first argument of every repository function.
 * Statements that do not need each other's answers may be sent together (`Promise.all`): a connection answers them in one
 * go. Transactions are begun by `Database` alone.
 */
export type Queryable = Omit<PgDatabase<NodePgQueryResultHKT>, "transaction">;

/** One message for one organisation's event log (rule S3). `data` carries no more than its receiver may read (S7). */
export interface OutgoingEvent {
  readonly stream: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A job to enqueue once the transaction has committed: the fast path only, the row itself says what is due. */
export interface FollowUp {
  readonly job: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What a transaction leaves to do. Events are written by it, just before it commits; the rest happens after. */
export interface Effects {
  readonly events: OutgoingEvent[];
  readonly followUps: FollowUp[];
}

/** A unit of work. Always handed on explicitly. */
export interface Tx {
  readonly q: Queryable;
  /**
   * Sends a statement that nobody needs the answer of. What is asked after it sees what it wrote, because a connection
   * carries out in order; where it fails, the transaction fails with its error. It is sent at once: in one `Promise.all`
   * it goes out before a statement of drizzle's that stands in front of it.
   *
   * `select expect_as_read(…)` is such a statement: sent on the assumption that something is still as it was read. Where it
   * is not, nothing of the unit stays, and it runs again; the unit itself remembers to assume less.
   */
  write(statement: SQL): void;
  /**
   * The same for what was drawn at random: where this constraint refuses it, the whole unit runs again and draws anew. So
   * nobody waits to hear that a fresh code was free.
   */
  writeDrawn(statement: SQL, constraint: string): void;
  emit(...events: readonly OutgoingEvent[]): void;
  /** Looks something up at most once in this transaction. */
  once<T>(key: string, look: () => Promise<T>): Promise<T>;
  follow(...followUps: readonly FollowUp[]): void;
}

export interface Database {
  /** For reads outside a transaction. */
  readonly q: Queryable;
  /**
   * For reads that may be answered while those of `q` are: another connection where one has nothing to do at this moment,
   * else `q`. It never waits for one, so that whoever holds a connection cannot wait for somebody who does the same.
   */
  beside(): Queryable;
  /** Runs `work` in one transaction, retried whole on a serialisation failure, a deadlock or what is not as read; then wakes whoever must know. */
  transact<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Reads everything as of one moment, in a transaction in which the database refuses to write. */
  readOnly<T>(read: (q: Queryable) => Promise<T>): Promise<T>;
  /** Runs `work` while holding the advisory lock `key` on one connection; waits for it across processes. */
  exclusively<T>(key: string, work: (database: Database) => Promise<T>): Promise<T>;
  /**
   * The same without waiting: false when another holds the lock, and then `work` did not run. What `look` reads
   * through `q` is read after the lock was taken but sent together with it; where another holds it, that reading was for nothing.
   */
  tryExclusively<L>(
    key: string,
    look: (database: Database) => Promise<L>,
    work: (database: Database, looked: L) => Promise<void>,
  ): Promise<boolean>;
}

/** Set by the composition root: how events are stored inside, and what is woken after, a commit. Neither may know the domain. */
export interface CommitHooks {
  /** The statements that store the events; they are sent together with the commit. */
  beforeCommit(events: readonly OutgoingEvent[]): readonly Statement[];
  /** Must not throw: the work is committed, and the sweep finds what this misses. */
  afterCommit(effects: Effects): void;
}

export const noHooks: CommitHooks = { beforeCommit: () => [], afterCommit: () => undefined };

const MAX_ATTEMPTS = 6;

const mayRunAgain = (error: unknown, drawn: ReadonlySet<string>): boolean =>
  isRetryable(error) || drawn.has(sqlState(error)?.constraint ?? "");

const casing = "snake_case";
const open = (client: pg.Pool | pg.PoolClient): Queryable => drizzle(client, { casing });
const dialect = new PgDialect({ casing });

/** Where transactions run: a connection of the pool each, or always the one that holds a lock. */
interface Connections {
  readonly q: Queryable;
  borrow(): Promise<pg.PoolClient>;
  giveBack(client: pg.PoolClient, isBroken: boolean): void;
}

const ofPool = (pool: pg.Pool): Connections => ({
  q: open(pool),
  borrow: async () => pool.connect(),
  giveBack: (client, isBroken) => client.release(isBroken),
});

const ofClient = (client: pg.PoolClient): Connections => ({
  q: open(client),
  borrow: async () => client,
  // Whoever took the lock gives the connection back.
  giveBack: () => undefined,
});

/** Each key keeps its promise for as long as the transaction lasts; the key decides the type, so callers keep theirs apart. */
const rememberer = (): Tx["once"] => {
  const known = new Map<string, Promise<unknown>>();
  return async <T>(key: string, look: () => Promise<T>): Promise<T> => {
    if (!known.has(key)) known.set(key, look());
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- stored under this key by the same look-up
    return known.get(key) as Promise<T>;
  };
};

const bind = (connections: Connections, pool: pg.Pool, hooks: CommitHooks, besides: Queryable): Database => {
  const within = async <T>(begin: string, work: (inner: Inner) => Promise<Outcome<T>>): Promise<T> => {
    const client = await connections.borrow();
    let isBroken = false;
    try {
      return await runTransaction(client, begin, work);
    } catch (error) {
      isBroken = error instanceof BrokenConnection;
      throw error instanceof BrokenConnection ? error.cause : error;
    } finally {
      connections.giveBack(client, isBroken);
    }
  };
  const attempt = async <T>(work: (tx: Tx) => Promise<T>, drawn: Set<string>): Promise<T> => {
    const effects: Effects = { events: [], followUps: [] };
    const result = await within("begin", async ({ client, send }) => {
      const write = (statement: SQL): void => {
        const { sql: text, params: values } = dialect.sqlToQuery(statement);
        send({ text, values });
      };
      const value = await work({
        q: open(client),
        write,
        writeDrawn: (statement, constraint) => {
          drawn.add(constraint);
          write(statement);
        },
        once: rememberer(),
        emit: (...events) => void effects.events.push(...events),
        follow: (...followUps) => void effects.followUps.push(...followUps),
      });
      return { value, last: effects.events.length > 0 ? hooks.beforeCommit(effects.events) : [] };
    });
    hooks.afterCommit(effects);
    return result;
  };
  return {
    q: connections.q,
    beside: () => (pool.idleCount > 0 && pool.waitingCount === 0 ? besides : connections.q),
    readOnly: async (read) =>
      within("begin isolation level repeatable read read only", async ({ client }) => ({
        value: await read(open(client)),
        last: [],
      })),
    transact: async (work) => {
      for (let tries = 1; ; tries += 1) {
        const drawn = new Set<string>();
        try {
          return await attempt(work, drawn);
        } catch (error) {
          if (tries >= MAX_ATTEMPTS || !mayRunAgain(error, drawn)) throw error;
          await delay(2 ** tries * (0.5 + jitter()));
        }
      }
    },
    exclusively: async (key, work) =>
      withLock(pool, async (client) => {
        await client.query("select pg_advisory_lock(hashtextextended($1, 0))", [key]);
        return { key, result: await work(bind(ofClient(client), pool, hooks, besides)) };
      }),
    tryExclusively: async (key, look, work) =>
      withLock(pool, async (client) => {
        const mine = bind(ofClient(client), pool, hooks, besides);
        const [won, looked] = await Promise.all([tryLock(client, key), look(mine)]);
        if (!won) return { key: undefined, result: false };
        await work(mine, looked);
        return { key, result: true };
      }),
  };
};

export interface PoolOptions {
  readonly url: string;
  readonly max: number;
  /** Below the HTTP request timeout, so that nothing runs on for a caller who has gone. */
  readonly statementTimeoutMs: number;
  readonly applicationName: string;
  /**
   * For statements that cost more to plan than to carry out: each is planned once a connection, for any parameters, and
   * connections that have nothing to do stay open.
   */
  readonly keepsPlans?: boolean;
  readonly onError: (error: Error) => void;
}

/** How long after the server's own limit its silence counts as death. */
const SILENCE_MS = 1_000;
const KEEP_ALIVE_AFTER_MS = 30_000;

/** A pool that survives its server: an idle connection that breaks is reported and replaced. */
export const createPool = (options: PoolOptions): pg.Pool => {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: options.keepsPlans === true ? 0 : 30_000,
    // A post takes two at once: the first after half a minute's rest was answered in 27 ms instead of 63.
    min: 3,
    // Probes keep the way through a firewall open that forgets who says nothing for minutes: some connections wait all night.
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    statement_timeout: options.statementTimeoutMs,
    // The server ends what takes too long, and says so. Hearing nothing at all means that the line is dead without a word (a
    // firewall that forgot us, a server that lost its power): the connection is cut, or it would hang for ever.
    query_timeout: options.statementTimeoutMs + SILENCE_MS,
    idle_in_transaction_session_timeout: 30_000,
    application_name: options.applicationName,
    pipeline: true,
    stream: () => new GatheringSocket(),
  });
  // While the pool ends, a server that ends before it is no news.
  pool.on("error", (error) => (pool.ending ? undefined : options.onError(error)));
  // The pool listens to idle connections only. One that breaks while it is lent out, between two statements (a plan being
  // solved under its lock), would end the process; its next statement fails and says so.
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
    // Left to itself PostgreSQL plans anew five times before it keeps a plan, and compiles what it takes for costly: neither
    // pays where a statement takes milliseconds. Where this fails, so does what follows.
    if (options.keepsPlans === true)
      client.query("set plan_cache_mode = force_generic_plan; set jit = off").catch(() => undefined);
  });
  prepareStatements(pool);
  return pool;
};

export const createDatabase = (pool: pg.Pool, hooks: CommitHooks): Database => {
  const connections = ofPool(pool);
  return bind(connections, pool, hooks, connections.q);
};

/** The rows of a statement that answers with ids alone. */
export const identified = z.object({ id: z.string() });

/** Runs a raw statement and parses every row: the only way from raw SQL to typed values. Instants arrive as text, so schemas coerce. */
export const rows = async <T extends z.ZodType>(q: Queryable, schema: T, statement: SQL): Promise<z.output<T>[]> => {
  const { rows: found } = await q.execute(statement);
  const parsed: z.output<T>[] = [];
  // Row by row: to make a schema for the list of them costs more than to parse one.
  for (const row of found) {
    const one = schema.safeParse(row);
    // Not the caller's input: a mistake of ours, so a plain error, which the edges answer with 500 and log.
    if (!one.success) {
      const where = one.error.issues.map(({ path, message }) => `${path.map(String).join(".")}: ${message}`);
      throw new Error(`A statement answered with rows of another shape. ${unique(where).slice(0, 5).join(" ")}`);
    }
    parsed.push(one.data);
  }
  return parsed;
};

const clock = z.object({ now: z.coerce.date() });

/** The present instant as the database sees it (rule T2). */
export const appNow = async (q: Queryable): Promise<Date> => {
  const [row] = await rows(q, clock, sql`select app_now() as now`);
  if (row === undefined) throw new Error("app_now() returned nothing");
  return row.now;
};
