import { sql, type SQL } from "drizzle-orm";

/** Lists as one array parameter, so that a statement's text does not grow with them. */
export const textArray = (values: readonly string[]): SQL => sql`${sql.param([...values])}::text[]`;
export const uuidArray = (values: readonly string[]): SQL => sql`${sql.param([...values])}::uuid[]`;
/** An instant as epoch milliseconds: cheaper to parse than a timestamp. */
export const epoch = (column: SQL): SQL => sql`(extract(epoch from ${column}) * 1000)::float8`;
