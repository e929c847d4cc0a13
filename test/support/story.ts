import { sql } from "drizzle-orm";
import { z } from "zod";
import { planDueGroups, solve, widenDue, type Solver } from "../../src/features/matching/index.ts";
import { lapseOffers, listOffers, type OfferView } from "../../src/features/offers/index.ts";
import { askForMatching } from "../../src/features/match-due/index.ts";
import type { Actor } from "../../src/features/access/index.ts";
import { rows } from "../../src/platform/db/database.ts";
import { TEST_GROUP } from "./builders/organisations.ts";
import type { TestDatabase } from "./database.ts";

export const solver: Solver = async (problem) => solve(problem);

/** Nobody and nothing, on a Monday morning: for tests of a whole group that share a database. */
export const startOver = async (db: TestDatabase): Promise<void> => {
  await db.q.execute(sql`truncate organisations, cover_requests, match_due, events, event_heads cascade`);
  await db.holdClock("2026-12-14T10:00:00Z");
};

/** One round of what the matcher's sweep does about asking, without waiting for a timer. */
export const sweep = async (db: TestDatabase): Promise<void> => {
  await lapseOffers(db.database);
  await widenDue(db.database);
  await planDueGroups(db.database, solver);
};

/** Makes the group due and plans it. */
export const plan = async (db: TestDatabase, group = TEST_GROUP): Promise<void> => {
  await db.database.transact(async (tx) => askForMatching(tx, group, "test"));
  await planDueGroups(db.database, solver);
};

/** What waits for the answer of the actor's organisation. */
export const waitingFor = async (db: TestDatabase, actor: Actor): Promise<OfferView[]> =>
  listOffers(db.q, actor, { isAwaitingMe: true, limit: 200 });

/** The states of needs in the order of their references. */
export const needStates = async (db: TestDatabase, requestId: string): Promise<string[]> =>
  (
    await rows(
      db.q,
      z.object({ state: z.string() }),
      sql`select state from needs where request_id = ${requestId} order by ref`,
    )
  ).map((row) => row.state);

export const count = async (db: TestDatabase, from: ReturnType<typeof sql>): Promise<number> =>
  (await rows(db.q, z.object({ n: z.coerce.number() }), sql`select count(*) as n from ${from}`))[0]?.n ?? -1;
