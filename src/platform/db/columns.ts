import { timestamp } from "drizzle-orm/pg-core";
import { getTableColumns, type Table } from "drizzle-orm";

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

export interface Classified {
  readonly table: Table;
  readonly retention: Retention;
  readonly classes: Readonly<Record<string, DataClass>>;
}

const registry: Classified[] = [];

/**
 * Declares, beside a table, the class of every column and how long its rows are kept. The compiler refuses a missing
 * column; the guard test refuses a table that was not declared.
 */
export const classify = <T extends Table>(
  table: T,
  retention: Retention,
  classes: Readonly<Record<keyof T["_"]["columns"], DataClass>>,
): void => {
  const known = new Set(Object.keys(getTableColumns(table)));
  const stray = Object.keys(classes).filter((column) => !known.has(column));
  if (stray.length > 0) throw new Error(`classify: no such column: ${stray.join(", ")}`);
  registry.push({ table, retention, classes });
};

/** Everything declared so far, for the data-flow page and the guard test. */
export const classifiedTables = (): readonly Classified[] => registry;

export const keepForever: Retention = { period: "forever", from: "reference data, kept while it is current" };
/** Two years after the work ended: NHS records schedule's minimum for administrative diaries and rotas. */
export const keepTwoYears: Retention = { period: "P730D", from: "the row's last change" };
export const keepNinetyDays: Retention = { period: "P90D", from: "the row's creation" };
export const keepTwoDays: Retention = { period: "P2D", from: "the row's creation" };
