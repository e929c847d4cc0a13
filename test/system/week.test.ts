import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { sweepers } from "../../src/app/jobs.ts";
import type { Actor } from "../../src/features/access/index.ts";
import type { AgreementView } from "../../src/features/agreements/index.ts";
import { rows } from "../../src/platform/db/database.ts";
import { silentLogger } from "../../src/platform/log/log.ts";
import { sweepOnce } from "../../src/platform/queue/sweep.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { aBroker, aPractice, aUser, couldDo, openTestDatabase, type TestDatabase } from "../support/index.ts";
import { solver } from "../support/story.ts";
import { heard } from "../features/agreements/support.ts";
import { apiOf, post, readRequest } from "./support/desks.ts";
import {
  agreementsOf,
  answer,
  clockOf,
  command,
  homeSteps,
  supportSteps,
  tasksOf,
  type Person,
} from "./support/week.ts";

/*
 * Issue 5, end 1: a week on a held clock, through the API and every sweep. Thursday 27 August 2026 to Thursday 3 September,
 * with the bank holiday on Monday; London is an hour ahead of the instants written here.
 */
const BEGIN = "2026-08-27T08:00:00Z";
const END = "2026-09-03T12:00:00Z";
const CLOSED = ["2026-08-29", "2026-08-30", "2026-08-31"];

let db: TestDatabase;
let app: TestApp;
const problems: string[] = [];
beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock(BEGIN);
  app = await startTestApp(db, { matcher: false });
});
afterAll(async () => {
  await app.close();
  await db.close();
});

const person = async (name: string): Promise<Person> => {
  const { code } = await aPractice(db, { name });
  return sit(await aUser(db, { at: code, roles: ["nurse", "reception"], name: `Reception, ${name}` }));
};
const sit = async (actor: Actor): Promise<Person> => ({ actor, api: await apiOf(db, actor, { address: app.url }) });

const clinic = async (host: Person, startsAt: string, slots: number): Promise<void> =>
  command(host, "/v1/clinics", {
    services: ["wound-simple"],
    pledge: "ask",
    slotMinutes: 20,
    startsAt,
    endsAt: new Date(Date.parse(startsAt) + slots * 1_200_000).toISOString(),
  });

const dressings = (count: number, dueBy: string) => ({
  service: "wound-simple",
  count,
  minutes: 20,
  dueBy,
  maxKm: 30,
});

const sweep = async (): Promise<void> =>
  sweepOnce(sweepers({ database: app.resources.database, log: silentLogger, solve: solver }), {
    ...silentLogger,
    error: (fields, message) => void problems.push(`${message}: ${JSON.stringify(fields)}`),
  });

it(
  "H1–H5, C4, R7, T1: after a week each need has an ending that somebody owns, and each step its actor and time",
  { timeout: 240_000 },
  async () => {
    const broker = await sit(await aBroker(db));
    const [oak, riverside, meadow, elm, birch] = [
      await person("Oak Surgery"),
      await person("Riverside Surgery"),
      await person("Meadow Practice"),
      await person("Elm Tree Practice"),
      await person("Birch Practice"),
    ];
    for (const host of [oak, elm, birch]) await couldDo(db, host.actor.organisationCode, "wound-simple");
    const stranded = { ...dressings(1, "2026-09-02T11:00:00Z"), service: "smear" };
    await couldDo(db, oak.actor.organisationCode, "smear");

    const references: string[] = [];
    let saidNo: AgreementView | undefined;
    let lost: AgreementView | undefined;
    let dna: AgreementView | undefined;
    const rung: string[] = [];

    /** What happens at its time, once. */
    const script: { readonly at: string; readonly happens: () => Promise<void> }[] = [
      {
        at: BEGIN,
        happens: async () => {
          await clinic(elm, "2026-08-28T09:00:00Z", 6);
          await clinic(oak, "2026-08-28T09:00:00Z", 3);
          const needs = [dressings(5, "2026-09-02T17:30:00Z")];
          references.push(await post(riverside.api, { priority: "urgent", needs }));
          references.push(await post(riverside.api, { priority: "urgent", needs: [stranded] }));
        },
      },
      {
        at: "2026-08-28T07:30:00Z",
        happens: async () => {
          lost = (await agreementsOf(elm)).find(
            ({ step, startsAt }) => step === "told" && startsAt > "2026-08-28T09:30",
          );
          const [slot] = await rows(
            db.q,
            z.object({ id: z.string() }),
            sql`select slot_id as id from agreement_slots where agreement_id = ${lost?.id ?? null} and is_live`,
          );
          await command(elm, `/v1/slots/${slot?.id ?? ""}/gone`);
        },
      },
      {
        at: "2026-08-28T15:30:00Z",
        happens: async () => {
          await clinic(elm, "2026-09-02T09:00:00Z", 6);
          const needs = [dressings(2, "2026-09-01T13:00:00Z")];
          references.push(await post(meadow.api, { priority: "routine", needs }));
        },
      },
    ];

    for (const now of clockOf(BEGIN, END, CLOSED)) {
      await db.holdClock(now.toISOString());
      for (let [next] = script; next !== undefined && Date.parse(next.at) <= now.getTime(); [next] = script) {
        script.shift();
        await next.happens();
      }
      await sweep();
      if (CLOSED.includes(now.toISOString().slice(0, 10))) continue;
      // Elm forgets to block until it is chased. Oak never looks at all.
      const chased = (await heard(db, elm.actor.organisationCode, "agreement.step-late")).length > 0;
      await answer(elm, undefined);
      await answer(birch, "2026-09-01T09:00:00Z");
      dna ??= (await agreementsOf(elm)).find(
        ({ id, step, endsAt }) => step === "told" && id !== lost?.id && new Date(endsAt) <= now,
      );
      await supportSteps(elm, now, { blocks: chased, dna: ({ id }) => id === dna?.id });
      await supportSteps(birch, now, { blocks: true, dna: () => false });
      if (saidNo === undefined) {
        saidNo = (await agreementsOf(riverside)).find(({ step }) => step === "blocked");
        if (saidNo !== undefined) await command(riverside, `/v1/agreements/${saidNo.id}/patient-no`, { code: "time" });
      }
      for (const home of [riverside, meadow]) {
        for (const task of await tasksOf(home)) {
          const as = task.kind === "dna" ? "seen-here" : "rung";
          await command(home, `/v1/tasks/${task.id}/acknowledge`, { as });
          rung.push(task.kind);
        }
        await homeSteps(home);
      }
      for (const reference of references.slice(0, 2))
        for (const need of (await readRequest(riverside.api, reference)).needs)
          if (need.state === "returned" && need.acknowledgedAt === null)
            await command(riverside, `/v1/cover-requests/${reference}/needs/${need.ref}/acknowledge`);
    }

    expect(problems).toEqual([]);
    // The week was as it was meant to be: somebody said no, a time was lost after telling, and Elm had to be chased.
    expect([saidNo, lost, dna].map((one) => one?.supportingName)).toEqual(Array(3).fill("Elm Tree Practice"));
    expect(await heard(db, elm.actor.organisationCode, "agreement.moved")).toMatchObject([
      { agreement: { id: lost?.id }, step: "passed", ringPatient: true },
    ]);
    expect((await heard(db, elm.actor.organisationCode, "agreement.step-late"))[0]).toMatchObject({
      owes: "blocked",
      owner: "supporting",
    });
    expect(await heard(db, birch.actor.organisationCode, "agreement.made")).not.toEqual([]);
    expect(rung.toSorted()).toEqual(["dna", "ring-patient"]);
    const [firstly, strandedOne, secondly] = await Promise.all(
      references.map(async (reference) => readRequest(broker.api, reference)),
    );
    const endings = (request: typeof firstly) =>
      request?.needs.map(({ state, endedAs, acknowledgedAt }) => [state, endedAs, acknowledgedAt !== null]);
    expect(endings(firstly)?.toSorted()).toEqual([
      ["closed", "attended", false],
      ["closed", "attended", false],
      ["closed", "attended", false],
      ["closed", "attended", false],
      ["closed", "dna", false],
    ]);
    expect(endings(secondly)).toEqual([
      ["closed", "attended", false],
      ["closed", "attended", false],
    ]);
    expect(endings(strandedOne)).toEqual([["returned", "due-by-passed", true]]);

    // Each step has its actor and its time; whatever took place walked all of them, in order, and nothing was skipped.
    const steps = await rows(
      db.q,
      z.object({ id: z.string(), now: z.string(), steps: z.array(z.string()), bySomebody: z.boolean() }),
      sql`select a.id, a.step as now, bool_and(s.user_id is not null and s.at is not null) as "bySomebody",
            array_agg(s.step order by s.at, s.id) filter (where s.undone_at is null) as steps
          from agreements a join agreement_steps s on s.agreement_id = a.id group by a.id order by a.created_at`,
    );
    const walk = ["agreed", "blocked", "passed", "booked", "told"];
    expect(steps.filter(({ bySomebody }) => !bySomebody)).toEqual([]);
    const [ended, took] = [true, false].map((isEnded) => steps.filter(({ now }) => (now === "cancelled") === isEnded));
    expect(ended?.map(({ id, steps: walked }) => [id, walked.at(-1)])).toEqual([[saidNo?.id, "cancelled"]]);
    expect(took).toHaveLength(7);
    expect(took?.map(({ steps: walked }) => walked.toSorted())).toEqual(
      took?.map(({ now }) => [...walk, now].toSorted()),
    );
    expect(steps.filter(({ now }) => now === "dna").map(({ id }) => id)).toEqual([dna?.id]);

    // Oak never looked: each offer to it ended by itself, and nobody was left waiting for it.
    const oaks = await rows(
      db.q,
      z.object({ state: z.string() }),
      sql`select state from offers where supporting_code = ${oak.actor.organisationCode}`,
    );
    expect(oaks.length).toBeGreaterThan(0);
    expect(oaks.filter(({ state }) => !["lapsed", "stood-down"].includes(state))).toEqual([]);

    // Nobody is asked or chased at the weekend or on the bank holiday.
    const [quiet] = await rows(
      db.q,
      z.object({ n: z.number() }),
      sql`select count(*)::int as n from events where type in ('offer.made', 'agreement.step-late', 'agreement.release-due')
          and (at at time zone 'Europe/London')::date between '2026-08-29' and '2026-08-31'`,
    );
    expect(quiet?.n).toBe(0);
    const open = await tasksOf(broker);
    expect(open).toEqual([]);
    // Every log is whole: 1, 2, 3… without a gap.
    const gaps = await rows(
      db.q,
      z.object({ stream: z.string() }),
      sql`select stream from events group by stream having max("offset") <> count(*)`,
    );
    expect(gaps).toEqual([]);
  },
);
