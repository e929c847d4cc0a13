import { appNow, type Database } from "../../platform/db/database.ts";
import { unique } from "../../platform/lists/lists.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { speakAsking } from "../cover-plans/index.ts";
import { heldBackAmong } from "../pressure/index.ts";
import { notAskedWords, requireRequest } from "../requests/index.ts";
import type { WhyView } from "./matching.schema.ts";
import { explainLines, storeExplanations, type Explanation } from "./not-asked.service.ts";
import { REASON_CODES, type ReasonCode } from "./solver/index.ts";
import { namesOf, readLookingLines, type LookingLine } from "./why.repository.ts";

type LineView = WhyView["lines"][number];
type NameOf = (code: string) => string;
type HeldBack = Awaited<ReturnType<typeof heldBackAmong>>;

const practices = (n: number): string => `${n} ${n === 1 ? "practice" : "practices"}`;

/** The commonest reason first; equal ones in the order in which they are checked. */
const tally = (notAsked: Explanation["notAsked"]): [ReasonCode, string[]][] => {
  const byReason = new Map(REASON_CODES.map((code): [ReasonCode, string[]] => [code, []]));
  for (const [code, reason] of Object.entries(notAsked)) byReason.get(reason)?.push(code);
  return [...byReason].filter(([, codes]) => codes.length > 0).toSorted((a, b) => b[1].length - a[1].length);
};

/** Of those that are not asked at all, how many said that they are under pressure, or are paused by the federation. */
const heldBackWords = (codes: readonly string[], heldBack: HeldBack): string => {
  const of = (why: "pressed" | "paused"): number => codes.filter((code) => heldBack.get(code) === why).length;
  const [pressed, paused] = [of("pressed"), of("paused")];
  const parts = [
    ...(pressed > 0 ? [`${pressed} under pressure (OPEL 3 or 4)`] : []),
    ...(paused > 0 ? [`${paused} paused by the federation`] : []),
  ];
  return parts.length === 0 ? "" : `, of them ${parts.join(" and ")}`;
};

const lineView = (
  line: LookingLine,
  found: Explanation | undefined,
  nameOf: NameOf | undefined,
  heldBack: HeldBack,
): LineView => {
  const named = (codes: readonly string[]) =>
    nameOf === undefined ? {} : { practices: codes.map((code) => ({ code, name: nameOf(code) })) };
  return {
    line: line.line,
    service: line.service,
    looking: line.looking,
    asking: { priority: line.priority, ...line.asking, words: speakAsking(line.priority, line.asking) },
    asked: { count: found?.asked.length ?? 0, ...named(found?.asked ?? []) },
    withRoom: { count: found?.withRoom.length ?? 0, ...named(found?.withRoom ?? []) },
    notAsked: tally(found?.notAsked ?? {}).map(([reason, codes]) => ({
      reason,
      count: codes.length,
      words: `${practices(codes.length)} ${notAskedWords(reason, codes.length)}${reason === "not-accepting" ? heldBackWords(codes, heldBack) : ""}`,
      ...named(codes),
    })),
  };
};

/**
 * For every line of a request that still looks for cover: who is asked, who has room besides, and why each other practice
 * is not asked (rule M6), true at this moment. Home reads counts, the broker also names (P3).
 */
export const whyRequest = async ({ q }: Database, actor: Actor, reference: string): Promise<WhyView> => {
  const request = await requireRequest(q, actor, reference);
  const lines = await readLookingLines(q, request.id);
  const looking = lines.filter((line) => line.looking > 0).map((line) => line.id);
  const explained = await explainLines(q, request.groupCode, looking);
  // What was just worked out spares the sweep the same work.
  const due = lines.filter((line) => line.isExplainDue).map((line) => line.id);
  if (due.length > 0) await storeExplanations(q, due, explained);
  const codes = [...explained.values()].flatMap((found) => [
    ...found.asked,
    ...found.withRoom,
    ...Object.keys(found.notAsked),
  ]);
  const heldBack = await heldBackAmong(q, unique(codes));
  const names = isBroker(actor) ? await namesOf(q, unique(codes)) : undefined;
  const nameOf = names === undefined ? undefined : (code: string): string => names.get(code) ?? code;
  return {
    reference: request.reference,
    at: (await appNow(q)).toISOString(),
    isPaused: request.pausedAt !== null,
    lines: lines.map((line) => lineView(line, explained.get(line.id), nameOf, heldBack)),
  };
};
