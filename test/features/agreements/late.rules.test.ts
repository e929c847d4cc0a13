import { describe, expect, it } from "vitest";
import { defaultOpeningHours as hours } from "../../../src/features/calendar/index.ts";
import { lateAt, type Lateness } from "../../../src/features/agreements/late.rules.ts";

/** Monday 21 December 2026, 10:00 in London; the appointment is on Wednesday at noon. */
const since = new Date("2026-12-21T10:00:00Z");
const base: Lateness = {
  step: "agreed",
  since,
  startsAt: new Date("2026-12-23T12:00:00Z"),
  endsAt: new Date("2026-12-23T12:20:00Z"),
  releaseAt: new Date("2026-12-22T09:00:00Z"),
};
const late = (of: Partial<Lateness>): string | undefined => lateAt(hours, { ...base, ...of })?.toISOString();

describe("H1: when a step is late, in open time of its owner's desk", () => {
  it.each([
    ["blocked 1 open hour after agreed", { step: "agreed" }, "2026-12-21T11:00:00.000Z"],
    ["booked 2 open hours after passed", { step: "passed" }, "2026-12-21T12:00:00.000Z"],
    ["told 4 open hours after booked", { step: "booked" }, "2026-12-21T14:00:00.000Z"],
    [
      "and what was agreed half an hour before closing is late half an hour after opening",
      { step: "agreed", since: new Date("2026-12-21T18:00:00Z") },
      "2026-12-22T08:30:00.000Z",
    ],
    [
      "over Christmas nobody is chased: the hours go on on the 29th",
      {
        step: "booked",
        since: new Date("2026-12-24T17:30:00Z"),
        startsAt: new Date("2026-12-30T12:00:00Z"),
      },
      "2026-12-29T11:00:00.000Z",
    ],
    [
      "never later than half-way to the appointment, so that a chase still helps",
      { step: "booked", startsAt: new Date("2026-12-21T11:00:00Z") },
      "2026-12-21T10:30:00.000Z",
    ],
    [
      "at once where the desk does not open any more before it",
      { step: "booked", since: new Date("2026-12-21T19:00:00Z"), startsAt: new Date("2026-12-22T07:30:00Z") },
      "2026-12-21T19:00:00.000Z",
    ],
    [
      "an outcome within one working day of the end, and Christmas is none",
      { step: "told", startsAt: new Date("2026-12-24T12:00:00Z"), endsAt: new Date("2026-12-24T12:20:00Z") },
      "2026-12-29T12:20:00.000Z",
    ],
    ["passed is chased by release-by", { step: "blocked" }, undefined],
    [
      "passed without a release-by half-way to the appointment",
      { step: "blocked", releaseAt: null, startsAt: new Date("2026-12-21T12:00:00Z") },
      "2026-12-21T11:00:00.000Z",
    ],
  ] as const)("%s", (_what, of, at) => {
    expect(late(of)).toBe(at);
  });
});
