import type { Queryable, Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { restartWaits } from "../requests/index.ts";
import { serviceCatalogue } from "../services/index.ts";
import { groupMissing, planStale } from "./cover-plans.errors.ts";
import { plansOf, savePlan, type StoredPlan } from "./cover-plans.repository.ts";
import { defaultPlan, planFor, rushPlan } from "./cover-plans.rules.ts";
import { ALL_SERVICES, type CoverPlanView, type Plan } from "./cover-plans.schema.ts";

const groupOf = ({ groupCode }: Actor): string => {
  if (groupCode === null) throw groupMissing();
  return groupCode;
};

const viewOf = (
  stored: readonly StoredPlan[],
  service: { readonly code: string; readonly name: string },
): CoverPlanView => {
  const code = service.code === ALL_SERVICES ? null : service.code;
  const own = stored.find(({ serviceCode }) => serviceCode === code);
  const isChanged = (one: StoredPlan | undefined): boolean => (one?.plan ?? null) !== null;
  const whole = stored.find(({ serviceCode }) => serviceCode === null);
  return {
    service: service.code,
    name: service.name,
    plan: planFor(stored, code),
    from: isChanged(own) ? "own" : isChanged(whole) ? "all" : "default",
    version: own?.version ?? 0,
    changedAt: own?.changedAt ?? null,
  };
};

/** How the broker's group asks: for all services, and for each service in use. */
export const readCoverPlans = async (
  q: Queryable,
  actor: Actor,
): Promise<{ readonly items: CoverPlanView[]; readonly default: Plan; readonly rush: Plan }> => {
  const stored = await plansOf(q, groupOf(actor));
  const services = await serviceCatalogue(q);
  const all = { code: ALL_SERVICES, name: "All services" };
  return { items: [all, ...services].map((service) => viewOf(stored, service)), default: defaultPlan, rush: rushPlan };
};

/** The same for one of them. */
export const readCoverPlan = async (q: Queryable, actor: Actor, service: string): Promise<CoverPlanView> => {
  const found = (await readCoverPlans(q, actor)).items.find((item) => item.service === service);
  if (found === undefined) throw notFound("service");
  return found;
};

/**
 * Changes how the group asks for a service, or takes its plan back (`null`). What waits begins its present wait anew, by the
 * new plan, and is planned at once; nobody who is asked already is stood down.
 * @throws `cover-plan-stale`.
 */
export const changeCoverPlan = async (
  tx: Tx,
  actor: Actor,
  { service, version, plan }: { readonly service: string; readonly version: number; readonly plan: Plan | null },
): Promise<CoverPlanView> => {
  const groupCode = groupOf(actor);
  const before = await readCoverPlan(tx.q, actor, service);
  if (before.version !== version) throw planStale(before.version);
  const serviceCode = service === ALL_SERVICES ? null : service;
  if (!(await savePlan(tx, { groupCode, serviceCode }, version, plan))) throw planStale(version + 1);
  await restartWaits(tx, groupCode, serviceCode);
  await askForMatching(tx, groupCode, "cover-plan.changed");
  await recordAudit(tx, actor, "cover-plan.change", groupCode, { service, plan });
  return readCoverPlan(tx.q, actor, service);
};
