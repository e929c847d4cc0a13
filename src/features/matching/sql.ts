import { sql, SQL } from "drizzle-orm";

/** Lists as one array parameter, so that a statement's text does not grow with them. */
export const textArray = (values: readonly string[]): SQL => sql`${sql.param([...values])}::text[]`;
export const uuidArray = (values: readonly string[]): SQL => sql`${sql.param([...values])}::uuid[]`;
/** Practices: by their codes, or as an expression of SQL that gives them. */
export type Codes = readonly string[] | SQL;
export const codesArray = (codes: Codes): SQL => (codes instanceof SQL ? codes : textArray(codes));
/** An instant as epoch milliseconds: cheaper to parse than a timestamp, and `date_part` several times as cheap as `extract`. */
export const epoch = (column: SQL): SQL => sql`round(date_part('epoch', ${column}) * 1000)`;
