import { appNow, type Queryable } from "../../platform/db/database.ts";
import type { Actor } from "../access/index.ts";
import { defaultOpeningHours, openDays, type OpeningHours } from "../calendar/index.ts";
import { horizonsOf } from "./horizon.service.ts";
import { groupTotals, listRisks } from "./board.repository.ts";
import { riskKinds, type Risk, type RiskKind } from "./board.schema.ts";

const AT_MOST = 1_000;

export interface Board {
  readonly at: Date;
  /** What is due or starts before this has to be settled now. */
  readonly horizon: Date;
  readonly risks: readonly Risk[];
  readonly counts: ReadonlyMap<RiskKind, number>;
  readonly totals: Awaited<ReturnType<typeof groupTotals>>;
}

/** The closing time of the next open day: what starts or is due before can only be settled today, or in a hurry when the desks open. */
export const horizonOf = (at: Date, hours: readonly OpeningHours[] = defaultOpeningHours): Date => {
  const [today, next] = openDays(hours, at, 2);
  return next?.closesAt ?? today?.closesAt ?? at;
};

/** What breaks before the next opening (F1) in the broker's sharing group. */
export const readBoard = async (q: Queryable, actor: Actor): Promise<Board> => {
  const at = await appNow(q);
  const horizon = horizonOf(at);
  const group = actor.groupCode;
  const risks =
    group === null
      ? []
      : await listRisks(q, group, await horizonsOf(q, group, (hours) => horizonOf(at, hours)), AT_MOST);
  return {
    at,
    horizon,
    risks,
    counts: new Map(riskKinds.map((kind) => [kind, risks.filter((each) => each.kind === kind).length])),
    totals: group === null ? { looking: 0, agreed: 0, booked: 0, told: 0 } : await groupTotals(q, group),
  };
};
