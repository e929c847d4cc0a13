import { holdsNhsNumber } from "../privacy/index.ts";

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;
const LONG_NUMBER = /\d(?:[\s.\-_/\u2010-\u2015\u00b7]*\d){9,}/gu;

export const LEFT_OUT = "(number left out)";

const withoutNumbers = (text: string): string =>
  text.replaceAll(LONG_NUMBER, (run) => (holdsNhsNumber(run) ? LEFT_OUT : run));

/**
 * Text as it may stand in a message (P1): one line, no invisible characters, at most `max` long, and nothing like an NHS
 * number. Taken out rather than refused: an alarm that is not sent because of a number helps nobody.
 */
export const withoutIdentifiers = (text: string, max: number): string =>
  withoutNumbers(
    text
      .replaceAll(INVISIBLE, " ")
      .normalize("NFKC")
      // Digits of other scripts would pass the check above.
      .replaceAll(/\p{Nd}/gu, (digit) => (/\d/.test(digit) ? digit : ""))
      .replaceAll(/\s+/g, " ")
      .trim()
      .slice(0, max)
      .trim(),
  );

/** The same for a whole page that goes along: line by line and across their ends. */
export const pageWithoutIdentifiers = (html: string): string =>
  withoutNumbers(html.normalize("NFKC").replaceAll(/\p{Nd}/gu, (digit) => (/\d/.test(digit) ? digit : "")));

/** Lines that are harmless alone may make a number together; where they do, it is taken out of them. */
export const linesWithoutIdentifiers = (lines: readonly string[]): string[] =>
  withoutNumbers(lines.join("\n")).split("\n");
