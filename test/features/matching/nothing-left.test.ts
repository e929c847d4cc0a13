import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { decide, type Decisions } from "../../../src/features/matching/decide.rules.ts";
import { readDue } from "../../../src/features/matching/due.repository.ts";
import { isEnough } from "../../../src/features/matching/enough.rules.ts";
import { readLeft } from "../../../src/features/matching/what-is-left.repository.ts";
import { planGroup, planOnce } from "../../../src/features/matching/plan.service.ts";
import { readSnapshot } from "../../../src/features/matching/snapshot.service.ts";
import type { SeekingNeed, Snapshot } from "../../../src/features/matching/snapshot.ts";
import { rebuildNeighbours } from "../../../src/features/practices/neighbours.repository.ts";
import { aClinic, aPractice, aRequest, couldDo, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { solver } from "../../support/story.ts";

/*
 * The story as it really happened: of fourteen dressings some can go to published times next door, and for the others nobody
 * has published anything. Who is called for those is known from the nearest practices, without reading the whole group.
 */

const PRACTICES = 12;
const FEW = { needs: "open", practices: 5, moves: false, earliest: 1 } as const;
const ALL = { needs: "open", practices: "all", moves: false } as const;

let db: TestDatabase;
let group = "";
let codes: string[] = [];
let made = 0;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.holdClock("2026-12-14T10:00:00Z");
  made += 1;
  group = `LEFT-${made}`;
  codes = [];
  for (let at = 0; at < PRACTICES; at += 1) {
    const { code } = await aPractice(db, { group, lat: 51 + made / 2 + at / 50, lon: 0 });
    for (const service of ["wound-simple", "wound-complex"]) await couldDo(db, code, service);
    codes.push(code);
  }
  await rebuildNeighbours(db.q, [group]);
});

const at = (place: number): string => codes[place] ?? "";

/** A post, and what it makes due. */
const post = async (requires: string[] = []): Promise<void> => {
  await db.q.execute(
    sql`insert into match_due (group_code, cause, match_due_at) values (${group}, 'request.posted', app_now())`,
  );
  await aRequest(db, {
    home: at(0),
    priority: "urgent",
    needs: [
      { count: 2, service: "wound-simple", maxKm: 40 },
      { count: 3, service: "wound-complex", minutes: 20, maxKm: 40, requires },
    ],
  });
};

/** An urgent need waits with two practices (A2). */
const publishDressings = async (): Promise<void> => {
  for (const place of [2, 3]) await aClinic(db, { at: at(place), slots: 6, startsAt: "2026-12-15T09:00:00Z" });
};

const read = async (breadth: Parameters<typeof readSnapshot>[2]): Promise<Snapshot> => {
  const snapshot = await readSnapshot(db.q, group, breadth);
  if (snapshot === undefined) throw new Error("nothing to plan");
  return snapshot;
};

const asked = ({ offer, calls, agree }: Decisions) => ({
  offer: offer.map(({ need, slotIds }) => [need.ref, ...slotIds].join(" ")).toSorted(),
  agree: agree.map(({ need, slotIds }) => [need.ref, ...slotIds].join(" ")).toSorted(),
  calls: calls.map(({ host, needs }) => `${host.code}: ${needs.map(({ ref }) => ref).join()}`),
});

/** What is left for needs, in short. */
const leftFor = async (needs: readonly SeekingNeed[], { now }: Snapshot): Promise<string[]> =>
  [...(await readLeft(db.q, needs, now, 3)).values()].map(({ hosts, restKm }) =>
    hosts.length === 0
      ? "held"
      : Number.isFinite(restKm)
        ? `free at ${hosts.join()}, others`
        : `free at ${hosts.join()}`,
  );

const complexOf = ({ needs }: Snapshot): SeekingNeed[] => needs.filter((need) => need.service === "wound-complex");

/** The few, and the nearest that have time for what they cannot do. */
const lookBesides = async () => {
  const few = await read(FEW);
  const left = await readLeft(db.q, complexOf(few), few.now, 3);
  const besides = await read({ ...FEW, sought: left });
  return { left, besides, decisions: await decide(besides, solver) };
};

it("A4, M3: what nobody has published is put to the same practices, whether a few were read or all", async () => {
  await publishDressings();
  await post();
  const [few, all] = [await read(FEW), await read(ALL)];
  expect(few.members.size).toBeLessThan(all.members.size);
  const decisions = await decide(few, solver);
  expect(decisions.uncovered.map(({ ref }) => ref).toSorted()).toEqual(["N03", "N04", "N05"]);
  expect(await leftFor(complexOf(few), few)).toEqual([]);
  // Without knowing that nothing is left it would have to read on.
  expect(isEnough(few, decisions)).toBe(false);
  expect(isEnough(few, decisions, true)).toBe(true);
  expect(asked(decisions)).toEqual(asked(await decide(all, solver)));
  expect(decisions.calls.map(({ host }) => host.code)).toEqual([at(1), at(2), at(3)]);
});

it("A4: a practice farther away that comes before those called, or is needed besides, is read first", async () => {
  await publishDressings();
  // Nobody near has what is wanted.
  await db.q.execute(sql`update organisations set provides = '{step-free}' where code = ${at(9)}`);
  await post(["step-free"]);
  const wanting = await read(FEW);
  expect(isEnough(wanting, await decide(wanting, solver), true)).toBe(false);
  expect((await decide(await read(ALL), solver)).calls.map(({ host }) => host.code)).toContain(at(9));
  await db.q.execute(
    sql`update organisations set provides = '{step-free}' where code = any(${sql.param(codes)}::text[])`,
  );
  const wide = await read(FEW);
  expect(isEnough(wide, await decide(wide, solver), true)).toBe(true);
  // Too few of the nearest can be called.
  await db.q.execute(
    sql`update organisations set is_accepting = false where code = any(${sql.param([at(1), at(4), at(5)])}::text[])`,
  );
  const short = await read(FEW);
  expect(isEnough(short, await decide(short, solver), true)).toBe(false);
});

it("what is left is told apart: free, held by an offer that waits, or nothing within reach and in time", async () => {
  await post();
  const snapshot = await read(FEW);
  const complex = complexOf(snapshot);
  const left = async (change: Partial<SeekingNeed> = {}): Promise<string[]> =>
    leftFor(
      complex.map((need) => ({ ...need, ...change })),
      snapshot,
    );
  const publish = async (place: number): Promise<unknown> =>
    aClinic(db, { at: at(place), services: ["wound-complex"], slots: 1, startsAt: "2026-12-15T09:00:00Z" });
  expect(await left()).toEqual([]);
  // One's own clinic is none.
  await publish(0);
  expect(await left()).toEqual([]);
  await publish(11);
  expect(await left()).toEqual([`free at ${at(11)}`]);
  expect(await left({ maxKm: 20 })).toEqual([]);
  expect(await left({ earliest: new Date("2026-12-16T08:00:00Z") })).toEqual([]);
  expect(await left({ dueBy: new Date("2026-12-15T09:00:00Z") })).toEqual([]);
  await db.q.execute(sql`update slots set state = 'busy-tentative' where organisation_code = ${at(11)}`);
  expect(await left()).toEqual(["held"]);
  await db.q.execute(sql`update slots set state = 'busy' where organisation_code = ${at(11)}`);
  expect(await left()).toEqual([]);
  // The nearest three first.
  for (const place of [9, 6, 8, 7]) await publish(place);
  expect(await left()).toEqual([`free at ${[at(6), at(7), at(8)].join()}, others`]);
  expect(await leftFor([], snapshot)).toEqual([]);
});

it("M2: where only practices farther away have time for some needs, those are read besides, and that is enough", async () => {
  await publishDressings();
  for (const place of [8, 10])
    await aClinic(db, { at: at(place), services: ["wound-complex"], slots: 6, startsAt: "2026-12-15T09:00:00Z" });
  await post();
  const { left, besides, decisions } = await lookBesides();
  expect(besides.members.size).toBeLessThan(PRACTICES);
  expect(decisions.uncovered).toEqual([]);
  expect(isEnough(besides, decisions)).toBe(true);
  expect(asked(decisions)).toEqual(asked(await decide(await read(ALL), solver)));
  // One of them alone, and more who have time: somebody nearer could be among them.
  const [[key, one] = ["", { hosts: [], restKm: 0 }]] = left;
  const unsure = new Map([[key, { ...one, restKm: 5 }]]);
  expect(isEnough({ ...besides, sought: unsure }, decisions)).toBe(false);
});

it("M2: where a clinic offers both, needs could exchange places, and more is read before it is settled", async () => {
  await publishDressings();
  await aClinic(db, {
    at: at(1),
    services: ["wound-simple", "wound-complex"],
    slots: 1,
    startsAt: "2026-12-15T09:00:00Z",
  });
  for (const place of [8, 10])
    await aClinic(db, { at: at(place), services: ["wound-complex"], slots: 6, startsAt: "2026-12-15T09:00:00Z" });
  await post();
  const { besides, decisions } = await lookBesides();
  expect(decisions.uncovered).toEqual([]);
  expect(isEnough(besides, decisions)).toBe(false);
});

it("M5: desks of what found its place do not wait for the rest, which is planned at once after", async () => {
  await publishDressings();
  // What there is for the others is held by offers that wait: it takes a plan of the whole group to know.
  await aClinic(db, { at: at(8), services: ["wound-complex"], slots: 2, startsAt: "2026-12-15T09:00:00Z" });
  await db.q.execute(sql`update slots set state = 'busy-tentative' where organisation_code = ${at(8)}`);
  await post();
  const kinds = async (): Promise<unknown[]> =>
    (
      await db.q.execute(sql`
        select o.kind, min(n.ref) as first, count(distinct n.id)::int as needs from offers o join offer_needs x on x.offer_id = o.id
        join needs n on n.id = x.need_id where o.group_code = ${group} group by 1 order by 1 desc`)
    ).rows;
  await planOnce(db.database, group, await readDue(db.q, group), solver);
  expect(await kinds()).toEqual([{ kind: "slots", first: "N01", needs: 2 }]);
  expect(await readDue(db.q, group)).toHaveLength(1);
  await planGroup(db.database, group, solver);
  expect(await kinds()).toEqual([
    { kind: "slots", first: "N01", needs: 2 },
    { kind: "call", first: "N03", needs: 3 },
  ]);
  expect(await readDue(db.q, group)).toHaveLength(0);
});

it("M5: a post of both is asked about at once, and time far away is found still", async () => {
  await publishDressings();
  await aClinic(db, { at: at(11), services: ["wound-complex"], slots: 2, startsAt: "2026-12-15T09:00:00Z" });
  await post();
  await planGroup(db.database, group, solver);
  const { rows: offers } = await db.q.execute(sql`
    select o.supporting_code as code, o.kind from offers o where o.group_code = ${group} order by o.kind desc, o.supporting_code`);
  expect(offers.filter(({ kind }) => kind === "slots").map(({ code }) => code)).toEqual(
    expect.arrayContaining([at(2), at(11)]),
  );
  // The third of them, for which no time is left, is a call.
  expect(offers.some(({ kind }) => kind === "call")).toBe(true);
});
