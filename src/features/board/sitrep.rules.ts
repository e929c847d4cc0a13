/*
 * A table as a file for spreadsheets: RFC 4180 (CRLF, quotes doubled), in UTF-8 with the mark that Excel needs to read it
 * as such.
 */

/** Spreadsheets run a cell that begins with one of these as a formula, also after spaces; full-width ones too (OWASP, CSV injection). */
const FORMULA = /^\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/u;

/** Text that cannot begin a formula: an apostrophe before it shows it as it is. */
const harmless = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

const cell = (value: string | number | null): string => {
  if (value === null) return "";
  return typeof value === "number" ? String(value) : `"${harmless(value).replaceAll('"', '""')}"`;
};

export const toCsv = (heads: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string =>
  `\ufeff${[heads, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("")}`;
