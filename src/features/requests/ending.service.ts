import type { Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { invalidInput } from "../../platform/http/problem.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit, system } from "../audit/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { updateRequest } from "./amending.repository.ts";
import { announceRequest, announceRequests, announceReturned } from "./announcing.service.ts";
import { acknowledge, lockOverdueRequests, returnOverdueRows } from "./ending.repository.ts";
import { lockNeedsOf, markNeeds, type LockedNeed } from "./needs.repository.ts";
import { readRequest, requireRequest } from "./reading.service.ts";
import { homeAcknowledges, needMovedOn, nothingToWithdraw, notReturned } from "./requests.errors.ts";
import { worksAtDesk } from "./requests.policy.ts";
import type { RequestPorts } from "./requests.ports.ts";
import { mayStillEnd } from "./requests.rules.ts";
import type { RequestView, sortedCodes } from "./requests.schema.ts";
import type { RequestRecord } from "./requests.view.ts";

const mayEnd = ({ state }: LockedNeed): boolean => mayStillEnd.includes(state);

/** Ends locked needs, tells whoever was asked or had agreed, and gives back what this frees. */
const endNeeds = async (
  tx: Tx,
  ports: RequestPorts,
  actor: Actor,
  ending: {
    request: RequestRecord;
    needs: readonly LockedNeed[];
    to: "withdrawn" | "sorted";
    endedAs: string;
    action: string;
  },
): Promise<RequestView> => {
  const { request, needs, to, endedAs, action } = ending;
  await markNeeds(
    tx,
    needs.map(({ id }) => id),
    { from: mayStillEnd, to, endedAs },
  );
  await updateRequest(tx, request.id);
  const needIds = needs.filter(({ state }) => state !== "open").map(({ id }) => id);
  if (needIds.length > 0) await ports.needsEnded(tx, actor, { requestId: request.id, needIds, why: to });
  await recordAudit(tx, actor, action, request.reference, { needs: needs.map(({ ref }) => ref), endedAs });
  await askForMatching(tx, request.groupCode, action);
  await announceRequest(tx, request.id);
  return readRequest(tx.q, actor, request.reference);
};

/**
 * Withdraws needs that are not needed after all (R7): the named ones, or all that have not been told or ended. Where a
 * named one has moved on, nothing is withdrawn and the answer says which.
 */
export const withdrawNeeds = async (
  tx: Tx,
  ports: RequestPorts,
  actor: Actor,
  input: { reference: string; needs: readonly string[] | undefined },
): Promise<RequestView> => {
  const request = await requireRequest(tx.q, actor, input.reference, { lock: true });
  const all = await lockNeedsOf(tx, request.id);
  const unknown = (input.needs ?? []).flatMap((ref, at) =>
    all.some((need) => need.ref === ref)
      ? []
      : [{ pointer: `/needs/${at}`, message: "This request has no such need." }],
  );
  if (unknown.length > 0) throw invalidInput(unknown);
  const { needs: named } = input;
  const chosen = named === undefined ? all.filter(mayEnd) : all.filter(({ ref }) => named.includes(ref));
  const movedOn = chosen.filter((need) => !mayEnd(need));
  if (movedOn.length > 0) throw needMovedOn(movedOn.map(({ ref, state }) => ({ ref, state })));
  if (chosen.length === 0) throw nothingToWithdraw();
  return endNeeds(tx, ports, actor, {
    request,
    needs: chosen,
    to: "withdrawn",
    endedAs: "not-needed",
    action: "request.withdraw",
  });
};

const lockNeed = async (tx: Tx, requestId: string, ref: string): Promise<LockedNeed> => {
  const need = (await lockNeedsOf(tx, requestId)).find((each) => each.ref === ref);
  if (need === undefined) throw notFound("need");
  return need;
};

/** A need was met outside Covershare: kept at home, community nursing, a hub, another service (R7). */
export const sortNeed = async (
  tx: Tx,
  ports: RequestPorts,
  actor: Actor,
  input: { reference: string; ref: string; as: (typeof sortedCodes)[number] },
): Promise<RequestView> => {
  const request = await requireRequest(tx.q, actor, input.reference, { lock: true });
  const need = await lockNeed(tx, request.id, input.ref);
  if (!mayEnd(need)) throw needMovedOn([{ ref: need.ref, state: need.state }]);
  return endNeeds(tx, ports, actor, {
    request,
    needs: [need],
    to: "sorted",
    endedAs: input.as,
    action: "need.sorted",
  });
};

/** A person of the home practice says that they know a need came back uncovered (R7). A broker may see it, not say it. */
export const acknowledgeReturn = async (
  tx: Tx,
  actor: Actor,
  input: { reference: string; ref: string },
): Promise<RequestView> => {
  const request = await requireRequest(tx.q, actor, input.reference, { lock: true });
  if (actor.organisationCode !== request.homeCode || !worksAtDesk(actor)) throw homeAcknowledges();
  const need = await lockNeed(tx, request.id, input.ref);
  if (need.state !== "returned") throw notReturned(need.ref, need.state);
  if (await acknowledge(tx, need.id, actor.userId)) {
    await updateRequest(tx, request.id);
    await recordAudit(tx, actor, "need.acknowledge", request.reference, { ref: need.ref });
    await announceRequest(tx, request.id);
  }
  return readRequest(tx.q, actor, request.reference);
};

/**
 * Returns needs whose due-by passed uncovered (R7), of at most `limit` requests in this transaction: home and the brokers
 * are told, and whoever still had an offer is stood down. Says of how many requests: call again while it is `limit`.
 */
export const returnOverdue = async (tx: Tx, ports: RequestPorts, limit: number): Promise<number> => {
  const requestIds = await lockOverdueRequests(tx, limit);
  const returned = await returnOverdueRows(tx, requestIds);
  for (const requestId of requestIds) {
    const mine = returned.filter((need) => need.requestId === requestId);
    const needIds = mine.filter(({ wasOffered }) => wasOffered).map(({ id }) => id);
    if (needIds.length > 0) await ports.needsEnded(tx, system, { requestId, needIds, why: "returned" });
    const [first] = mine;
    if (first !== undefined)
      await recordAudit(tx, system, "need.returned", first.reference, { needs: mine.map(({ ref }) => ref) });
  }
  await announceReturned(tx, returned);
  await announceRequests(tx, requestIds);
  return requestIds.length;
};
