import type { Tx } from "../../platform/db/database.ts";
import { notFound, type FieldProblem } from "../../platform/errors/domain-error.ts";
import { invalidInput } from "../../platform/http/problem.ts";
import { newId } from "../../platform/ids/ids.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { announcePosted } from "./announcing.service.ts";
import { noReferenceLeft, notSigned } from "./requests.errors.ts";
import { worksAtDesk } from "./requests.policy.ts";
import {
  insertLines,
  insertNeeds,
  insertRequest,
  readPostingContext,
  type NewNeed,
  type PostingContext,
} from "./requests.repository.ts";
import {
  courseLetter,
  courseProblems,
  needReference,
  rank,
  similarRequests,
  windowProblems,
} from "./requests.rules.ts";
import type { PostedLine, PostRequest, RequestView } from "./requests.schema.ts";
import { showRequest, type LineRecord } from "./requests.view.ts";

/** Home is the organisation acted for, or the one that a broker posts for (R5). */
const homeOf = (actor: Actor, onBehalfOf: string | undefined): string => {
  const code = onBehalfOf?.toUpperCase();
  if (code === undefined || code === actor.organisationCode) {
    if (worksAtDesk(actor)) return actor.organisationCode;
    throw invalidInput([{ pointer: "/onBehalfOf", message: "Say for which practice you post." }]);
  }
  if (isBroker(actor)) return code;
  throw notFound("organisation");
};

/** The sharing group in which home is matched. A practice of another group answers like one that does not exist (P3). */
const groupOf = (actor: Actor, homeCode: string, { groupCode, isSigned }: PostingContext): string => {
  if (homeCode !== actor.organisationCode && (groupCode === null || groupCode !== actor.groupCode))
    throw notFound("organisation");
  if (groupCode === null || isSigned !== true) throw notSigned();
  return groupCode;
};

interface ResolvedLine {
  readonly record: Omit<LineRecord, "requires" | "notAsked"> & {
    readonly requires: string[];
    readonly notAsked: Record<string, string>;
  };
  readonly posted: PostedLine;
}

/** Fills in what was left out, and refuses what breaks a rule, every problem at once. */
const resolveLines = ({ needs, priority }: PostRequest, { now, services }: PostingContext): ResolvedLine[] => {
  const problems: FieldProblem[] = [];
  const lines = needs.map((posted, at): ResolvedLine => {
    const pointer = `/needs/${at}`;
    const service = services.find(({ code }) => code === posted.service);
    if (service === undefined)
      problems.push({ pointer: `${pointer}/service`, message: "There is no such service, or it is not in use." });
    const window = { earliest: posted.earliest ?? now, dueBy: posted.dueBy };
    problems.push(...windowProblems(window, now, pointer), ...courseProblems(posted, pointer));
    const record = {
      ...window,
      id: newId(),
      position: at + 1,
      serviceCode: posted.service,
      channel: posted.channel,
      minutes: posted.minutes ?? service?.defaultMinutes ?? 0,
      requires: posted.requires,
      maxKm: posted.maxKm,
      priority: posted.priority ?? priority,
      notAsked: {},
    };
    return { posted, record };
  });
  if (problems.length > 0) throw invalidInput(problems);
  return lines;
};

type FreshNeed = NewNeed & { readonly ref: string };

/** One row for each need, numbered through the whole request (R4); each course has a letter of its own. */
const needsOf = (requestId: string, groupCode: string, lines: readonly ResolvedLine[]): FreshNeed[] => {
  let number = 0;
  let letters = 0;
  return lines.flatMap(({ record: { id, priority }, posted: { count, courses } }) => {
    const letterOf = new Map<number, string>();
    for (const course of courses) {
      const letter = courseLetter(letters);
      letters += 1;
      for (const member of course) letterOf.set(member, letter);
    }
    return Array.from({ length: count }, (_, at): FreshNeed => {
      number += 1;
      return {
        id: newId(),
        requestId,
        lineId: id,
        groupCode,
        ref: needReference(number),
        course: letterOf.get(at + 1) ?? null,
        state: "open",
        priority,
        ring: 1,
        extraAsks: 0,
      };
    });
  });
};

/**
 * Posts a cover request (R1–R6) in the transaction that it is given: the request, its lines and needs, what home and the
 * brokers are told, and that the group is due for matching, all or nothing (R2). A request that resembles an open one is
 * posted all the same and comes back with a warning (R6).
 */
export const postRequest = async (tx: Tx, actor: Actor, input: PostRequest): Promise<RequestView> => {
  const homeCode = homeOf(actor, input.onBehalfOf);
  const context = await readPostingContext(tx.q, homeCode, [...new Set(input.needs.map(({ service }) => service))]);
  const groupCode = groupOf(actor, homeCode, context);
  const lines = resolveLines(input, context);
  const priority = lines.reduce(
    (highest, { record }) => (rank(record.priority) > rank(highest) ? record.priority : highest),
    input.priority,
  );
  const request = {
    id: newId(),
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
  const needs = needsOf(request.id, groupCode, lines);
  const reference = await insertRequest(tx, request);
  if (reference === undefined) throw noReferenceLeft();
  await insertLines(
    tx,
    lines.map(({ record }) => ({ ...record, requestId: request.id })),
  );
  await insertNeeds(tx, needs);
  await recordAudit(tx, actor, "request.post", reference, { homeCode, lines: lines.length, needs: needs.length });
  announcePosted(tx, [homeCode, ...context.brokers], { reference, homeCode, priority, needs: needs.length });
  await askForMatching(tx, groupCode, "request.posted");
  return showRequest(
    { ...request, reference, homeName: context.homeName ?? homeCode, postedByName: actor.name, pausedAt: null },
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
