import { type PgTable, timestamp } from "drizzle-orm/pg-core";
import { getTableColumns, type SQL } from "drizzle-orm";
import type { Queryable } from "./database.ts";

/** An instant, stored in UTC (rule T1). */
export const instant = () => timestamp({ withTimezone: true, mode: "date", precision: 3 });

/**
 * What a column says about a person (rule P5).
 * none: nothing. staff: somebody who works here. pseudonymous: could be tied to a patient by somebody who holds the
 * practice's own clinical record, as a need reference can.
 */
export type DataClass = "none" | "staff" | "pseudonymous";

/** How long a row is kept, in plain words with an ISO 8601 duration that the purge job reads. */
export interface Retention {
  readonly period: "forever" | `P${number}D`;
  readonly from: string;
}

/**
 * What makes a row due for the purge once its period has passed; the purge of features/privacy is made from these.
 * `since`: an instant (or date) of the row from which its period counts; null is not due. `unless` keeps a row all the same; `before` is that period ago.
 * `with`: the row goes with the row of another table that it points to by foreign key, and never by itself.
 * `by`: the owner deletes by itself, because more than rows must change; answers how many went, at most `limit`.
 */
export type Purge =
  | { readonly since: SQL; readonly unless?: (before: SQL) => SQL }
  | { readonly with: PgTable }
  | { readonly by: (q: Queryable, before: Date, limit: number) => Promise<number> };

export interface Classified {
  readonly table: PgTable;
  readonly retention: Retention;
  /** Undefined: nothing is purged, or, where there is a period, it counts from the row's `createdAt` or `at`. */
  readonly purge: Purge | undefined;
  readonly classes: Readonly<Record<string, DataClass>>;
}

const registry: Classified[] = [];

/**
 * Declares, beside a table, the class of every column, how long its rows are kept and what purges them. The compiler refuses a missing
 * column; the guard test refuses a table that was not declared.
 */
export const classify = <T extends PgTable>(
  table: T,
  retention: Retention,
  classes: Readonly<Record<keyof T["_"]["columns"], DataClass>>,
  purge?: Purge,
): void => {
  const known = new Set(Object.keys(getTableColumns(table)));
  const stray = Object.keys(classes).filter((column) => !known.has(column));
  if (stray.length > 0) throw new Error(`classify: no such column: ${stray.join(", ")}`);
  registry.push({ table, retention, classes, purge });
};

/** Everything declared so far, for the data-flow page and the guard test. */
export const classifiedTables = (): readonly Classified[] => registry;

export const keepForever: Retention = { period: "forever", from: "reference data, kept while it is current" };
/** Two years after the work ended: NHS records schedule's minimum for administrative diaries and rotas. */
export const keepTwoYears: Retention = { period: "P730D", from: "the row's last change" };
export const keepNinetyDays: Retention = { period: "P90D", from: "the row's creation" };
export const keepTwoDays: Retention = { period: "P2D", from: "the row's creation" };
