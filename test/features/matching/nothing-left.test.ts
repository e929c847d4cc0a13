import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { decide, type Decisions } from "../../../src/features/matching/decide.rules.ts";
import { isEnough } from "../../../src/features/matching/enough.rules.ts";
import { readLeft } from "../../../src/features/matching/left.repository.ts";
import { planGroup } from "../../../src/features/matching/plan.service.ts";
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

const post = async (requires: string[] = []): Promise<void> => {
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

const leftFor = async ({ needs, now }: Snapshot, service = "wound-complex"): Promise<string[]> => [
  ...new Set(
    (
      await readLeft(
        db.q,
        needs.filter((need) => need.service === service),
        now,
      )
    ).values(),
  ),
];

it("A4, M3: what nobody has published is put to the same practices, whether a few were read or all", async () => {
  await publishDressings();
  await post();
  const [few, all] = [await read(FEW), await read(ALL)];
  expect(few.members.size).toBeLessThan(all.members.size);
  const decisions = await decide(few, solver);
  expect(decisions.uncovered.map(({ ref }) => ref)).toEqual(["N03", "N04", "N05"]);
  expect(await leftFor(few)).toEqual([]);
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
  const { needs, now } = await read(FEW);
  const complex = needs.filter((need) => need.service === "wound-complex");
  const left = async (some: readonly SeekingNeed[]): Promise<string[]> => [
    ...new Set((await readLeft(db.q, some, now)).values()),
  ];
  expect(await left(complex)).toEqual([]);
  await aClinic(db, { at: at(0), services: ["wound-complex"], slots: 1, startsAt: "2026-12-15T09:00:00Z" });
  // One's own clinic is none.
  expect(await left(complex)).toEqual([]);
  await aClinic(db, { at: at(11), services: ["wound-complex"], slots: 1, startsAt: "2026-12-15T09:00:00Z" });
  expect(await left(complex)).toEqual(["free"]);
  expect(await left(complex.map((need) => ({ ...need, maxKm: 20 })))).toEqual([]);
  expect(await left(complex.map((need) => ({ ...need, earliest: new Date("2026-12-16T08:00:00Z") })))).toEqual([]);
  expect(await left(complex.map((need) => ({ ...need, dueBy: new Date("2026-12-15T09:00:00Z") })))).toEqual([]);
  await db.q.execute(sql`update slots set state = 'busy-tentative' where organisation_code = ${at(11)}`);
  expect(await left(complex)).toEqual(["held"]);
  await db.q.execute(sql`update slots set state = 'busy' where organisation_code = ${at(11)}`);
  expect(await left(complex)).toEqual([]);
  expect((await readLeft(db.q, [], now)).size).toBe(0);
});

it("M5: a post of both is asked about at once, and time far away is found still", async () => {
  await publishDressings();
  await aClinic(db, { at: at(11), services: ["wound-complex"], slots: 2, startsAt: "2026-12-15T09:00:00Z" });
  await post();
  await db.q.execute(
    sql`insert into match_due (group_code, cause, match_due_at) values (${group}, 'request.posted', app_now())`,
  );
  await planGroup(db.database, group, solver);
  const { rows: offers } = await db.q.execute(sql`
    select o.supporting_code as code, o.kind from offers o where o.group_code = ${group} order by o.kind desc, o.supporting_code`);
  expect(offers.filter(({ kind }) => kind === "slots").map(({ code }) => code)).toEqual(
    expect.arrayContaining([at(2), at(11)]),
  );
  // The third of them, for which no time is left, is a call.
  expect(offers.some(({ kind }) => kind === "call")).toBe(true);
});
