import type pg from "pg";

/*
 * Statements that come again are prepared: PostgreSQL then parses and plans them once for each connection instead of every
 * time, which for the reads of a plan is most of what they cost (measured: 16 ms of statements became 6 ms).
 *
 * A statement is named when its text was seen SEEN_BEFORE times in this process, so that lists of values of odd lengths do
 * not fill the server's memory, and at most LIMIT texts are. Behind a pooler that shares connections between clients by
 * transaction, that pooler must know prepared statements (PgBouncer does since 1.21).
 */

const SEEN_BEFORE = 3;
const LIMIT = 150;
/** Short statements (begin, set, select app_now()) gain nothing. */
const MIN_LENGTH = 50;

/** Gives each text that comes again a name of its own; undefined for all others. */
export const createStatementNames = (): ((text: string) => string | undefined) => {
  const seen = new Map<string, number>();
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined || text.length < MIN_LENGTH || names.size >= LIMIT) return known;
    const times = (seen.get(text) ?? 0) + 1;
    // Texts that never come again must not pile up either.
    if (seen.size > 2_000) seen.clear();
    seen.set(text, times);
    if (times <= SEEN_BEFORE) return undefined;
    seen.delete(text);
    names.set(text, `covershare_${names.size + 1}`);
    return names.get(text);
  };
};

const isNameless = (config: unknown): config is { readonly text: string } =>
  typeof config === "object" &&
  config !== null &&
  "text" in config &&
  typeof config.text === "string" &&
  (!("name" in config) || config.name === undefined);

/** Makes a pool's connections name the statements that come again. */
export const prepareStatements = (pool: pg.Pool): void => {
  const nameOf = createStatementNames();
  pool.on("connect", (client) => {
    const plain = client.query.bind(client);
    const query = (...given: readonly unknown[]): unknown => {
      const [config, ...rest] = given;
      const name = isNameless(config) ? nameOf(config.text) : undefined;
      const answer: unknown = Reflect.apply(
        plain,
        client,
        name === undefined || typeof config !== "object" ? given : [{ ...config, name }, ...rest],
      );
      return answer;
    };
    Reflect.set(client, "query", query);
  });
};
