import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { roles, type AppRoute, type Role } from "../../src/features/access/index.ts";
import { rows } from "../../src/platform/db/database.ts";
import { openSite, sitePages, type TestSite } from "../browser/support/site.ts";
import { aBroker, TEST_GROUP } from "../support/index.ts";
import { fill, paramsFor } from "./support/addresses.ts";
import { openWholeApi, type WholeApi } from "./support/whole-api.ts";
import { aBearer, aWorkingPractice, withRole, type Belongings } from "./support/world.ts";

/*
 * Issue 5, end 3: nothing answers by GET. Mail scanners open every link, and browsers fetch ahead. Every page and every
 * route that is read is opened by everybody who may, on things of their own, while the database itself notes each
 * statement that writes.
 */

let api: WholeApi;
let site: TestSite;
let own: Belongings;

beforeAll(async () => {
  api = await openWholeApi();
  site = await openSite(api.db);
  own = await aWorkingPractice(api.db, TEST_GROUP);
  await api.db.q.execute(sql`create table written (at text not null, what text not null)`);
  await api.db.q.execute(sql`
    create function note_write() returns trigger language plpgsql as $$
    begin insert into written values (tg_table_name, tg_op); return null; end $$`);
  await api.db.q.execute(sql`
    do $$ declare t text; begin
      for t in select tablename from pg_tables where schemaname = 'public' and tablename <> 'written' loop
        execute format('create trigger note_write after insert or update or delete on %I for each statement execute function note_write()', t);
      end loop;
    end $$`);
});
afterAll(async () => {
  await site.close();
  await api.close();
});

/** What was written since the last look. */
const takeWritten = async (): Promise<string[]> =>
  (
    await rows(
      api.db.q,
      z.object({ at: z.string(), what: z.string() }),
      sql`with gone as (delete from written returning at, what) select distinct at, what from gone order by 1, 2`,
    )
  ).map(({ at, what }) => `${what} ${at}`);

/** When somebody was last here, and that a desk has looked (F2): neither answers anything. */
const harmless = (path: string, written: string): boolean =>
  ["UPDATE sessions", "UPDATE api_tokens"].includes(written) || (path === "/desk" && written === "UPDATE offers");

const actorsOf = async () => ({
  desk: Object.fromEntries(
    await Promise.all(
      roles
        .filter((role) => role !== "broker")
        .map(async (role) => [role, await withRole(api.db, role, own.code)] as const),
    ),
  ),
  broker: await aBroker(api.db),
});

const offersNow = async (): Promise<unknown[]> =>
  rows(
    api.db.q,
    z.record(z.string(), z.unknown()),
    sql`select id, state, answered_at, expires_at, version from offers order by id`,
  );

const mayOpen = ({ access }: Pick<AppRoute, "access">, role: Role): boolean =>
  access.kind !== "roles" || access.roles.includes(role);

describe("what is read", () => {
  it("writes nothing in any route of the API", async () => {
    const actors = await actorsOf();
    const answered = new Set<string>();
    for (const route of api.routes.filter(({ method }) => method === "GET"))
      for (const role of roles.filter((each) => mayOpen(route, each))) {
        const actor = actors.desk[role] ?? actors.broker;
        const headers = await aBearer(api.db, actor);
        await takeWritten();
        const url = fill(route.path, paramsFor(route, own) ?? { code: "bp", date: "2026-12-24" });
        const answer = await api.server.inject({ method: "GET", url, headers });
        if (answer.statusCode === 200) answered.add(route.path);
        const written = (await takeWritten()).filter((each) => !harmless(route.path, each));
        expect([route.path, role, answer.statusCode < 500, written]).toEqual([route.path, role, true, []]);
      }
    expect(answered.size).toBeGreaterThan(20);
  });

  it("writes nothing in any page, and answers no offer", async () => {
    const actors = await actorsOf();
    const visitors = new Map<Role, Awaited<ReturnType<TestSite["visitor"]>>>();
    for (const role of roles) visitors.set(role, await site.visitor(actors.desk[role] ?? actors.broker));
    const before = await offersNow();
    const shown = new Set<string>();
    const mine: readonly (readonly [RegExp, string])[] = [
      [/^\/requests\/:reference/, `/requests/${own.reference}`],
      [/^\/board\/requests\/:reference/, `/board/requests/${own.reference}`],
      [/^\/offers\/:id/, `/offers/${own.offerId}`],
      [/^\/agreements\/:id/, `/agreements/${own.agreementId}`],
      [/^\/clinics\/weekly\/:id/, `/clinics/weekly/${own.seriesId}`],
      [/^\/clinics\/:id/, `/clinics/${own.clinicId}`],
    ];
    for (const page of sitePages.filter(({ method }) => method === "GET"))
      for (const [role, visitor] of visitors) {
        if (!mayOpen(page, role)) continue;
        const known = mine.find(([pattern]) => pattern.test(page.path));
        const path = (known === undefined ? page.path : page.path.replace(known[0], known[1])).replaceAll(/:\w+/g, "x");
        await takeWritten();
        const answer = await visitor.open(path);
        if (answer.statusCode === 200) shown.add(page.path);
        const written = (await takeWritten()).filter((each) => !harmless(page.path, each));
        expect([path, role, answer.statusCode < 500, written]).toEqual([path, role, true, []]);
      }
    expect(shown.size).toBeGreaterThan(20);
    for (const path of ["/desk", "/offers/:id", "/requests/:reference", "/settings/channels"])
      expect(shown).toContain(path);
    expect(await offersNow()).toEqual(before);
  });
});
