import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureCatalogue } from "../../src/features/services/index.ts";
import { aBroker, aClinic, aPractice, aUser, openTestDatabase, type TestDatabase } from "../support/index.ts";
import { agreed, MONDAY } from "../features/agreements/support.ts";
import { openSite, type TestSite, type Visitor } from "./support/site.ts";

let db: TestDatabase;
let site: TestSite;

beforeAll(async () => {
  db = await openTestDatabase();
  await ensureCatalogue(db.q);
  await db.holdClock(MONDAY);
  site = await openSite(db);
});
afterAll(async () => {
  await site.close();
  await db.close();
});

/** What the page's form of a clinic would send as it stands. */
const filled = async (visitor: Visitor, path: string): Promise<Record<string, string>> => {
  const { body } = await visitor.open(path);
  const version = /name="version" value="(\d+)"/.exec(body)?.[1] ?? "";
  return { _sent: "1", version, from: "10:00", until: "11:00", services: "wound-simple", pledge: "ask" };
};

describe("pages that came later", () => {
  it("C4: a clinic moves to another day; what that would break is shown first", async () => {
    const host = await aUser(db, { at: (await aPractice(db)).code });
    const visitor = await site.visitor(host);
    const { clinicId } = await aClinic(db, { at: host.organisationCode, startsAt: "2026-12-15T10:00:00Z" });
    const path = `/clinics/${clinicId}/change`;
    const { body } = await visitor.open(path);
    expect(body).toMatch(/<option value="2026-12-15" selected>Tue 15 Dec<\/option>/);
    expect(body).toContain('<option value="2026-12-17">Thu 17 Dec</option>');
    const moved = await visitor.send(path, { ...(await filled(visitor, path)), date: "2026-12-17" });
    expect(moved.statusCode).toBe(303);
    expect((await visitor.open(`/clinics/${clinicId}`)).body).toContain("Thu 17 Dec, 10:00 to 11:00");

    const given = await agreed(db, { supporting: host, startsAt: "2026-12-16T10:00:00Z" });
    const taken = `/clinics/${given.clinic.clinicId}/change`;
    const away = { ...(await filled(visitor, taken)), until: "10:20", date: "2026-12-18" };
    const refused = await visitor.send(taken, away);
    expect([refused.statusCode, refused.body.includes("This breaks 1 agreement")]).toEqual([409, true]);
    expect((await visitor.open(`/clinics/${given.clinic.clinicId}`)).body).toContain("Wed 16 Dec");
    await visitor.send(taken, { ...away, confirmBreaking: "yes" });
    expect((await visitor.open(`/clinics/${given.clinic.clinicId}`)).body).toContain("Fri 18 Dec");
  });

  it("P4: a practice sees the minutes that it gave and received, and nobody else's", async () => {
    const { home, supporting } = await agreed(db, { count: 2 });
    const line = /we gave ([^.]+) and received ([^.]+)\. Only your practice sees this/;
    const minutesFor = async (visitor: Visitor): Promise<string[]> =>
      [...(line.exec((await visitor.open("/desk")).body) ?? [])].slice(1, 3);
    expect(await minutesFor(await site.visitor(supporting))).toEqual(["40 min", "0 min"]);
    expect(await minutesFor(await site.visitor(home))).toEqual(["0 min", "40 min"]);
    expect(await minutesFor(await site.visitor(await aUser(db)))).toEqual([]);
    expect(await minutesFor(await site.visitor(await aBroker(db)))).toEqual([]);
  });

  it("F1: Requests of the menu leads a broker to the board's, and a desk to its own", async () => {
    const menu = (body: string): string[] =>
      [...body.matchAll(/class="nhsuk-header__navigation-link" href="([^"]+)"/g)].map(([, href = ""]) => href);
    const broker = await site.visitor(await aBroker(db));
    const board = await broker.open("/board/requests");
    expect(menu(board.body)).toContain("/board/requests");
    expect(menu(board.body)).not.toContain("/requests");
    expect(board.body).toMatch(/href="\/board\/requests" aria-current="page"/);
    const desk = await site.visitor(await aUser(db));
    expect(menu((await desk.open("/desk")).body)).toContain("/requests");
  });
});
