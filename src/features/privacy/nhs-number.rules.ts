import { z } from "zod";

/**
 * NHS numbers are ten digits whose last is a check digit, modulo 11 (NHS Data Dictionary, "NHS NUMBER"): the first nine
 * digits weighted 10 … 2, summed; 11 minus the remainder is the check digit, 11 counts as 0, and 10 never occurs.
 */
const isValidNhsNumber = (digits: string): boolean => {
  const sum = Array.from({ length: 9 }, (_, at) => Number(digits.at(at)) * (10 - at)).reduce(
    (total, part) => total + part,
    0,
  );
  const check = (11 - (sum % 11)) % 11;
  return check !== 10 && check === Number(digits.at(9));
};

/**
 * Whether the text holds something like an NHS number, whatever stands between its digits (rule P1). Ten random digits
 * pass one time in eleven, so the message that refuses them must be kind.
 */
export const holdsNhsNumber = (text: string): boolean => {
  const runs = text.normalize("NFKC").match(/\d(?:[\s.\-_/\u2010-\u2015\u00b7]*\d){9,}/gu) ?? [];
  return runs.some((run) => {
    const digits = run.replaceAll(/\D/g, "");
    return Array.from({ length: digits.length - 9 }, (_, at) => digits.slice(at, at + 10)).some(isValidNhsNumber);
  });
};

/** Control and invisible characters, lone surrogates and line separators: none of them is text, and PostgreSQL refuses some. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * Any text that people type: trimmed, one line, no control or invisible characters, and nothing like an NHS number.
 * Only names of organisations, networks, sites and users use it; requests, offers, agreements and clinics hold no text.
 */
export const plainText = (max: number) =>
  z
    .string()
    .trim()
    .min(1, "Enter some text.")
    .max(max, `Use at most ${max} characters.`)
    .refine((text) => !CONTROL.test(text), "Use plain characters on one line.")
    .refine(
      (text) => !holdsNhsNumber(text),
      "This looks like an NHS number. Covershare never holds one: please leave it out.",
    );
