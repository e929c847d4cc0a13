import type { Fields } from "../../platform/web/fields.ts";
import type { OpenDay } from "../calendar/index.ts";

/*
 * The grid of service × day, for a diary of many things on many days. Each filled cell becomes a line of the API. Cells
 * are named by their date, not by their place, so that what was typed yesterday never lands on another day.
 */

/** Where in the form one line of the API was entered: names of fields. */
export interface FormLine {
  readonly service: string;
  readonly count: string;
  readonly by: string;
  /** Undefined where the form has no such field. */
  readonly minutes?: string;
}

/** Four services on five days are the twenty lines that a request may have (R1). */
export const gridRows = ["1", "2", "3", "4"] as const;
export const GRID_DAYS = 5;

/** A column: its cells end on `date`, and its hidden field `grid-by-<date>` holds the instant of closing. */
export const gridColumns = (days: readonly OpenDay[]) =>
  days.slice(0, GRID_DAYS).map(({ date, label, closesAt }) => ({ date, label, by: closesAt.toISOString() }));

const datesOf = (fields: Fields): string[] =>
  Object.keys(fields.all())
    .flatMap((name) => /^grid-by-(\d{4}-\d{2}-\d{2})$/.exec(name)?.[1] ?? [])
    .toSorted();

/** The lines of the grid, row by row. A service without any number is a line too, so that its number is asked for. */
export const gridLines = (fields: Fields): FormLine[] => {
  const dates = datesOf(fields);
  return gridRows.flatMap((row): FormLine[] => {
    const service = `grid-service-${row}`;
    const cells = dates.map((date) => ({ service, count: `grid-${row}-${date}`, by: `grid-by-${date}` }));
    // Nought means none, as on paper.
    const filled = cells.filter(({ count }) => fields.has(count) && fields.number(count) !== 0);
    return filled.length === 0 && fields.has(service) ? cells.slice(0, 1) : filled;
  });
};

/** What is wrong with a field of the grid, in plain words; undefined for any other field. */
export const gridMessage = (field: string): string | undefined => {
  if (/^grid-service-\d$/.test(field)) return "Choose what is short in this row of the grid";
  if (/^grid-\d-/.test(field)) return "In the grid, say how many for at least one day, from 1 to 60";
  return field.startsWith("grid-by-") ? "A day of the grid has passed. Load the page again" : undefined;
};
