import type { z } from "zod";
import { appNow, type Queryable, type Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { newId } from "../../platform/ids/ids.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { londonDate } from "../calendar/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { staleClinic } from "./capacity.errors.ts";
import { clinicsChanged } from "./capacity.events.ts";
import type { CapacityPorts } from "./capacity.ports.ts";
import { add, applyChange, noLoss, planChange, type ChangePlan, type Loss } from "./change-plan.service.ts";
import { lockWhole, loseSlots, refuseUnseen, retireClinic, takenOf, type LockedClinic } from "./change.service.ts";
import { checkedFacts, refuseBadTimes } from "./publish.service.ts";
import { makeDays, timesOn } from "./series-days.service.ts";
import {
  clinicsOfSeries,
  closedDays,
  endSeriesRow,
  findSeries,
  insertSeries,
  lockSeries,
  updateSeries,
  type StoredSeries,
} from "./series.repository.ts";
import { daysOf, horizonOf, skipReason } from "./series.rules.ts";
import type { SeriesBody, SeriesChange, seriesView, seriesWithDays } from "./series.schema.ts";

export const viewOf = (series: StoredSeries): z.output<typeof seriesView> => {
  const { organisationCode: _code, madeThrough: _made, endedAt: _ended, createdAt: _created, ...view } = series;
  return view;
};

/** A series with the days of the next eight weeks: those that are there, and those that are skipped and why (C2). */
export const readSeries = async (q: Queryable, actor: Actor, id: string): Promise<z.output<typeof seriesWithDays>> => {
  const series = await findSeries(q, actor.organisationCode, id);
  if (series === undefined) throw notFound("series");
  const now = await appNow(q);
  const today = londonDate(now);
  const made = await clinicsOfSeries(q, id, today);
  const there = new Set(made.map((one) => one.date));
  const closed = await closedDays(q, actor.organisationCode, today, horizonOf(today));
  const skipped = daysOf(series, today, horizonOf(today))
    .filter((date) => !there.has(date) && timesOn(series, date).endsAt > now)
    .map(
      (date) =>
        skipReason(date, closed) ?? { date, reason: "lane-taken" as const, says: "This lane has another clinic" },
    );
  const days = made.map(({ date, clinicId, isChanged, isWithdrawn }) => ({ date, clinicId, isChanged, isWithdrawn }));
  return { ...viewOf(series), days, skipped };
};

/** A day's times of the rule are checked as those of any clinic, on a day that is surely ahead. */
const refuseBadRule = (
  series: Pick<StoredSeries, "opens" | "closes" | "breaks" | "slotMinutes">,
  today: string,
): void => {
  const times = { ...timesOn(series, today), slotMinutes: series.slotMinutes };
  refuseBadTimes(times, new Date(times.startsAt.getTime() - 1));
};

/** A clinic that repeats weekly; its days of the next eight weeks are made at once. */
export const createSeries = async (tx: Tx, actor: Actor, input: SeriesBody): Promise<string> => {
  const { siteId, now } = await checkedFacts(tx, actor.organisationCode, input);
  const today = londonDate(now);
  refuseBadRule(input, today);
  const series = await insertSeries(tx, {
    ...input,
    id: newId(),
    organisationCode: actor.organisationCode,
    siteId,
    lane: input.lane ?? null,
    firstDate: input.firstDate ?? today,
    lastDate: input.lastDate ?? null,
  });
  const made = await makeDays(tx, series, now, { isByHand: true });
  await recordAudit(tx, actor, "series.create", series.id, { clinics: made });
  if (actor.groupCode !== null) await askForMatching(tx, actor.groupCode, "clinic.published");
  return series.id;
};

/** Locks the days ahead of a series; `alsoChanged` includes those changed by hand. */
const lockAhead = async (
  tx: Tx,
  actor: Actor,
  ports: CapacityPorts,
  series: StoredSeries,
  today: string,
  options: { readonly alsoChanged: boolean },
): Promise<LockedClinic[]> => {
  const made = await clinicsOfSeries(tx.q, series.id, today);
  const ids = made
    .filter((one) => !one.isWithdrawn && !one.isOver && (options.alsoChanged || !one.isChanged))
    .map((one) => one.clinicId);
  const locked = await lockWhole(tx, actor, ports, ids);
  return locked.filter(({ clinic }) => clinic.withdrawnAt === null && (options.alsoChanged || !clinic.isChanged));
};

/**
 * Changes the rule of a series, and with it the days ahead that nobody changed by hand: those still of the rule follow it,
 * the others are withdrawn, new ones are made. What all of that would break is shown first (C4).
 */
export const changeSeries = async (
  tx: Tx,
  actor: Actor,
  ports: CapacityPorts,
  id: string,
  input: SeriesChange,
  version: number | undefined,
): Promise<Loss> => {
  const before = await lockSeries(tx, actor.organisationCode, id);
  if (before === undefined) throw notFound("series");
  if (before.version !== version) throw staleClinic();
  const { confirmBreaking, ...change } = input;
  const { now } = await checkedFacts(tx, actor.organisationCode, {
    siteId: before.siteId,
    services: change.services ?? [],
  });
  const today = londonDate(now);
  const rule = {
    ...before,
    services: change.services ?? before.services,
    provides: change.provides ?? before.provides,
    pledge: change.pledge ?? before.pledge,
    weekdays: change.weekdays ?? before.weekdays,
    opens: change.opens ?? before.opens,
    closes: change.closes ?? before.closes,
    breaks: change.breaks ?? before.breaks,
    lastDate: change.lastDate === undefined ? before.lastDate : change.lastDate,
  };
  refuseBadRule(rule, today);
  const ahead = await lockAhead(tx, actor, ports, before, today, { alsoChanged: false });
  const ofRule = new Set(daysOf(rule, today, horizonOf(today)));
  const isRetimed = change.opens !== undefined || change.closes !== undefined || change.breaks !== undefined;
  const plans: ChangePlan[] = [];
  const leaving: LockedClinic[] = [];
  for (const locked of ahead) {
    const date = locked.clinic.seriesDate ?? "";
    if (!ofRule.has(date)) leaving.push(locked);
    else {
      const { services, provides, pledge } = change;
      const wanted = { services, provides, pledge, ...(isRetimed ? mutable(timesOn(rule, date)) : {}) };
      plans.push(await planChange(tx, locked.clinic, locked.slots, wanted));
    }
  }
  await refuseUnseen(tx, ports, [...plans.flatMap((plan) => plan.lost), ...leaving.flatMap(takenOf)], confirmBreaking);
  let loss = noLoss;
  for (const locked of leaving)
    loss = add(loss, await retireClinic(tx, actor, ports, locked, { freesSeriesDay: true }));
  for (const plan of plans)
    loss = add(
      loss,
      await applyChange(tx, plan, { isByHand: false }, async (lost, cause) => loseSlots(tx, actor, ports, lost, cause)),
    );
  const after = await updateSeries(tx, id, ruleOf(rule));
  const made = await makeDays(tx, after, now, { isByHand: true });
  await recordAudit(tx, actor, "series.change", id, { ...loss, changed: Object.keys(change), clinics: made });
  if (actor.groupCode !== null) await askForMatching(tx, actor.groupCode, "clinic.changed");
  tellOfMany(tx, actor, ahead.length);
  return loss;
};

const ruleOf = ({ services, provides, pledge, weekdays, opens, closes, breaks, lastDate }: StoredSeries) => ({
  services,
  provides,
  pledge,
  weekdays,
  opens,
  closes,
  breaks,
  lastDate,
});

const mutable = ({ startsAt, endsAt, breaks }: ReturnType<typeof timesOn>) => ({
  startsAt,
  endsAt,
  breaks: [...breaks],
});

const tellOfMany = (tx: Tx, actor: Actor, changed: number): void => {
  if (changed > 0) tx.emit(eventFor(clinicsChanged, actor.organisationCode, { published: 0, changed }));
};

/** Ends a series: every day ahead is withdrawn, those changed by hand as well. */
export const endSeries = async (
  tx: Tx,
  actor: Actor,
  ports: CapacityPorts,
  id: string,
  options: { readonly confirmBreaking: boolean },
): Promise<Loss> => {
  const series = await lockSeries(tx, actor.organisationCode, id);
  if (series === undefined) throw notFound("series");
  const today = londonDate(await appNow(tx.q));
  const ahead = await lockAhead(tx, actor, ports, series, today, { alsoChanged: true });
  await refuseUnseen(tx, ports, ahead.flatMap(takenOf), options.confirmBreaking);
  let loss = noLoss;
  for (const locked of ahead) loss = add(loss, await retireClinic(tx, actor, ports, locked));
  await endSeriesRow(tx, id);
  await recordAudit(tx, actor, "series.end", id, { ...loss, clinics: ahead.length });
  tellOfMany(tx, actor, ahead.length);
  return loss;
};
