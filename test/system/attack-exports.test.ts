import { parse } from "csv-parse/sync";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { roles } from "../../src/features/access/index.ts";
import { aClinic, aPractice, aRequest, aUser } from "../support/index.ts";
import { openWholeApi, type WholeApi } from "./support/whole-api.ts";
import { aBearer } from "./support/world.ts";

/** What spreadsheets run, when a cell begins with it; after spaces and in full width too. */
const FORMULAS = [
  "=1+1",
  "+1+1",
  "-1+1",
  "@SUM(1)",
  "\t=1+1",
  "\r=1+1",
  " =1+1",
  "\uff1d1+1",
  '=HYPERLINK("https://evil.example","x")',
  ";=1+1",
];
const BEGINS = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/;

let api: WholeApi;
beforeAll(async () => {
  api = await openWholeApi();
}, 120_000);
afterAll(async () => api.close());

describe("exports for spreadsheets", () => {
  it("hold no cell that begins a formula, whatever names say; every route that gives CSV is walked", async () => {
    const { db, server, routes } = api;
    const federation = await aPractice(db, { kind: "federation", listSize: null });
    for (const formula of FORMULAS) {
      const { code } = await aPractice(db, { name: formula });
      const manager = await aUser(db, { at: code, roles: ["manager"] });
      await aRequest(db, { by: manager, needs: [{ count: 2 }] });
      await aClinic(db, { at: code, slots: 2 });
      await db.q.execute(
        sql`update cover_requests set created_at = app_now() - interval '3 hours' where home_code = ${code}`,
      );
    }
    await db.q.execute(sql`update services set name = '=1+1'`);
    const exports = routes.filter(({ produces }) => produces?.startsWith("text/csv") === true);
    expect(exports.map(({ path }) => path)).toContain("/v1/sitrep.csv");
    let cells = 0;
    for (const route of exports) {
      const role = roles.find((one) => route.access.kind !== "roles" || route.access.roles.includes(one)) ?? "broker";
      const headers = await aBearer(db, await aUser(db, { at: federation.code, roles: [role] }));
      const answer = await server.inject({ url: route.path, headers: { authorization: headers.authorization } });
      expect([route.path, answer.statusCode]).toEqual([route.path, 200]);
      const table = z.array(z.array(z.string())).parse(parse(answer.body, { bom: true, relax_column_count: true }));
      // A number is no formula, also below zero.
      const bad = table.flat().filter((cell) => BEGINS.test(cell) && !/^-?\d+(?:\.\d+)?$/.test(cell));
      expect([route.path, bad]).toEqual([route.path, []]);
      cells += table.flat().filter((cell) => cell.includes("1+1")).length;
    }
    // The formulas were among what was exported.
    expect(cells).toBeGreaterThan(0);
  });
});
