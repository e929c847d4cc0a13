import type { Database } from "../../platform/db/database.ts";
import { unique } from "../../platform/lists/lists.ts";
import { askForMatching } from "../match-due/index.ts";
import { readTold } from "../requests/index.ts";
import { applyAsRead, applyDecisions, onlyAsks } from "./apply.service.ts";
import type { Solver } from "./blocks.rules.ts";
import { decide, type Decisions } from "./decide.rules.ts";
import { clearDue, dueAgainAt, groupsDue, readDue, widenWaiting, type DueRow } from "./due.repository.ts";
import { isAllRead, isEnough, settledNeeds } from "./enough.rules.ts";
import { readLeft } from "./what-is-left.repository.ts";
import { markExplainDue } from "./not-asked.repository.ts";
import { readNextDoor, type NextDoor } from "./next-door.service.ts";
import { readSnapshot, readWanted, type Breadth, type Wanted } from "./snapshot.service.ts";
import { placeKey, type Left, type Snapshot } from "./snapshot.ts";

const lockOf = (groupCode: string): string => `plan ${groupCode}`;

/**
 * Plans a sharing group until nothing is due (rule M3). Two plans of one group never run at once, whichever process they
 * land on: whoever comes second leaves at once, because the first looks again after it has let the lock go.
 */
export const planGroup = async (database: Database, groupCode: string, solve: Solver): Promise<void> => {
  for (;;) {
    const won = await database.tryExclusively(
      lockOf(groupCode),
      // Nearly every plan is about what was just posted, so that is read before it is known whether there is one.
      async (mine) => readNextDoor(mine, groupCode, NEXT_DOOR),
      async (mine, nextDoor) => {
        if (nextDoor.due.length > 0) await planOnce(mine, groupCode, nextDoor.due, solve, nextDoor);
      },
    );
    if (!won || (await readDue(database.q, groupCode)).length === 0) return;
  }
};

interface Planned {
  readonly snapshot: Snapshot;
  readonly decisions: Decisions;
  /** Only what can be asked at once: the rest is due still. */
  readonly isPart?: true;
}

/** What only adds needs: all that others wait for stays as it is. Amending also starts the waits of what is offered anew. */
const ONLY_NEEDS = new Set(["request.posted", "need.reopened"]);

/** What is read first around each home: nearly every post finds its places there. */
export const NEXT_DOOR = { practices: 12, earliest: 1 } as const;

/**
 * How many practices around each home are read first, and then, and how many of their earliest free slots (times what one home
 * could take). Only the last step reads whole diaries, which may be long.
 */
const STEPS = [
  NEXT_DOOR,
  { practices: 48, earliest: 2 },
  { practices: 160, earliest: 6 },
  { practices: "all" },
] as const;

/** Each look for one home and service costs about a millisecond: for a backlog of many, reading everything costs less. */
const LOOKS = 30;

/** Who has anything left for what found no place; undefined where that is too much to look for. */
const lookFor = async (
  database: Database,
  { snapshot, decisions }: Planned,
): Promise<ReadonlyMap<string, Left> | undefined> =>
  unique(decisions.uncovered.map(placeKey)).length > LOOKS
    ? undefined
    : readLeft(database.q, decisions.uncovered, snapshot.now, NEXT_DOOR.practices);

/**
 * What found its place, where reading more could not improve it: these desks need not wait for the rest of a post, for which a
 * whole group may have to be read. Undefined where there is none.
 */
const settledPart = ({ snapshot, decisions }: Planned): Planned | undefined => {
  const settled = settledNeeds(snapshot, decisions);
  const ofSettled = (blocks: Decisions["offer"]): Decisions["offer"] =>
    blocks.filter(({ need }) => settled.has(need.id));
  const [agree, offer] = [ofSettled(decisions.agree), ofSettled(decisions.offer)];
  if (agree.length + offer.length === 0) return undefined;
  const widen = decisions.widen.filter(({ needId }) => settled.has(needId));
  return {
    snapshot: { ...snapshot, needs: snapshot.needs.filter(({ id }) => settled.has(id)) },
    decisions: { ...decisions, agree, offer, widen, calls: [], uncovered: [], displaced: [], askAgainAt: undefined },
    isPart: true,
  };
};

/**
 * Reads as little as is provably enough: the needs that changed and the practices next door; then, besides, the nearest that
 * have time for what found no place there; then more, as long as anybody has any; and where a need still has no place, one
 * more plan that may move what waits and is not agreed (M2).
 */
const decideStepwise = async (
  database: Database,
  groupCode: string,
  needs: Breadth["needs"],
  { wanted, first }: { readonly wanted: Wanted; readonly first: Snapshot | undefined },
  solve: Solver,
): Promise<Planned | undefined> => {
  const plan = async (breadth: Breadth, known?: Snapshot): Promise<Planned | undefined> => {
    const snapshot =
      known ?? (await readSnapshot(database.q, groupCode, breadth, { wanted, beside: database.beside() }));
    return snapshot === undefined ? undefined : { snapshot, decisions: await decide(snapshot, solve) };
  };
  /** For what found no place it has to be known that nobody has anything left. */
  const isSettled = ({ snapshot, decisions }: Planned, left?: ReadonlyMap<string, Left>): boolean =>
    isEnough(snapshot, decisions, left !== undefined && decisions.uncovered.every((need) => !left.has(placeKey(need))));
  let planned: Planned | undefined;
  let isAnyFree = true;
  for (const step of STEPS) {
    // What only waiting offers hold is not among the free times that these read.
    if (!isAnyFree && step.practices !== "all") continue;
    planned = await plan({ needs, ...step, moves: false }, step === NEXT_DOOR ? first : undefined);
    if (planned === undefined || isSettled(planned)) return planned;
    if (planned.decisions.uncovered.length > 0) {
      const left = await lookFor(database, planned);
      if (isSettled(planned, left)) return planned;
      isAnyFree = left === undefined || [...left.values()].some(({ hosts }) => hosts.length > 0);
      const sought =
        left !== undefined && isAnyFree && step === NEXT_DOOR
          ? await plan({ needs, ...step, moves: false, sought: left })
          : undefined;
      if (sought !== undefined && isSettled(sought, left)) return sought;
      const part = needs === "open" ? settledPart(sought ?? planned) : undefined;
      if (part !== undefined) return part;
    }
    if (isAllRead(planned.snapshot)) break;
  }
  return (await plan({ needs, practices: "all", moves: true })) ?? planned;
};

/**
 * Reads, decides and writes once, for what is due; `nextDoor` is what a post needs, where that was read after the lock was
 * taken. Alone only for measuring: `planGroup` is what keeps plans apart.
 */
export const planOnce = async (
  database: Database,
  groupCode: string,
  due: readonly DueRow[],
  solve: Solver,
  nextDoor?: NextDoor,
): Promise<void> => {
  const needs = due.every(({ cause }) => ONLY_NEEDS.has(cause)) ? "open" : "seeking";
  const known = needs === "open" ? nextDoor : undefined;
  const wanted = known?.wanted ?? (await readWanted(database.q, groupCode, needs));
  const requestIds = wanted.needs.map((need) => need.requestId);
  const [planned, told] = await Promise.all([
    decideStepwise(database, groupCode, needs, { wanted, first: known?.snapshot }, solve),
    known?.told ?? readTold(database.q, groupCode, requestIds),
  ]);
  const lines = unique((planned?.snapshot.needs ?? []).map((need) => need.lineId));
  const ids = due.map(({ id }) => id);
  let mayAssume = planned !== undefined && onlyAsks(planned.decisions);
  await database.transact(async (tx) => {
    const assumes = mayAssume;
    // Whatever becomes of this: where it has to run again, it does so step by step.
    mayAssume = false;
    const noteSeen = (): void => {
      if (planned?.isPart === true) return;
      markExplainDue(tx, lines);
      clearDue(tx, ids);
    };
    if (planned === undefined) return noteSeen();
    const { snapshot, decisions } = planned;
    if (assumes) {
      await applyAsRead(tx, snapshot, decisions, told);
      noteSeen();
    } else {
      const { dropped } = await applyDecisions(tx, snapshot, decisions);
      noteSeen();
      if (dropped > 0) await askForMatching(tx, groupCode, "plan.dropped");
    }
    // What had to make room is put to others now, not when something else happens to change.
    if (decisions.displaced.length > 0) await askForMatching(tx, groupCode, "need.reopened");
    if (decisions.askAgainAt !== undefined) dueAgainAt(tx, groupCode, decisions.askAgainAt);
    return undefined;
  });
};

/** Plans every group for which something is due. */
export const planDueGroups = async (database: Database, solve: Solver): Promise<void> => {
  for (const groupCode of await groupsDue(database.q)) await planGroup(database, groupCode, solve);
};

/** Opens the next ring for whatever has waited long enough (A3). */
export const widenDue = async (database: Database): Promise<void> => {
  await database.transact(async (tx) => {
    for (const groupCode of await widenWaiting(tx)) await askForMatching(tx, groupCode, "ring.widened");
  });
};
