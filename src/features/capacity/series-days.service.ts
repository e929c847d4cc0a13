import { appNow, type Database, type Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import type { Sweeper } from "../../platform/queue/sweep.ts";
import { londonDate, londonInstant } from "../calendar/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { membershipOf } from "../practices/index.ts";
import { clinicsChanged } from "./capacity.events.ts";
import { createClinics, type ClinicToCreate } from "./clinic-create.service.ts";
import { lanesTaken } from "./clinics-read.repository.ts";
import { clinicsOfSeries, closedDays, lockDueSeries, setMadeThrough, type StoredSeries } from "./series.repository.ts";
import { daysOf, horizonOf, skipReason } from "./series.rules.ts";

/** The times of a series on one of its days, instants. */
export const timesOn = (
  series: Pick<StoredSeries, "opens" | "closes" | "breaks">,
  date: string,
): Pick<ClinicToCreate, "startsAt" | "endsAt" | "breaks"> => ({
  startsAt: londonInstant(date, series.opens),
  endsAt: londonInstant(date, series.closes),
  breaks: series.breaks.map(({ from, until }) => ({
    from: londonInstant(date, from),
    until: londonInstant(date, until),
  })),
});

const clinicOn = (series: StoredSeries, date: string, confirmedOn: string | undefined): ClinicToCreate => ({
  organisationCode: series.organisationCode,
  siteId: series.siteId,
  services: series.services,
  channel: series.channel,
  provides: series.provides,
  pledge: series.pledge,
  ...timesOn(series, date),
  slotMinutes: series.slotMinutes,
  source: "form",
  series: { id: series.id, date },
  ...(series.lane === null ? {} : { lane: series.lane }),
  ...(confirmedOn !== undefined && series.pledge === "firm" ? { confirmedOn } : {}),
});

/**
 * Makes the days of a locked series up to eight weeks ahead (C2). Days that are there already, changed or withdrawn by
 * hand included, are left alone; bank holidays, closures and days on which the lane is taken are skipped.
 * @param options.isByHand a person is doing it just now, which confirms firm capacity for today (C5); the sweep does not.
 * @returns how many clinics were made.
 */
export const makeDays = async (
  tx: Tx,
  series: StoredSeries,
  now: Date,
  options: { readonly isByHand: boolean },
): Promise<number> => {
  const today = londonDate(now);
  const horizon = horizonOf(today);
  const made = await clinicsOfSeries(tx.q, series.id, today);
  const there = new Set(made.map((one) => one.date));
  const closed = await closedDays(tx.q, series.organisationCode, today, horizon);
  const confirmedOn = options.isByHand ? today : undefined;
  const wanted = daysOf(series, today, horizon)
    .filter((date) => !there.has(date) && skipReason(date, closed) === undefined)
    .map((date) => clinicOn(series, date, confirmedOn))
    .filter((clinic) => clinic.endsAt > now);
  const { lane } = series;
  const taken =
    lane === null
      ? new Set<number>()
      : await lanesTaken(
          tx.q,
          wanted.map((clinic) => ({ ...laneUse(clinic), lane })),
        );
  const created = await createClinics(
    tx,
    wanted.filter((_, at) => !taken.has(at)),
    { isBulk: true },
  );
  await setMadeThrough(tx, series.id, horizon);
  if (created.length > 0)
    tx.emit(eventFor(clinicsChanged, series.organisationCode, { published: created.length, changed: 0 }));
  return created.length;
};

const laneUse = ({ organisationCode, startsAt, endsAt }: ClinicToCreate) => ({ organisationCode, startsAt, endsAt });

const SERIES_AT_ONCE = 50;

/** One batch of series whose next days are due; answers how many series it saw. */
export const makeDueDays = async (tx: Tx): Promise<number> => {
  const now = await appNow(tx.q);
  const due = await lockDueSeries(tx, horizonOf(londonDate(now)), SERIES_AT_ONCE);
  const groups = new Set<string>();
  for (const series of due) {
    const made = await makeDays(tx, series, now, { isByHand: false });
    const membership = made > 0 ? await membershipOf(tx.q, series.organisationCode) : undefined;
    if (membership?.isSigned === true) groups.add(membership.groupCode);
  }
  for (const groupCode of [...groups].sort()) await askForMatching(tx, groupCode, "clinic.published");
  return due.length;
};

/** Keeps every series made eight weeks ahead: each has something to do once a day. */
export const capacitySweepers = (database: Database): readonly Sweeper[] => [
  {
    name: "make days of clinic series",
    run: async () => {
      while ((await database.transact(makeDueDays)) === SERIES_AT_ONCE);
    },
  },
];
