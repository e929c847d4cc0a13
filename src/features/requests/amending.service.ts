import { appNow, type Tx } from "../../platform/db/database.ts";
import type { FieldProblem } from "../../platform/errors/domain-error.ts";
import { invalidInput } from "../../platform/http/problem.ts";
import { newId } from "../../platform/ids/ids.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { askForMatching } from "../match-due/index.ts";
import {
  amendedPriority,
  amendedTerms,
  changeCount,
  changeProblems,
  isLoosened,
  isNarrowed,
  outdatesOffers,
  type CountChange,
  type Terms,
} from "./amending.rules.ts";
import { updateLine, updateRequest } from "./amending.repository.ts";
import { announceRequest } from "./announcing.service.ts";
import { clearExclusions, lockNeedsOf, markNeeds, misfits, restartWidening, setPriority } from "./needs.repository.ts";
import { readRequest, requireRequest } from "./reading.service.ts";
import { changedSinceRead, countBelowAgreed, lineIsOver, nurseSorts } from "./requests.errors.ts";
import type { RequestPorts } from "./requests.ports.ts";
import { insertNeeds, readLines, readNeeds } from "./requests.repository.ts";
import { hasEnded, needReference, rank } from "./requests.rules.ts";
import { priorities, type AmendRequest, type LineChange, type RequestView } from "./requests.schema.ts";
import type { LineRecord, NeedRecord, RequestRecord } from "./requests.view.ts";

interface LineAmendment {
  readonly line: LineRecord;
  readonly needs: readonly NeedRecord[];
  readonly after: Terms;
  readonly count: CountChange;
}

/** Decides the whole amendment before anything is written, so that a refusal says everything that is wrong with it. */
const decide = (
  changes: readonly LineChange[],
  lines: readonly LineRecord[],
  needs: readonly NeedRecord[],
  now: Date,
): LineAmendment[] => {
  const problems: FieldProblem[] = [];
  const amendments = changes.flatMap((change, at): LineAmendment[] => {
    const line = lines.find(({ position }) => position === change.line);
    if (line === undefined) {
      problems.push({ pointer: `/lines/${at}/line`, message: "This request has no such line." });
      return [];
    }
    const after = amendedTerms(line, change);
    problems.push(...changeProblems(line, change, now, `/lines/${at}`));
    const mine = needs.filter(({ lineId }) => lineId === line.id);
    const count: CountChange =
      change.count === undefined ? { kind: "add", number: 0 } : changeCount(mine, change.count);
    return [{ line, needs: mine, after, count }];
  });
  if (problems.length > 0) throw invalidInput(problems);
  const tooFew = amendments.flatMap(({ line, count }) =>
    count.kind === "impossible" ? [{ line: line.position, minimum: count.minimum }] : [],
  );
  if (tooFew.length > 0) throw countBelowAgreed(tooFew);
  const over = amendments.find(({ after, count }) => count.kind === "add" && count.number > 0 && after.dueBy <= now);
  if (over !== undefined) throw lineIsOver(over.line.position);
  return amendments;
};

const addNeeds = (
  tx: Tx,
  request: RequestRecord,
  { line, after, count }: LineAmendment,
  lastNumber: number,
): number => {
  if (count.kind !== "add") return lastNumber;
  insertNeeds(
    tx,
    Array.from({ length: count.number }, (_, at) => ({
      id: newId(),
      requestId: request.id,
      lineId: line.id,
      groupCode: request.groupCode,
      ref: needReference(lastNumber + at + 1),
      state: "open" as const,
      priority: after.priority,
      ring: 1,
      extraAsks: 0,
    })),
  );
  return lastNumber + count.number;
};

/** Withdraws what is no longer wanted. Returns the ids among it that were out with a practice. */
const withdrawSpare = async (tx: Tx, { needs, count }: LineAmendment): Promise<string[]> => {
  if (count.kind !== "withdraw") return [];
  await markNeeds(tx, count.needIds, { from: ["open", "offered"], to: "withdrawn", endedAs: "not-needed" });
  return needs.filter(({ id, state }) => state === "offered" && count.needIds.includes(id)).map(({ id }) => id);
};

/** Brings the needs that stay in step with their line's new terms. Returns the ids whose offers no longer fit. */
const followLine = async (tx: Tx, { line, needs, after, count }: LineAmendment): Promise<string[]> => {
  const gone = count.kind === "withdraw" ? count.needIds : [];
  const staying = needs.filter(({ id, state }) => !hasEnded(state) && state !== "closed" && !gone.includes(id));
  for (const priority of priorities) {
    const to = staying.filter((need) => amendedPriority(need.priority, line.priority, after.priority) === priority);
    await setPriority(
      tx,
      to.filter((need) => need.priority !== priority).map(({ id }) => id),
      priority,
    );
  }
  if (isLoosened(line, after)) {
    const ids = staying.map(({ id }) => id);
    await clearExclusions(tx, ids);
    await restartWidening(tx, ids);
  }
  const offered = staying.filter(({ state }) => state === "offered").map(({ id }) => id);
  const unfit = outdatesOffers(line, after) ? offered : isNarrowed(line, after) ? await misfits(tx.q, offered) : [];
  return markNeeds(tx, unfit, { from: ["offered"], to: "open" });
};

/**
 * Amends a request (R6): counts up or down, windows, distance, requirements, priority, taking firm slots. Whoever read an
 * older version is refused; an agreed need is never lost; what was offered and no longer fits is stood down and planned
 * again; looser terms let practices that said no be asked again (A5).
 * @param version the version that the actor last read, from `If-Match`.
 */
export const amendRequest = async (
  tx: Tx,
  ports: RequestPorts,
  actor: Actor,
  input: AmendRequest & { reference: string; version: number | undefined },
): Promise<RequestView> => {
  const request = await requireRequest(tx.q, actor, input.reference, { lock: true });
  if (request.version !== input.version) throw changedSinceRead(request.version);
  if (input.lines.some(({ service }) => service !== undefined) && !actor.roles.includes("nurse")) throw nurseSorts();
  const now = await appNow(tx.q);
  const lines = await readLines(tx.q, request.id);
  await lockNeedsOf(tx, request.id);
  const needs = await readNeeds(tx.q, request.id);
  const amendments = decide(input.lines, lines, needs, now);
  const withdrawn: string[] = [];
  const unfit: string[] = [];
  let lastNumber = Math.max(...needs.map(({ ref }) => Number(ref.slice(1))));
  for (const amendment of amendments) {
    await updateLine(tx, amendment.line.id, amendment.after);
    withdrawn.push(...(await withdrawSpare(tx, amendment)));
    unfit.push(...(await followLine(tx, amendment)));
    lastNumber = addNeeds(tx, request, amendment, lastNumber);
  }
  const after = lines.map((line) => amendments.find((amendment) => amendment.line.id === line.id)?.after ?? line);
  const priority = priorities[Math.max(...after.map((line) => rank(line.priority)))] ?? request.priority;
  await updateRequest(tx, request.id, { priority, takesFirm: input.takeFirm ?? request.takesFirm });
  const requestId = request.id;
  if (withdrawn.length > 0) await ports.needsEnded(tx, actor, { requestId, needIds: withdrawn, why: "withdrawn" });
  if (unfit.length > 0) await ports.needsEnded(tx, actor, { requestId, needIds: unfit, why: "amended" });
  await recordAudit(tx, actor, "request.amend", request.reference, {
    takeFirm: input.takeFirm,
    lines: input.lines.map((change) => ({ ...change })),
  });
  await askForMatching(tx, request.groupCode, "request.amended");
  await announceRequest(tx, request.id);
  return readRequest(tx.q, actor, request.reference);
};
