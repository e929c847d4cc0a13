import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { patientSaidNo } from "../../src/features/agreements/index.ts";
import { ensureCatalogue } from "../../src/features/services/index.ts";
import { agreed, MONDAY, stepOf, tick, walkTo } from "../features/agreements/support.ts";
import { aBroker, aRequest, aUser, openTestDatabase, type TestDatabase } from "../support/index.ts";
import { openSite, type TestSite } from "./support/site.ts";

let db: TestDatabase;
let site: TestSite;
beforeAll(async () => {
  db = await openTestDatabase();
  site = await openSite(db);
});
afterAll(async () => {
  await site.close();
  await db.close();
});
beforeEach(async () => {
  await db.q.execute(sql`truncate organisations, cover_requests, match_due, events, event_heads cascade`);
  await ensureCatalogue(db.q);
  await db.holdClock(MONDAY);
});

const textOf = (html: string): string =>
  html
    .replaceAll(/<span class="nhsuk-u-visually-hidden">[^<]*<\/span>/g, "")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll(/\s+/g, " ");

describe("the forms of the handover", () => {
  it("lead back to the page they stood on, and never to another site", async () => {
    const work = await agreed(db);
    const desk = await site.visitor(work.supporting);
    for (const [back, location] of [
      [`/agreements/${work.ids[0] ?? ""}`, `/agreements/${work.ids[0] ?? ""}`],
      ["/desk", "/desk"],
      [`/requests/${work.request.reference}`, `/requests/${work.request.reference}`],
      ["https://elsewhere.example/", "/desk"],
      ["//elsewhere.example/desk", "/desk"],
      ["/desk\r\nx: y", "/desk"],
      ["/settings", "/desk"],
    ]) {
      const answer = await desk.send("/agreements/steps", {
        do: "blocked/all",
        shown: work.ids[0] ?? "",
        back: back ?? "",
      });
      expect([back, answer.statusCode, answer.headers.location]).toEqual([back, 303, location]);
    }
  });

  it("P3: somebody else's agreement is not ticked, and answered like one that does not exist, without its reference", async () => {
    const work = await agreed(db);
    const [id = ""] = work.ids;
    const stranger = await site.visitor(await aUser(db));
    const answers = await Promise.all(
      [id, "01890000-0000-7000-8000-000000000000"].map(async (shown) => {
        const { headers, statusCode } = await stranger.send("/agreements/steps", { do: "blocked/all", shown });
        return [statusCode, headers.location, String(headers["set-cookie"]).replaceAll(/Expires=[^;]*/g, "")];
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(JSON.stringify(answers)).not.toContain(work.request.reference);
    expect(await stepOf(db, id)).toBe("agreed");
  });

  it("change nothing where nothing is ticked, a step is unknown, or it is the other side's", async () => {
    const work = await agreed(db, { count: 2 });
    const [a = "", b = ""] = work.ids;
    const home = await site.visitor(work.home);
    for (const fields of [
      { do: "passed/ticked", shown: [a, b] },
      { do: "blocked/all", shown: [a, b] },
      { do: "flown/all", shown: [a, b] },
      { do: "passed/ticked", agreements: "not-an-id" },
    ]) {
      const answer = await home.send("/agreements/steps", fields);
      expect([fields.do, answer.statusCode]).toEqual([fields.do, 303]);
    }
    expect([await stepOf(db, a), await stepOf(db, b)]).toEqual(["agreed", "agreed"]);
  });

  it("H1: outcomes are said for some, and for one as DNA, from the same list", async () => {
    const work = await agreed(db, { count: 3 });
    await walkTo(db, work, "told");
    await db.holdClock("2026-12-15T11:30:00Z");
    const desk = await site.visitor(work.supporting);
    const page = textOf((await desk.open("/desk")).body);
    expect(page).toContain("How did it go?");
    expect(page).toContain("All 3 were seen");
    const [a = "", b = "", c = ""] = work.ids;
    await desk.send("/agreements/steps", { do: "dna/ticked", shown: work.ids.slice(), agreements: a });
    await desk.send("/agreements/steps", { do: "not-done/ticked/no", shown: work.ids.slice(), agreements: b });
    await desk.send("/agreements/steps", { do: "attended/all", shown: c });
    expect([await stepOf(db, a), await stepOf(db, b), await stepOf(db, c)]).toEqual(["dna", "not-done", "attended"]);
    expect(textOf((await desk.open("/given")).body)).toContain("1 used, 2 not used. Thank you.");
    expect(textOf((await desk.open("/desk")).body)).toContain("1 used, 2 not used. Thank you.");
  });
});

describe("what the pages show", () => {
  it("R7: a time that passed untold is asked about with the others, and says that nobody ticked the telling", async () => {
    const work = await agreed(db);
    await walkTo(db, work, "booked");
    const desk = await site.visitor(work.supporting);
    expect((await desk.open("/desk")).body).not.toContain("How did it go?");
    await db.holdClock("2026-12-15T10:05:00Z");
    const later = await site.visitor(work.supporting);
    const page = textOf((await later.open("/desk")).body);
    expect(page).toContain("How did it go?");
    expect(page).toContain("(nobody ticked that the patient was told)");
    const home = await site.visitor(work.home);
    expect(textOf((await home.open("/desk")).body)).toMatch(/Waiting for others: Practice \w+ to say how it went: 1/);
  });

  it("R7: what came back uncovered stands on top of home's desk until a person says that they have seen it", async () => {
    const home = await aUser(db);
    const request = await aRequest(db, { by: home });
    await db.q.execute(sql`update needs set state = 'returned' where request_id = ${request.requestId}`);
    const visitor = await site.visitor(home);
    expect(textOf((await visitor.open("/desk")).body)).toContain(
      `1 appointment of ${request.reference} came back uncovered`,
    );
    await visitor.send(`/requests/${request.reference}/acknowledge`, { needs: "N01" });
    expect((await visitor.open("/desk")).body).not.toContain("came back uncovered");
  });

  it("H1: a broker ticks on behalf of either side from the request's page; the practice sees who is waited for", async () => {
    const broker = await site.visitor(await aBroker(db));
    const work = await agreed(db, { count: 2 });
    const path = `/requests/${work.request.reference}`;
    expect(textOf((await broker.open(path)).body)).toContain("Tick steps on behalf of either side");
    await broker.send("/agreements/steps", { do: "blocked/all", shown: work.ids.slice(), back: path });
    const home = await site.visitor(work.home);
    expect(textOf((await home.open(path)).body)).toContain("All 2 are agreed and sent");
    await tick(db, work.home, "passed", work.ids);
    expect(textOf((await home.open(path)).body)).toMatch(/Waiting for others: Practice \w+ to book the patient in: 2/);
  });

  it("H4: what was given is its giver's to see: used, ahead and given back, never another practice's (P4)", async () => {
    const work = await agreed(db, { count: 2 });
    await db.database.transact(async (tx) => patientSaidNo(tx, work.home, work.ids[0] ?? "", { code: "too-far" }));
    const desk = await site.visitor(work.supporting);
    const home = await site.visitor(work.home);
    expect(textOf((await desk.open("/given")).body)).toContain("1 still ahead, 1 given back.");
    expect((await home.open("/given")).body).not.toContain(work.request.reference);
  });

  it("P1: day sheet and worksheet carry references, flags and boxes to tick, and no identity", async () => {
    const work = await agreed(db, { needs: [{ count: 2, service: "wound-simple", requires: ["step-free"] }] });
    await db.q.execute(sql`update needs set course = 'A' where request_id = ${work.request.requestId} and ref = 'N01'`);
    await tick(db, work.supporting, "blocked", work.ids.slice(0, 1));
    await tick(db, work.home, "passed", work.ids);
    const boxes = (html: string): string[] =>
      [...html.matchAll(/<span class="cs-box( cs-box--done)?">(\w+)/g)].map(
        ([, done, text]) => `${done === undefined ? "" : "+"}${text ?? ""}`,
      );
    const sheet = (await (await site.visitor(work.supporting)).open("/clinics/day-sheet?date=2026-12-15")).body;
    expect(boxes(sheet)).toEqual(["+Blocked", "Booked", "Seen", "Blocked", "Booked", "Seen"]);
    const worksheet = (await (await site.visitor(work.home)).open(`/requests/${work.request.reference}/worksheet`))
      .body;
    expect(boxes(worksheet)).toEqual(["+Sent", "Told", "+Sent", "Told"]);
    for (const page of [sheet, worksheet]) {
      expect(textOf(page)).toContain(work.request.reference);
      expect(textOf(page)).toMatch(/[Ss]tep-free/);
      expect(textOf(page)).toContain("Same person: A");
      expect(page).not.toMatch(/<input[^>]*type="text"|<textarea/);
    }
  });
});
