import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readReport, verdictFor } from "../../../../src/features/reach/reports/report.rules.ts";
import { newId } from "../../../../src/platform/ids/ids.ts";
import { bareReport, hostedReport, postfixReport } from "./samples.ts";

const id = newId();
const sample = { messageId: `<${id}@example.test>`, to: "desk@elm.example", action: "failed", status: "5.1.1" };
const whole = [postfixReport(sample), hostedReport(sample), bareReport(id, sample.to)];

/** In a word what was read: nothing, of whom, and how it ended. */
const readAs = (message: string): string => {
  const read = readReport(message);
  return read.kind === "report"
    ? `${read.envelopeId} ${verdictFor(read.recipients, sample.to)?.kind ?? "without a verdict"}`
    : "nothing";
};

describe("reading a report", () => {
  it("that is cut off anywhere finds nothing, or what the whole one says", () => {
    for (const report of whole) {
      expect(readAs(report)).toBe(`${id} failed`);
      const read = new Set(Array.from({ length: report.length }, (_, length) => readAs(report.slice(0, length))));
      expect([...read].filter((each) => each !== "nothing" && each !== `${id} failed`)).toEqual([]);
      expect(read).toContain("nothing");
    }
  });

  it("never throws, whatever has become of its bytes", () => {
    const spoilt = fc
      .tuple(fc.constantFrom(...whole), fc.nat(3_000), fc.nat(40), fc.string({ unit: "binary", maxLength: 30 }))
      .map(([report, at, length, junk]) => report.slice(0, at) + junk + report.slice(at + length));
    fc.assert(
      fc.property(fc.oneof(spoilt, fc.string({ unit: "binary" })), (message) => {
        const read = readReport(message);
        // Whatever it is, there is something to say or to do.
        expect(
          read.kind === "foreign" ? 1 : read.kind === "broken" ? read.why.length : read.recipients.length,
        ).not.toBe(0);
      }),
      { numRuns: 2_000 },
    );
  });

  it("of several recipients takes the word about ours, else the worst", () => {
    const other = { addresses: ["other@elm.example"], verdict: { kind: "failed", status: "5.1.1" } } as const;
    const ours = { addresses: [sample.to], verdict: { kind: "delivered" } } as const;
    const late = { addresses: [], verdict: { kind: "pending", action: "delayed" } } as const;
    expect(verdictFor([other, ours], "Desk@Elm.example")).toEqual({ kind: "delivered" });
    expect(verdictFor([ours, late, other], "third@elm.example")).toEqual(other.verdict);
    expect(verdictFor([ours, late], "third@elm.example")).toEqual(late.verdict);
    expect(verdictFor([], sample.to)).toBeUndefined();
  });
});
