import { appNow, type Queryable, type Tx } from "../../platform/db/database.ts";
import { unique } from "../../platform/lists/lists.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { defaultOpeningHours, type OpeningHours } from "../calendar/index.ts";
import { openingHoursOf } from "../practices/index.ts";
import { awayInPast, notABroker, rotaStale } from "./alarms.errors.ts";
import { DEPUTY, OWNER, type Level, type Rota } from "./alarms.rules.ts";
import type { RotaBody, RotaView } from "./alarms.schema.ts";
import { brokersIn, rotaOf, rotasIn, saveAbsence, saveRota } from "./rota.repository.ts";

/** Who answers alarms of a group at this moment, and the hours in which they climb. */
export interface Duty {
  /** Without whoever is away or has left. */
  readonly rota: Rota;
  /** Every broker who is not away; where all are, every broker: an alarm goes to somebody. */
  readonly present: ReadonlySet<string>;
  readonly everybody: readonly string[];
  readonly hours: readonly OpeningHours[];
}

export const rotaFor = async (q: Queryable, groupCode: string): Promise<Duty> => {
  const brokers = await brokersIn(q, groupCode);
  const rotas = await rotasIn(q, groupCode);
  const stored = rotas.find(({ ownerId, deputyId }) => ownerId !== null || deputyId !== null);
  const there = brokers.filter(({ awayUntil }) => awayUntil === null).map(({ id }) => id);
  const present = new Set(there);
  const named = (id: string | null | undefined): string | undefined =>
    typeof id === "string" && present.has(id) ? id : undefined;
  const federation = stored?.organisationCode ?? brokers[0]?.organisationCode;
  const hours = federation === undefined ? undefined : (await openingHoursOf(q, [federation])).get(federation);
  return {
    rota: { owner: named(stored?.ownerId), deputy: named(stored?.deputyId) },
    present,
    everybody: unique(there.length > 0 ? there : brokers.map(({ id }) => id)),
    hours: hours ?? defaultOpeningHours,
  };
};

/** The users that an alarm at this level is put to. */
export const onDuty = (
  duty: Duty,
  alarm: { readonly ownerId: string | null; readonly deputyId: string | null },
  level: Level,
): string[] => {
  if (level === OWNER) return alarm.ownerId === null ? [] : [alarm.ownerId];
  if (level === DEPUTY) return alarm.deputyId === null ? [] : [alarm.deputyId];
  return [...duty.everybody];
};

/** The rota of the broker's federation, with who could be in it and who is away. */
export const readRota = async (q: Queryable, actor: Actor): Promise<RotaView> => {
  const { organisationCode, groupCode } = actor;
  const stored = await rotaOf(q, organisationCode);
  const brokers = groupCode === null ? [] : await brokersIn(q, groupCode);
  return {
    organisationCode,
    ownerId: stored?.ownerId ?? null,
    deputyId: stored?.deputyId ?? null,
    brokers: brokers
      .filter((each) => each.organisationCode === organisationCode)
      .map(({ id, name, awayUntil }) => ({ id, name, awayUntil })),
    version: stored?.version ?? 0,
  };
};

/** Names who answers alarms first, and who if that one does not. @throws `rota-stale`, `not-a-broker`. */
export const changeRota = async (tx: Tx, actor: Actor, version: number, body: RotaBody): Promise<RotaView> => {
  const before = await readRota(tx.q, actor);
  if (before.version !== version) throw rotaStale(before.version);
  for (const field of ["ownerId", "deputyId"] as const)
    if (body[field] !== null && !before.brokers.some(({ id }) => id === body[field])) throw notABroker(field);
  if (!(await saveRota(tx, actor.organisationCode, version, body))) throw rotaStale(version + 1);
  await recordAudit(tx, actor, "alarm.rota", actor.organisationCode, { ...body });
  return readRota(tx.q, actor);
};

/** A broker says until when they are away; null: back again. What is with them already climbs past them. */
export const setAway = async (tx: Tx, actor: Actor, until: string | null): Promise<RotaView> => {
  const at = until === null ? null : new Date(until);
  if (at !== null && at <= (await appNow(tx.q))) throw awayInPast();
  await saveAbsence(tx, actor, at);
  await recordAudit(tx, actor, "alarm.away", actor.organisationCode, { until: at?.toISOString() ?? null });
  return readRota(tx.q, actor);
};
