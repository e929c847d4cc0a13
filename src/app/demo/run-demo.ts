import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { adminCreateToken } from "../../features/identity/index.ts";
import { appNow, rows, type Database } from "../../platform/db/database.ts";
import { readHeads } from "../../platform/event-log/event-log.ts";
import { storyDays } from "./calendar.ts";
import { checkStory } from "./check.ts";
import { openDesk, type Desk } from "./desk.ts";
import { DEMO_FEDERATION, DEMO_GROUP, DEMO_HUB, emailOf, inventedPractices } from "./invented.ts";
import type { Stage } from "./stage.ts";
import { playStory } from "./story.ts";

export interface DemoParts {
  readonly database: Database;
  readonly address: string;
  readonly say: (line: string) => void;
  readonly stopping: AbortSignal;
}

/** How many stories this data has seen: it decides whose turn it is to be short. */
const storiesSoFar = async (database: Database): Promise<number> => {
  const [found] = await rows(
    database.q,
    z.object({ n: z.number() }),
    sql`select count(*)::int as n from cover_requests where group_code = ${DEMO_GROUP}`,
  );
  return Math.floor((found?.n ?? 0) / 2);
};

const openDesks = async ({ database, address }: DemoParts): Promise<{ desks: Map<string, Desk>; broker: Desk }> => {
  const seat = async (code: string, email: string): Promise<Desk> => {
    const { token } = await adminCreateToken(database, { email, organisation: code, name: "demonstration" });
    const [head] = await readHeads(database.q, [code]);
    return openDesk(code, address, token, head?.lastOffset ?? 0);
  };
  const desks = new Map<string, Desk>();
  for (const code of [...inventedPractices.map((each) => each.code), DEMO_HUB])
    desks.set(code, await seat(code, emailOf("reception", code)));
  return { desks, broker: await seat(DEMO_FEDERATION, emailOf("broker", DEMO_FEDERATION)) };
};

/** Plays one fresh story beside whatever is there, and says what was wrong with how it ended. */
export const runDemo = async (parts: DemoParts): Promise<string[]> => {
  const { database, say, stopping } = parts;
  const turn = await storiesSoFar(database);
  const { desks, broker } = await openDesks(parts);
  try {
    const everybody = [...desks.values(), broker];
    while (!everybody.every((desk) => desk.isLive()) && !stopping.aborted) await delay(10);
    say(`${everybody.length} desks are connected.`);
    const stage: Stage = { desks, broker, days: storyDays(await appNow(database.q)), say, stopping };
    const { home, references } = await playStory(stage, turn);
    return await checkStory(stage, home, references);
  } finally {
    for (const desk of [...desks.values(), broker]) desk.close();
  }
};
