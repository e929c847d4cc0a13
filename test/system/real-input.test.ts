import { sql } from "drizzle-orm";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { signAgreementCommand } from "../../src/app/commands/sign-agreement.ts";
import { ApiProblem } from "../../src/client/index.ts";
import { agreementMade } from "../../src/features/agreements/index.ts";
import { offerMade } from "../../src/features/offers/index.ts";
import { rows } from "../../src/platform/db/database.ts";
import { count, importText } from "../features/practices/support.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { aUser, openTestDatabase, referenceData, until, type TestDatabase } from "../support/index.ts";
import { answering, openDesk, post, readRequest, winsOf, type Desk } from "./support/desks.ts";

const file = referenceData("data/practices.csv");

/** Oakleigh Road Health Centre, Whetstone, of the sub-ICB that signs. */
const HOME = "E83003";
const SIGNED = "93C";
const MONDAY = "2026-12-14T10:00:00Z";

/** The story: 9 simple and 5 complex dressings before Christmas; some need a step-free entrance. */
const shortfall = {
  priority: "urgent",
  takeFirm: true,
  needs: [
    {
      service: "wound-simple",
      count: 9,
      minutes: 20,
      earliest: "2026-12-21T08:00:00Z",
      dueBy: "2026-12-24T18:30:00Z",
      requires: ["step-free"],
      maxKm: 8,
    },
    {
      service: "wound-complex",
      count: 5,
      minutes: 40,
      earliest: "2026-12-21T08:00:00Z",
      dueBy: "2026-12-24T18:30:00Z",
    },
  ],
};
const WANTED = 14;

const place = z.object({ code: z.string(), km: z.number() });

describe.skipIf(file === undefined)("real practices, one signed sub-ICB", () => {
  let db: TestDatabase;
  let app: TestApp;
  const open: Desk[] = [];
  const sit = async (code: string): Promise<Desk> => {
    const desk = await openDesk(db, await aUser(db, { at: code, roles: ["nurse", "manager"] }), { address: app.url });
    open.push(desk);
    return desk;
  };
  /** Simulated: the clinics. Published by the desk itself, through the API. */
  const publish = async (desk: Desk, slots: number, provides: readonly string[] = ["step-free"]): Promise<void> => {
    const start = Date.parse("2026-12-22T09:00:00Z");
    await desk.api.command({
      method: "POST",
      path: "/v1/clinics",
      body: {
        services: ["wound-simple", "wound-complex"],
        provides,
        pledge: "ask",
        slotMinutes: 20,
        startsAt: new Date(start).toISOString(),
        endsAt: new Date(start + slots * 1_200_000).toISOString(),
      },
      parse: (body) => expect(z.looseObject({ slotCount: z.int() }).parse(body).slotCount).toBe(slots),
    });
  };

  beforeAll(async () => {
    db = await openTestDatabase();
    await db.holdClock(MONDAY);
    await importText(db, await readFile(file ?? "", "utf8"), { sharingGroup: "sub_icb_code" });
    const signed = { groupCode: SIGNED, version: "1.0", signedBy: "A manager", from: "2026-01-01" };
    await signAgreementCommand(db.database, signed);
    app = await startTestApp(db);
  }, 60_000);
  afterAll(async () => {
    for (const desk of open) desk.close();
    await app.close();
    await db.close();
  });

  it("has all 6,171, of which one sub-ICB has signed", async () => {
    expect(await count(db, sql`organisations`)).toBe(6171);
    expect(await count(db, sql`sharing_memberships where signed_at is not null`)).toBe(175);
  });

  it(
    "a real practice's shortfall is covered by real neighbours, and by nobody who has not signed",
    { timeout: 60_000 },
    async () => {
      const near = await rows(
        db.q,
        place,
        sql`select n.host_code as code, n.km::float8 from neighbours n join organisations o on o.code = n.host_code
          where n.home_code = ${HOME} and o.list_size > 2000 order by n.km limit 4`,
      );
      const [stranger] = await rows(
        db.q,
        z.object({ code: z.string(), km: z.number() }),
        sql`select o.code, (111.19 * sqrt((o.lat - h.lat) ^ 2 + ((o.lon - h.lon) * cos(radians(h.lat))) ^ 2))::float8 as km
          from organisations h, organisations o join sharing_memberships m on m.organisation_code = o.code
          where h.code = ${HOME} and m.group_code <> ${SIGNED} and o.status = 'ACTIVE' and o.list_size > 2000
          order by 2 limit 1`,
      );
      if (stranger === undefined) throw new Error("every practice is of one sub-ICB");
      // Near enough to be asked, were it not for the agreement: otherwise its silence would prove nothing.
      expect(stranger.km).toBeLessThan(8);
      const home = await sit(HOME);
      const hosts = await Promise.all(near.map(async ({ code }) => sit(code)));
      const outsider = await sit(stranger.code);
      await Promise.all([...hosts.map(async (host) => publish(host, 8)), publish(outsider, 24)]);

      const reference = await post(home.api, shortfall);

      const desk = answering(hosts);
      const covered = await until(
        async () => {
          await desk.answerAll();
          const { counts } = await readRequest(home.api, reference);
          return counts.agreed === WANTED && counts;
        },
        { withinMs: 20_000, what: "every need is agreed" },
      );
      expect(covered).toMatchObject({ looking: 0, agreed: WANTED, returned: 0 });

      // What home reads is what desks accepted, at real neighbours and within reach.
      const { needs } = await readRequest(home.api, reference);
      const supporting = needs.map(({ agreement }) => agreement?.supportingCode ?? "nobody");
      const reach = new Map(near.map(({ code, km }) => [code, km]));
      for (const code of supporting) expect(reach.get(code)).toBeLessThanOrEqual(8);
      expect(new Set(supporting).size).toBeGreaterThan(1);
      expect(winsOf(desk.outcomes).flatMap(({ agreed }) => agreed)).toHaveLength(WANTED);
      const times = needs.flatMap(({ agreement }) => (agreement === null ? [] : [agreement]));
      expect(new Set(times.map((at) => `${at.supportingCode} ${at.startsAt}`)).size).toBe(WANTED);
      // Frames: home hears of every agreement, each desk of its offers with the distance that was imported.
      const heard = () =>
        home.events
          .filter(({ type }) => type === agreementMade.type)
          .flatMap(({ data }) => agreementMade.data.parse(data).agreements.map(({ ref }) => ref));
      await until(() => heard().length === WANTED, { what: "home hears of every agreement" });
      expect(new Set(heard()).size).toBe(WANTED);
      for (const host of hosts)
        for (const { data } of host.events.filter(({ type }) => type === offerMade.type)) {
          const made = offerMade.data.parse(data);
          expect(made).toMatchObject({ homeCode: HOME, supportingCode: host.code });
          expect(made.km).toBeCloseTo(reach.get(host.code) ?? -1, 1);
        }
      for (const { problems } of open) expect(problems).toEqual([]);

      // The outsider: never asked, nothing seen, and a reference that is there answers as one that is not (P3).
      expect(outsider.events.filter(({ data }) => JSON.stringify(data).includes(reference))).toEqual([]);
      expect(outsider.offered()).toEqual([]);
      expect(await outsider.waiting()).toEqual([]);
      const refusals = await Promise.all(
        [reference, "CR-ZZZZZZ"].map(async (one) =>
          readRequest(outsider.api, one).then(
            () => undefined,
            (error: unknown) => (error instanceof ApiProblem ? error : undefined),
          ),
        ),
      );
      expect(refusals.map((refusal) => refusal?.status)).toEqual([404, 404]);
      expect(refusals[0]?.problem).toEqual(refusals[1]?.problem);
    },
  );

  it("P6: a practice that has not signed is told so when it posts", async () => {
    const [unsigned] = await rows(
      db.q,
      z.object({ code: z.string() }),
      sql`select organisation_code as code from sharing_memberships where signed_at is null order by 1 limit 1`,
    );
    const desk = await sit(unsigned?.code ?? "");
    await expect(post(desk.api, shortfall)).rejects.toMatchObject({ status: 409, code: "not-signed" });
  });
});
