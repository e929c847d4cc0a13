import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { readAlarms, sweepAlarms, watchOpen, type AlarmView } from "../../../src/features/alarms/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import {
  aBroker,
  aPractice,
  aRequest,
  openTestDatabase,
  type BuiltRequest,
  type TestDatabase,
} from "../../support/index.ts";

/** A federation of its own for each test, on Monday morning before Christmas. */
export interface AlarmWorld {
  readonly db: TestDatabase;
  readonly broker: Actor;
  readonly group: string;
  /** What a matcher does every second. */
  round(): Promise<void>;
  live(): Promise<AlarmView[]>;
  ended(): Promise<AlarmView[]>;
  /** The data of every event of a type in the federation's log, in order. */
  heard(type: string): Promise<Record<string, unknown>[]>;
  /** A request of a new practice with one line. */
  aLine(dueBy: string, count?: number): Promise<BuiltRequest>;
}

/** Opens the database once; `next` makes a fresh world of it in which nothing of the last one is open. */
export const openAlarmWorlds = async (): Promise<{ db: TestDatabase; next(): Promise<AlarmWorld> }> => {
  const db = await openTestDatabase();
  let made = 0;
  return {
    db,
    next: async () => {
      await db.q.execute(sql`update needs set state = 'sorted'`);
      await db.q.execute(sql`update offers set state = 'lapsed' where state = 'waiting'`);
      await sweepAlarms(db.database);
      await db.holdClock("2026-12-21T09:00:00Z");
      made += 1;
      const group = `ALARMS-${made}`;
      const broker = await aBroker(db, { group });
      return {
        db,
        broker,
        group,
        round: async () => {
          await watchOpen(db.database);
          await sweepAlarms(db.database);
        },
        live: async () => readAlarms(db.q, broker, "live"),
        ended: async () => readAlarms(db.q, broker, "ended"),
        heard: async (type) =>
          (
            await rows(
              db.q,
              z.object({ data: z.record(z.string(), z.unknown()) }),
              sql`select data from events where type = ${type} and stream = ${broker.organisationCode} order by "offset"`,
            )
          ).map(({ data }) => data),
        aLine: async (dueBy, count = 2) =>
          aRequest(db, { home: (await aPractice(db, { group })).code, needs: [{ count, dueBy }] }),
      };
    },
  };
};
