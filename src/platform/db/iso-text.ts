import { sql, type SQL } from "drizzle-orm";

/** SQL: an instant as ISO 8601 text in UTC with milliseconds, as the API shows it. */
export const isoText = (column: SQL): SQL =>
  sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
