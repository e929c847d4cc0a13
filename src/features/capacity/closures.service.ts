import { appNow, type Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { londonDate, londonInstant } from "../calendar/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { invalidClinic } from "./capacity.errors.ts";
import { clinicsChanged } from "./capacity.events.ts";
import type { CapacityPorts } from "./capacity.ports.ts";
import { add, noLoss, type Loss } from "./change-plan.service.ts";
import { lockWhole, refuseUnseen, retireClinic, takenOf } from "./change.service.ts";
import { makeDays } from "./series-days.service.ts";
import { clinicsBetween, deleteClosure, insertClosure, lockSeriesMadeBeyond } from "./series.repository.ts";
import { addDays } from "./series.rules.ts";

/**
 * Says that the organisation is closed on a day (C2): its clinics of that day are withdrawn, having shown what that breaks
 * (C4), and its series skip the day.
 */
export const closeOn = async (
  tx: Tx,
  actor: Actor,
  ports: CapacityPorts,
  date: string,
  options: { readonly confirmBreaking: boolean },
): Promise<{ date: string; withdrawn: number; agreements: Loss }> => {
  if (date < londonDate(await appNow(tx.q))) throw invalidClinic("/date", "This day is in the past.");
  const window = { from: londonInstant(date, "00:00"), until: londonInstant(addDays(date, 1), "00:00") };
  const ids = await clinicsBetween(tx.q, actor.organisationCode, window);
  const locked = (await lockWhole(tx, actor, ports, ids)).filter(({ clinic }) => clinic.withdrawnAt === null);
  await refuseUnseen(tx, ports, locked.flatMap(takenOf), options.confirmBreaking);
  await insertClosure(tx, actor.organisationCode, date);
  let agreements = noLoss;
  for (const one of locked) {
    agreements = add(agreements, await retireClinic(tx, actor, ports, one, { freesSeriesDay: true }));
  }
  await recordAudit(tx, actor, "closure.create", date, { clinics: locked.length, ...agreements });
  if (locked.length > 0)
    tx.emit(eventFor(clinicsChanged, actor.organisationCode, { published: 0, changed: locked.length }));
  return { date, withdrawn: locked.length, agreements };
};

/** Open after all: the series make the day again. Clinics that were published for that day alone stay withdrawn. */
export const reopenOn = async (tx: Tx, actor: Actor, date: string): Promise<void> => {
  if (!(await deleteClosure(tx, actor.organisationCode, date))) throw notFound("closure");
  const now = await appNow(tx.q);
  let made = 0;
  for (const series of await lockSeriesMadeBeyond(tx, actor.organisationCode, date))
    made += await makeDays(tx, series, now, { isByHand: true });
  await recordAudit(tx, actor, "closure.delete", date, { clinics: made });
  if (made > 0 && actor.groupCode !== null) await askForMatching(tx, actor.groupCode, "clinic.published");
};
