import type { Queryable } from "../../platform/db/database.ts";
import { notFound, type FieldProblem } from "../../platform/errors/domain-error.ts";
import { invalidInput } from "../../platform/http/problem.ts";
import { newId } from "../../platform/ids/ids.ts";
import { unique } from "../../platform/lists/lists.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { notSigned } from "./requests.errors.ts";
import { worksAtDesk } from "./requests.policy.ts";
import { readPostingContext, type NewNeed, type PostingContext } from "./requests.repository.ts";
import { courseLetter, courseProblems, needReference, windowProblems } from "./requests.rules.ts";
import type { PostedLine, PostRequest } from "./requests.schema.ts";
import type { LineRecord } from "./requests.view.ts";

/*
 * From what somebody says is short to lines and needs with everything filled in. Posting stores them; what-if only asks
 * what would become of them.
 */

/** What of a post decides what is asked of whom: all but the reason. */
export type Wish = Omit<PostRequest, "reason" | "takeFirm">;

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

export interface DraftedLine {
  readonly record: Omit<LineRecord, "requires" | "notAsked"> & {
    readonly requires: string[];
    readonly notAsked: Record<string, string>;
  };
  readonly posted: PostedLine;
}

/** Fills in what was left out, and refuses what breaks a rule, every problem at once. */
const resolveLines = ({ needs, priority }: Wish, { now, services }: PostingContext): DraftedLine[] => {
  const problems: FieldProblem[] = [];
  const lines = needs.map((posted, at): DraftedLine => {
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

export type DraftedNeed = NewNeed & { readonly ref: string };

/** One row for each need, numbered through the whole request (R4); each course has a letter of its own. */
const needsOf = (requestId: string, groupCode: string, lines: readonly DraftedLine[]): DraftedNeed[] => {
  let number = 0;
  let letters = 0;
  return lines.flatMap(({ record: { id, priority }, posted: { count, courses } }) => {
    const letterOf = new Map<number, string>();
    for (const course of courses) {
      const letter = courseLetter(letters);
      letters += 1;
      for (const member of course) letterOf.set(member, letter);
    }
    return Array.from({ length: count }, (_, at): DraftedNeed => {
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

/** A request before anything of it is stored. */
export interface Draft {
  readonly requestId: string;
  readonly homeCode: string;
  readonly groupCode: string;
  readonly context: PostingContext;
  readonly lines: readonly DraftedLine[];
  readonly needs: readonly DraftedNeed[];
}

const servicesOf = ({ needs }: Wish): readonly string[] => unique(needs.map(({ service }) => service));

/** Reads what drafting will need before it is known whose credential this is. */
export const readAheadOf = async (q: Queryable, credential: string, wish: Wish): Promise<PostingContext> =>
  readPostingContext(q, { credential }, servicesOf(wish));

/**
 * Checks and completes what is short (R1, R4, R5): who may say so for whom, windows, courses, defaults. Writes nothing. What
 * was read `ahead` counts only if it is of home: a broker posts for others, and somebody may have gone to act for another.
 */
export const draftRequest = async (
  q: Queryable,
  actor: Actor,
  wish: Wish,
  ahead?: Promise<PostingContext>,
): Promise<Draft> => {
  const homeCode = homeOf(actor, wish.onBehalfOf);
  const known = await ahead;
  const context =
    known?.homeCode === homeCode ? known : await readPostingContext(q, { code: homeCode }, servicesOf(wish));
  const groupCode = groupOf(actor, homeCode, context);
  const lines = resolveLines(wish, context);
  const requestId = newId();
  return { requestId, homeCode, groupCode, context, lines, needs: needsOf(requestId, groupCode, lines) };
};
