import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { wallClock } from "../../platform/clock/clock.ts";
import { rows, type Database, type Queryable } from "../../platform/db/database.ts";
import { newId } from "../../platform/ids/ids.ts";
import { readAskingFor } from "../cover-plans/index.ts";
import { isSignedSql } from "../practices/index.ts";
import type { Solver } from "./blocks.rules.ts";
import { decide } from "./decide.rules.ts";
import { NEXT_DOOR } from "./plan.service.ts";
import { readNextDoor } from "./next-door.service.ts";
import { readSnapshot } from "./snapshot.service.ts";
import type { SeekingNeed } from "./snapshot.ts";

const HOMES = 20;
const DAYS_MS = 4 * 24 * 3_600_000;

const home = z.object({
  groupCode: z.string(),
  homeCode: z.string(),
  service: z.string(),
  serviceName: z.string(),
  now: z.coerce.date(),
});
type Home = z.output<typeof home>;

/** Some practices that could post, with a service that somebody has published time for; none where there is no such time. */
const readHomes = async (q: Queryable): Promise<Home[]> =>
  rows(
    q,
    home,
    sql`
      select m.group_code as "groupCode", m.organisation_code as "homeCode", s.code as service, s.name as "serviceName",
             app_now() as now
      from sharing_memberships m
      cross join lateral (select services[1] as code from clinics where starts_at > app_now() and withdrawn_at is null limit 1) c
      join services s on s.code = c.code
      where ${isSignedSql("m")} order by md5(m.organisation_code) limit ${HOMES}`,
  );

const inventedNeed = (
  { groupCode, homeCode, service, serviceName, now }: Home,
  asking: SeekingNeed["asking"],
): SeekingNeed => ({
  id: newId(),
  ref: "N01",
  requestId: newId(),
  requestVersion: 1,
  reference: "",
  lineId: newId(),
  groupCode,
  homeCode,
  takesFirm: true,
  service,
  serviceName,
  channel: "in-person",
  minutes: 20,
  earliest: now,
  dueBy: new Date(now.getTime() + DAYS_MS),
  requires: [],
  maxKm: 15,
  priority: "urgent",
  asking,
  course: null,
  ring: 1,
  extraAsks: 0,
  widenAt: null,
});

/**
 * Plans for needs that nobody has, and keeps nothing of it: the database itself refuses it. A process that has just been
 * started is slow until its code is compiled and its connections know their statements, and without this the first desks
 * would pay for that: measured, the tenth to sixtieth real plan took 10 instead of 16 to 22 ms of processor time. Rests as
 * long as it works, for whoever is there already, and ends after so many plans, so long, or when told to.
 */
export const warmUpPlanning = async (
  database: Database,
  solve: Solver,
  until: { readonly plans: number; readonly forMs: number; readonly isOver: () => boolean },
): Promise<void> => {
  const endsMs = wallClock.monotonicMs() + until.forMs;
  const homes = await readHomes(database.q);
  for (let at = 0; at < until.plans; at += 1) {
    const begunMs = wallClock.monotonicMs();
    const one = homes[at % homes.length];
    if (one === undefined || begunMs >= endsMs || until.isOver()) return;
    const snapshot = await database.readOnly(async (q) => {
      const asking = (await readAskingFor(q, one.groupCode))(one.service, "urgent");
      const needs = [inventedNeed(one, asking)];
      // Beside it another connection, as in a plan.
      await readNextDoor({ q, beside: () => database.q }, one.groupCode, NEXT_DOOR);
      const wanted = { now: one.now, needs };
      return readSnapshot(q, one.groupCode, { needs: "open", ...NEXT_DOOR, moves: false }, { wanted });
    });
    if (snapshot !== undefined) await decide(snapshot, solve);
    await delay(wallClock.monotonicMs() - begunMs);
  }
};
