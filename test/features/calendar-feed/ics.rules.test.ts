import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calendarText, foldLine, type CalendarEntry } from "../../../src/features/calendar-feed/ics.rules.ts";
import { readCalendar } from "./strict-ics.ts";

const entry: CalendarEntry = {
  uid: "0199-abc@covershare",
  sequence: 2,
  changedAt: new Date("2026-12-21T09:00:00Z"),
  startsAt: new Date("2026-12-22T09:30:00Z"),
  endsAt: new Date("2026-12-22T09:50:00Z"),
  isCancelled: false,
  summary: "CR-7F3K N07 Simple dressing",
  description: "Step-free access; hoist, or \\ not\nby telephone",
  location: "Main site",
};

describe("a calendar by RFC 5545", () => {
  it("has lines of at most 75 octets that end with CRLF, cut between characters, and reads back as it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
        const folded = foldLine(text);
        for (const line of folded.split("\r\n ")) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
        expect(folded.replaceAll("\r\n ", "")).toBe(text);
      }),
    );
  });

  it("gives every text back to a strict reader, whatever it holds", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 200 }),
        fc.string({ maxLength: 80 }),
        (summary, location) => {
          const [read] = readCalendar(
            calendarText("Name; with, all\\of it", [{ ...entry, summary, location }]),
          ).entries;
          // Control characters are the one thing that a text may not hold (§3.3.11).
          const kept = (text: string): string =>
            // oxlint-disable-next-line no-control-regex -- what is left out
            text.replaceAll(/\r\n|\r/g, "\n").replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "");
          expect(read).toMatchObject({ SUMMARY: kept(summary), LOCATION: kept(location) });
        },
      ),
    );
  });

  it("says when, in UTC, and that something was cancelled", () => {
    const { properties, entries } = readCalendar(
      calendarText("Cover", [entry, { ...entry, uid: "b", isCancelled: true }]),
    );
    expect(properties).toMatchObject({ VERSION: "2.0", "X-WR-CALNAME": "Cover" });
    expect(entries).toMatchObject([
      {
        UID: "0199-abc@covershare",
        SEQUENCE: "2",
        DTSTAMP: "20261221T090000Z",
        DTSTART: "20261222T093000Z",
        DTEND: "20261222T095000Z",
        STATUS: "CONFIRMED",
        DESCRIPTION: entry.description,
      },
      { UID: "b", STATUS: "CANCELLED", SUMMARY: "Cancelled: CR-7F3K N07 Simple dressing" },
    ]);
  });
});
