import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holdsNhsNumber, plainText } from "../../../src/features/privacy/index.ts";

/** Nine digits and the check digit that the NHS Data Dictionary gives them; undefined where there is none. */
const withCheck = (nine: string): string | undefined => {
  const sum = nine.split("").reduce((total, digit, at) => total + Number(digit) * (10 - at), 0);
  const check = 11 - (sum % 11);
  return check === 10 ? undefined : `${nine}${check === 11 ? 0 : check}`;
};
const nhsNumbers = fc
  .stringMatching(/^\d{9}$/)
  .map(withCheck)
  .filter((text) => text !== undefined);
const separators = fc.constantFrom("", " ", "-", ".", "  ", "\u00a0", "\u2013", "/");

describe("P1: something like an NHS number", () => {
  it("is found with whatever stands between its digits, in whatever text", () => {
    fc.assert(
      fc.property(nhsNumbers, separators, fc.stringMatching(/^[a-z ]{0,8}$/), (number, separator, around) => {
        const spaced = `${number.slice(0, 3)}${separator}${number.slice(3, 6)}${separator}${number.slice(6)}`;
        expect(holdsNhsNumber(`${around}${spaced}${around}`)).toBe(true);
        expect(holdsNhsNumber(number.split("").join(separator))).toBe(true);
      }),
    );
  });

  it("is found inside a longer run of digits and in full-width digits", () => {
    expect(holdsNhsNumber("0943476591900")).toBe(true);
    expect(holdsNhsNumber("９４３４７６５９１９")).toBe(true);
  });

  it("is not seen in a wrong check digit, in fewer digits, or in ordinary names", () => {
    const harmless = ["943 476 5918", "943 476 591", "Practice 2, 14 High Street, TS18 1HU", ""];
    expect(harmless.filter(holdsNhsNumber)).toEqual([]);
  });

  it("is refused in a name, kindly and without repeating it", () => {
    const refused = plainText(80).safeParse("Practice of 943 476 5919");
    expect(refused.error?.issues.map(({ message }) => message)).toEqual([
      "This looks like an NHS number. Covershare never holds one: please leave it out.",
    ]);
  });

  it("names are one line of visible characters", () => {
    const refused = ["two\nlines", "zero\u200bwidth", "nul\u0000", "half \ud800 a character", "a\u2028b", " "];
    expect(refused.filter((text) => plainText(80).safeParse(text).success)).toEqual([]);
    expect(plainText(80).parse("  Café Surgery – “Old” Town ")).toBe("Café Surgery – “Old” Town");
  });
});
