import type pg from "pg";

/** A statement as the driver takes it. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What a unit of work came to, and what is still to be written, with the commit. */
export interface Outcome<T> {
  readonly value: T;
  readonly last: readonly Statement[];
}

/** What a unit of work runs on. */
export interface Inner {
  readonly client: pg.PoolClient;
  /** Sends a statement whose answer nobody waits for. Where it fails, so does the transaction, and says why. */
  readonly send: (statement: Statement) => void;
}

/** The connection cannot be used again; `cause` is why the work failed. */
export class BrokenConnection extends Error {}

/**
 * Runs `work` in a transaction of this connection. Nothing is waited for that nobody needs the answer of: BEGIN travels
 * with the first statement, and the last ones with COMMIT; on a connection that answers in order a failure before the
 * COMMIT turns it into a ROLLBACK.
 *
 * Once `work` has failed or returned, its handle refuses: a branch of it that still runs must not write into whatever
 * the connection does next.
 */
export const runTransaction = async <T>(
  client: pg.PoolClient,
  begin: string,
  work: (inner: Inner) => Promise<Outcome<T>>,
): Promise<T> => {
  const gate = gateTo(client);
  const sent: Promise<unknown>[] = [];
  /** What follows a statement that failed fails only because of it. */
  let firstFailure: unknown;
  const send = ({ text, values }: Statement): void => {
    const answer: Promise<unknown> = gate.client.query({ text, values: [...values] });
    answer.catch((error: unknown) => {
      firstFailure ??= error;
    });
    sent.push(answer);
  };
  const begun = client.query(begin);
  // Where it fails the first statement fails too.
  begun.catch(() => undefined);
  try {
    const { value, last } = await work({ client: gate.client, send });
    gate.close();
    const written = last.map(async ({ text, values }) => client.query({ text, values: [...values] }));
    const committed = client.query("commit");
    await Promise.all([begun, ...sent, ...written, committed]);
    if ((await committed).command !== "COMMIT") throw new Error("A statement failed that nobody waited for.");
    return value;
  } catch (caught) {
    const error = firstFailure ?? caught;
    gate.close();
    try {
      await client.query("rollback");
    } catch {
      throw new BrokenConnection("the connection broke", { cause: error });
    }
    throw error;
  }
};

const gateTo = (client: pg.PoolClient): { readonly client: pg.PoolClient; close(): void } => {
  let isOpen = true;
  const plain = client.query.bind(client);
  const query = async (...given: readonly unknown[]): Promise<unknown> => {
    if (!isOpen) throw new Error("This transaction has ended.");
    const answer: unknown = await Reflect.apply(plain, undefined, given);
    return answer;
  };
  return {
    client: new Proxy(client, {
      get: (target, key): unknown => (key === "query" ? query : Reflect.get(target, key, target)),
    }),
    close: () => {
      isOpen = false;
    },
  };
};
