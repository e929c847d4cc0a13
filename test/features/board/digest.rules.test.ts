import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isWorkingDay, londonDate, londonTime } from "../../../src/features/calendar/index.ts";
import type { Risk } from "../../../src/features/board/board.schema.ts";
import { digestMail, digestSpan, nextDigestAt, speakPhone } from "../../../src/features/board/digest.rules.ts";
import { holdsNhsNumber } from "../../../src/features/privacy/index.ts";

const at = (iso: string): Date => new Date(iso);
const anyTime = fc.date({ min: at("2026-01-01T00:00:00Z"), max: at("2028-12-31T00:00:00Z"), noInvalidDate: true });

describe("when what breaks is mailed (F1, T1)", () => {
  it("is always at 16:00 London time on a working day, and none is skipped", () => {
    fc.assert(
      fc.property(anyTime, (now) => {
        const next = nextDigestAt(now);
        expect(next > now).toBe(true);
        expect(londonTime(next)).toBe("16:00");
        expect(isWorkingDay(londonDate(next))).toBe(true);
        // Asked again just before, it is the same one: nothing lies between.
        expect(nextDigestAt(new Date(next.getTime() - 1)).getTime()).toBe(next.getTime());
      }),
    );
  });

  it.each([
    ["before 16:00 it is today", "2026-12-21T15:59:59Z", "2026-12-21T16:00:00.000Z"],
    ["at 16:00 it is tomorrow's", "2026-12-21T16:00:00Z", "2026-12-22T16:00:00.000Z"],
    [
      "after Christmas Eve it is Tuesday: Friday and Monday are bank holidays",
      "2026-12-24T16:00:00Z",
      "2026-12-29T16:00:00.000Z",
    ],
    ["in summer it is 15:00 UTC", "2026-07-01T10:00:00Z", "2026-07-01T15:00:00.000Z"],
  ])("%s", (_name, now, next) => {
    expect(nextDigestAt(at(now)).toISOString()).toBe(next);
  });

  it.each([
    ["an ordinary day looks to tomorrow's closing", "2026-12-08T16:00:00Z", "2026-12-09T18:30:00.000Z", undefined],
    [
      "a Thursday to Friday's: a weekend is no bank holiday",
      "2026-12-10T16:00:00Z",
      "2026-12-11T18:30:00.000Z",
      undefined,
    ],
    ["a Friday to Monday's", "2026-12-11T16:00:00Z", "2026-12-14T18:30:00.000Z", undefined],
    ["two working days before Christmas, past it", "2026-12-23T16:00:00Z", "2026-12-29T18:30:00.000Z", "Christmas Day"],
    ["Christmas Eve, to the day after it", "2026-12-24T16:00:00Z", "2026-12-29T18:30:00.000Z", undefined],
    ["Wednesday before Easter, past Easter Monday", "2027-03-24T16:00:00Z", "2027-03-30T17:30:00.000Z", "Good Friday"],
    [
      "Thursday before a bank holiday Monday, past it",
      "2026-08-27T15:00:00Z",
      "2026-09-01T17:30:00.000Z",
      "Summer bank holiday",
    ],
  ])("%s", (_name, now, until, holiday) => {
    expect(digestSpan(at(now))).toMatchObject({ until: at(until), holiday });
  });

  it("between two mails nothing becomes due that neither of them could have named", () => {
    fc.assert(
      fc.property(anyTime, (now) => {
        const first = nextDigestAt(now);
        const second = nextDigestAt(first);
        expect(digestSpan(first).until > second).toBe(true);
      }),
    );
  });
});

describe("what the mail says", () => {
  const risk: Risk = {
    kind: "uncovered",
    reference: "CR-7F3K",
    needs: 9,
    services: ["wound-simple"],
    priority: "urgent",
    homeName: "Riverside Surgery",
    deskName: "Riverside Surgery",
    phone: "01632960123",
    at: at("2026-12-24T18:30:00Z"),
  };

  it("lets the reader decide from the subject, and gives the number to ring", () => {
    const silent = { ...risk, kind: "silent", deskName: "Elm Tree Practice" } as const satisfies Partial<Risk>;
    const mail = digestMail([risk, silent], digestSpan(at("2026-12-23T16:00:00Z")), () => "Simple dressing");
    expect(mail.subject).toBe("Before Tue 29 Dec, 18:30: 9 uncovered, 1 silent desk");
    expect(mail.lines[0]).toContain("Christmas Day");
    expect(mail.lines[2]).toBe(
      "By Thu 24 Dec, 18:30: uncovered. 9 × Simple dressing, CR-7F3K of Riverside Surgery: ring Riverside Surgery, (01632) 960123 at the desk",
    );
  });

  it("goes also when nothing breaks, and says of a long list how much more there is", () => {
    const span = digestSpan(at("2026-12-08T16:00:00Z"));
    expect(digestMail([], span, String).subject).toContain("nothing breaks");
    const many = digestMail(
      Array.from({ length: 80 }, () => risk),
      span,
      String,
    );
    expect(many.lines.length).toBeLessThanOrEqual(60);
    expect(many.lines.at(-1)).toBe("And 26 more on the board.");
  });

  it("P1: no telephone number in it can be taken for an NHS number and struck out", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^(?:0\d{10}|\+44\d{9,10})$/), (phone) => {
        expect(speakPhone(phone).replaceAll(/\D/g, "")).toBe(phone.replaceAll(/\D/g, ""));
        expect(holdsNhsNumber(`ring Elm Tree, ${speakPhone(phone)} at the desk`)).toBe(false);
      }),
    );
  });
});
