import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compose, type Worded } from "../../../src/features/reach/compose.rules.ts";
import { renderMail, renderPush } from "../../../src/features/reach/letter.rules.ts";
import { linkPath, noteInput } from "../../../src/features/reach/note.schema.ts";
import { holdsNhsNumber } from "../../../src/features/privacy/index.ts";
import { newId } from "../../../src/platform/ids/ids.ts";

/** A valid number: nine digits and their check digit; those whose check digit would be 10 do not exist. */
const nhsNumber = fc
  .array(fc.integer({ min: 0, max: 9 }), { minLength: 9, maxLength: 9 })
  .map((digits) => {
    const check = (11 - (digits.reduce((sum, digit, at) => sum + digit * (10 - at), 0) % 11)) % 11;
    return check === 10 ? undefined : [...digits, check].join("");
  })
  .filter((number) => number !== undefined);

const separator = fc.constantFrom("", " ", "-", ".", "  ", "\n", "\u2013", "/", "_", "\u200B", "\r\n", "\u00A0");
const WIDE = "０１２３４５６７８９";
const ARABIC = "٠١٢٣٤٥٦٧٨٩";

/** The number as people, or somebody who wants to get round the check, might write it. */
const written = fc
  .tuple(nhsNumber, fc.array(separator, { minLength: 9, maxLength: 9 }), fc.constantFrom("", WIDE, ARABIC))
  .map(([number, between, digits]) =>
    number
      .split("")
      .map((digit, at) => `${digits === "" ? digit : (digits[Number(digit)] ?? digit)}${between[at] ?? ""}`)
      .join(""),
  );
const text = fc.oneof(
  written,
  fc.tuple(fc.string(), written, fc.string()).map((all) => all.join("")),
  fc.string({ unit: "binary" }),
  // Halves that meet.
  fc.stringMatching(/^\d{1,9}$/),
);

const stripped = (html: string): string =>
  html
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll("&amp;", "&")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">");

const worded = fc
  .record({
    subject: text,
    lines: fc.array(text, { maxLength: 5 }),
    linkText: text,
    kind: fc.constantFrom("offer", "alarm", "agreed"),
    isDigest: fc.boolean(),
  })
  .map((said): Worded => ({ ...said, id: newId(), link: "/desk", ring: null }));

describe("P1: no identifier can be put into a message", () => {
  it("whatever a caller hands in, neither subject, text, HTML nor notification holds one", () => {
    fc.assert(
      fc.property(fc.array(worded, { minLength: 1, maxLength: 4 }), text, fc.boolean(), (all, forName, isPush) => {
        for (const { letter } of compose(all, forName, isPush)) {
          const mail = renderMail(letter, "https://cover.example.org");
          const push = renderPush(letter, "tag");
          const everything = [
            mail.subject,
            mail.text,
            mail.html,
            stripped(mail.html),
            push["title"] ?? "",
            push["body"] ?? "",
          ];
          for (const each of everything) expect(holdsNhsNumber(each), each).toBe(false);
          expect(mail.subject).not.toMatch(/[\r\n]/);
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it("what is queued for others is cleaned before it is stored", () => {
    fc.assert(
      fc.property(text, fc.array(text), (subject, lines) => {
        const input = noteInput.parse({
          organisationCode: "A81001",
          cause: "test:1",
          kind: "alarm",
          subject,
          lines,
          link: "/board",
          linkText: "Open",
          ring: null,
          priority: "urgent",
        });
        for (const each of [input.subject, ...input.lines]) expect(holdsNhsNumber(each), each).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it("a link is a page of ours and holds nothing that somebody typed", () => {
    for (const link of [
      "/desk",
      `/offers/${newId()}`,
      "/requests/CR-7F3K",
      `/settings/channels/confirm/${"a1".repeat(21)}b`,
    ])
      expect(linkPath.safeParse(link).success, link).toBe(true);
    for (const link of [
      "/offers/9434765919",
      "https://elsewhere.example",
      "//elsewhere.example",
      "/desk?name=Ann",
      "/requests/Ann%20Lee",
      "/offers/943-476-5919",
    ])
      expect(linkPath.safeParse(link).success, link).toBe(false);
  });
});
