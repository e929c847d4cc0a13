import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { eventContracts } from "../../src/app/events.ts";
import { sweepers } from "../../src/app/jobs.ts";
import { roles, type Actor, type AppRoute, type Role } from "../../src/features/access/index.ts";
import { alarmRotas } from "../../src/features/alarms/alarms.table.ts";
import { settleAfterRestore } from "../../src/features/operations/index.ts";
import { rows } from "../../src/platform/db/database.ts";
import { jsonSchema } from "../../src/platform/http/openapi.ts";
import { silentLogger } from "../../src/platform/log/log.ts";
import { sweepOnce } from "../../src/platform/queue/sweep.ts";
import { aPractice, aUser, type PracticeOptions } from "../support/index.ts";
import { agreed } from "../features/agreements/support.ts";
import { solver } from "../support/story.ts";
import { fill, paramsFor, type Params } from "./support/addresses.ts";
import { at, fittingHints } from "./support/fitting-hints.ts";
import { arbitraryOf } from "./support/from-schema.ts";
import { leaksTo, readersOf, textsIn } from "./support/readers.ts";
import { openWholeApi, type WholeApi } from "./support/whole-api.ts";
import { aCookie, anInvitation, aWorkingPractice, withRole, type Belongings } from "./support/world.ts";

/*
 * S7, P3: each kind of event × each kind of organisation, in the story and out of it. Every command of the API is given, in
 * two groups, by whoever may; then nine days pass with all sweeps. Frames are the log of the organisation acted for (see
 * `attack.test.ts`), so what must not be heard must not stand in the log.
 */

const GROUPS = ["NORTH", "SOUTH"] as const;
const TRIES = 3;

let api: WholeApi;
/** Organisations that no command is about, by what they are. */
const outside: { readonly what: string; readonly code: string; readonly isMember: boolean }[] = [];
const federations = new Map<string, string>();

beforeAll(async () => {
  api = await openWholeApi();
  const { db } = api;
  const add = async (what: string, options: PracticeOptions, isMember = false): Promise<void> => {
    // They take nothing, so nobody asks them.
    const { code } = await aPractice(db, { isAccepting: false, ...options });
    outside.push({ what, code, isMember });
  };
  for (const group of GROUPS) {
    const federation = await aPractice(db, { group, kind: "federation", listSize: null });
    federations.set(group, federation.code);
    const [ownerId, deputyId] = [
      (await withRole(db, "broker", federation.code)).userId,
      (await withRole(db, "broker", federation.code)).userId,
    ];
    const rota = { organisationCode: federation.code, ownerId, deputyId, version: 1, updatedAt: sql`app_now()` };
    await db.q.insert(alarmRotas).values(rota);
    await add(`a practice of ${group}`, { group }, true);
    await add(`a hub of ${group}`, { group, kind: "hub" }, true);
    await add(`an unsigned practice of ${group}`, { group, signed: false }, true);
  }
  await add("a practice of no group", { group: null });
  await add("a hub of no group", { group: null, kind: "hub" });
  await add("another group's federation", { group: "WEST", kind: "federation", listSize: null });
}, 120_000);
afterAll(async () => api.close());

const bodiesFor = ({ body }: AppRoute, hints: ReturnType<typeof fittingHints>): readonly unknown[] =>
  body === undefined
    ? [undefined]
    : fc
        .sample(arbitraryOf(jsonSchema(body, "input"), hints), { numRuns: 60, seed: 7 })
        .filter((value) => body.safeParse(value).success)
        .toSorted((left, right) => JSON.stringify(left).length - JSON.stringify(right).length)
        .slice(0, 3);

const callers = ({ access }: AppRoute): readonly Role[] =>
  access.kind === "roles" ? roles.filter((role) => access.roles.includes(role)) : ["manager"];

const send = async (route: AppRoute, actor: Actor, url: string, body: unknown): Promise<number> => {
  const { sessionId: _, ...headers } = await aCookie(api.db, actor);
  const answer = await api.server.inject({
    method: route.method,
    url,
    headers: {
      ...headers,
      ...(route.needsIfMatch === true ? { "if-match": '"1"' } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  return answer.statusCode;
};

/** A practice with one of everything, and a neighbour that asks it. */
const twoPractices = async (group: string): Promise<Place> => {
  const own = await aWorkingPractice(api.db, group);
  return { group, own, asking: await aWorkingPractice(api.db, group, own.code) };
};
interface Place {
  readonly group: string;
  readonly own: Belongings;
  readonly asking: Belongings;
}

/** Gives one command until it is taken, by each role that may, about what is one's own or a neighbour's. */
const give = async (route: AppRoute, { group, own, asking }: Place): Promise<number> => {
  const { db } = api;
  let taken = 0;
  for (const role of callers(route).slice(0, 2)) {
    const actor = await withRole(db, role, role === "broker" ? (federations.get(group) ?? "") : own.code);
    const hints = fittingHints(own, [asking], { token: [await anInvitation(db, own.code)] });
    const places = [own, asking].map((owner): Params => paramsFor(route, owner) ?? { date: at(4, 0).slice(0, 10) });
    const bodies = bodiesFor(route, hints);
    for (let n = 0; n < (bodies.length === 0 ? 0 : TRIES); n += 1) {
      const params = places[n % places.length] ?? {};
      if ((await send(route, actor, fill(route.path, params), bodies[n % bodies.length])) >= 300) continue;
      taken += 1;
      break;
    }
  }
  return taken;
};

/** The steps that nobody takes who only generates commands: a handover between two practices of the group, with its mishaps. */
const handOver = async (group: string): Promise<void> => {
  const { db } = api;
  const sit = async (): Promise<Actor> => aUser(db, { at: (await aPractice(db, { group })).code });
  const [home, supporting] = [await sit(), await sit()];
  const { ids, clinic } = await agreed(db, {
    home,
    supporting,
    needs: [{ count: 5, dueBy: at(7, 18) }],
    startsAt: at(5, 10),
  });
  const [extended = "", one, other, , given = ""] = ids;
  const command = async (actor: Actor, path: string, body: unknown): Promise<void> => {
    const route = api.routes.find(
      (known) => known.method === "POST" && known.path === path.replace(/[\w-]{36}/, ":id"),
    );
    if (route === undefined) throw new Error(`no route ${path}`);
    expect([path, (await send(route, actor, path, body)) < 300]).toEqual([path, true]);
  };
  await command(supporting, "/v1/agreements/steps", { step: "blocked", agreements: ids.slice(0, 3) });
  await command(home, `/v1/agreements/${extended}/extend-release`, undefined);
  await command(home, "/v1/agreements/swap", { a: one, b: other });
  await command(home, `/v1/agreements/${given}/cancel`, { code: "not-needed", stillNeeded: false });
  // The time that was given back takes the place of one that has gone.
  await command(supporting, `/v1/slots/${clinic.slots[3]?.id ?? ""}/gone`, {});
};

interface Heard {
  readonly stream: string;
  readonly type: string;
  readonly data: unknown;
}

const everything = async (): Promise<Heard[]> =>
  rows(
    api.db.q,
    z.object({ stream: z.string(), type: z.string(), data: z.unknown() }),
    sql`select stream, type, data from events order by at, stream, "offset"`,
  );

/** What each member of a group may hear of, and everybody. */
const TO_THE_GROUP = ["bulletin.posted", "bulletin.answered", "bulletin.hidden"];
const TO_ALL = ["history.restored"];
/** Counts only. */
const NAMES_NOBODY = ["clinics.changed"];
/** Made by the courier when a receiver is gone; `test/features/webhooks` shows to whom. */
const ELSEWHERE = ["webhook.disabled"];

const ID = /^(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|CR-[A-Z0-9]{4,})$/;

describe("every kind of event", () => {
  it("is heard by whom it concerns and by nobody else, whatever is done and whatever falls due", async () => {
    const commands = api.routes.filter(({ kind }) => kind === "command");
    let taken = 0;
    for (const group of GROUPS) await handOver(group);
    let place: Place | undefined;
    for (const [index, route] of commands.entries()) {
      // Fresh ones after a few: commands use up what they are about.
      if (place === undefined || index % 4 === 0) place = await twoPractices(GROUPS[(index / 4) % 2] ?? "NORTH");
      taken += await give(route, place);
    }
    expect(taken).toBeGreaterThan(commands.length / 2);
    const sweeps = sweepers({ database: api.db.database, log: silentLogger, solve: solver });
    for (const day of [0, 1, 2, 3, 5, 8])
      for (const hour of [9, 15]) {
        await api.db.holdClock(at(day, hour));
        await sweepOnce(sweeps, silentLogger);
      }
    await api.db.database.transact(async (tx) => settleAfterRestore(tx, null));

    const events = await everything();
    const readers = await readersOf(api.db);
    const types = [...new Set(events.map(({ type }) => type))];
    expect([...types, ...ELSEWHERE].toSorted()).toEqual(eventContracts.map(({ type }) => type).toSorted());
    const leaks = events.flatMap(({ stream, type, data }) =>
      leaksTo(readers, stream, data).map((text) => `${stream} heard of ${text} in ${type}`),
    );
    expect([...new Set(leaks)]).toEqual([]);
    // Each id is somebody's: one that `readersOf` did not know would pass unseen.
    const unknown = events.flatMap(({ type, data }) =>
      textsIn(data).flatMap((text) => (ID.test(text) && !readers.has(text) ? [`${text} in ${type}`] : [])),
    );
    expect([...new Set(unknown)].slice(0, 10)).toEqual([]);

    const faults: string[] = [];
    for (const { what, code, isMember } of outside) {
      const allowed = [...TO_ALL, ...(isMember ? TO_THE_GROUP : [])];
      for (const { stream, type } of events)
        if (stream === code && !allowed.includes(type)) faults.push(`${what} heard ${type}`);
      // Had it been told, this would have seen it. A group's members know each other's codes: there the types tell.
      for (const type of types.filter((one) => !isMember && ![...TO_ALL, ...NAMES_NOBODY].includes(one)))
        if (!events.some((event) => event.type === type && leaksTo(readers, code, event.data).length > 0))
          faults.push(`${what} could have heard ${type} unseen`);
    }
    expect(faults).toEqual([]);
  }, 480_000);
});
