import type { Queryable } from "../../platform/db/database.ts";
import type { OpeningHours } from "../calendar/index.ts";
import { openingHoursOf } from "../practices/index.ts";
import type { AgreementView } from "./agreements.schema.ts";
import { isWaitingStep, lateAt, owedNow, owedSteps } from "./late.rules.ts";
import { readAgreements, type Filter, type ListedAgreement, type Reader } from "./list.repository.ts";

/** The desk whose clock runs for an agreement that has just moved on, and for which no sweep has worked it out yet. */
const clockedBy = (one: ListedAgreement): string | undefined => {
  if (one.isLatenessKnown || !one.isLive || !isWaitingStep(one.step)) return undefined;
  return owedSteps[one.step].owner === "home" ? one.homeCode : one.supportingCode;
};

/** Agreements in order of their start, as their reader may see them, each with what is owed now and by when. */
export const listAgreements = async (q: Queryable, reader: Reader, filter: Filter): Promise<AgreementView[]> => {
  const found = await readAgreements(q, reader, filter);
  const desks = new Set(found.map(clockedBy).filter((code) => code !== undefined));
  const hours = desks.size === 0 ? new Map<string, OpeningHours[]>() : await openingHoursOf(q, [...desks]);
  return found.map((one) => {
    const { now, since, isLatenessKnown: _known, lateAt: known, releaseAt, isWarned, ...view } = one;
    const desk = clockedBy(one);
    const late =
      desk === undefined || !isWaitingStep(one.step)
        ? known
        : lateAt(hours.get(desk) ?? [], {
            step: one.step,
            since,
            startsAt: new Date(one.startsAt),
            endsAt: new Date(one.endsAt),
            releaseAt,
          });
    return { ...view, owed: owedNow({ ...one, lateAt: late, releaseAt, isWarned }, now) };
  });
};
