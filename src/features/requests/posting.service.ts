import type { Tx } from "../../platform/db/database.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { announcePosted } from "./announcing.service.ts";
import { draftRequest } from "./drafting.service.ts";
import { noReferenceLeft } from "./requests.errors.ts";
import { insertLines, insertNeeds, insertRequest, type PostingContext } from "./requests.repository.ts";
import { rank, similarRequests } from "./requests.rules.ts";
import type { PostRequest, RequestView } from "./requests.schema.ts";
import { showRequest } from "./requests.view.ts";

/**
 * Posts a cover request (R1–R6) in the transaction that it is given: the request, its lines and needs, what home and the
 * brokers are told, and that the group is due for matching, all or nothing (R2). A request that resembles an open one is
 * posted all the same and comes back with a warning (R6).
 */
export const postRequest = async (
  tx: Tx,
  actor: Actor,
  input: PostRequest,
  ahead?: Promise<PostingContext>,
): Promise<RequestView> => {
  const { requestId, homeCode, groupCode, context, lines, needs } = await draftRequest(tx.q, actor, input, ahead);
  const priority = lines.reduce(
    (highest, { record }) => (rank(record.priority) > rank(highest) ? record.priority : highest),
    input.priority,
  );
  const { reference } = context;
  if (reference === null) throw noReferenceLeft();
  const request = {
    id: requestId,
    reference,
    homeCode,
    groupCode,
    priority,
    reason: input.reason,
    takesFirm: input.takeFirm,
    postedBy: actor.userId,
    postedByCode: actor.organisationCode,
    version: 1,
    createdAt: context.now,
  };
  insertRequest(tx, request);
  announcePosted(tx, [homeCode, ...context.brokers], { reference, homeCode, priority, needs: needs.length });
  insertLines(
    tx,
    lines.map(({ record }) => ({ ...record, requestId: request.id })),
  );
  insertNeeds(tx, needs);
  // The coded reason is in the trail too: a broker posts on behalf with one, as with every act of theirs (F3).
  await recordAudit(tx, actor, "request.post", reference, {
    homeCode,
    reason: input.reason,
    isOnBehalf: homeCode !== actor.organisationCode,
    lines: lines.length,
    needs: needs.length,
  });
  await askForMatching(tx, groupCode, "request.posted");
  return showRequest(
    { ...request, homeName: context.homeName ?? homeCode, postedByName: actor.name, pausedAt: null },
    lines.map(({ record }) => record),
    needs.map((need) => ({
      ...need,
      course: need.course ?? null,
      endedAs: null,
      endedAt: null,
      acknowledgedAt: null,
      agreement: null,
    })),
    {
      asked: [],
      showNames: isBroker(actor),
      similar: similarRequests(
        lines.map(({ record }) => ({ ...record, service: record.serviceCode })),
        context.openLines,
      ),
    },
  );
};
