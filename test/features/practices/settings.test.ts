import { sql } from "drizzle-orm";
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor, Role } from "../../../src/features/access/index.ts";
import { createGatekeeper } from "../../../src/features/identity/index.ts";
import { apiTokens } from "../../../src/features/identity/identity.table.ts";
import { practiceRoutes, type Settings } from "../../../src/features/practices/index.ts";
import {
  networkListSchema,
  organisationDetailSchema,
  organisationListSchema,
  organisationNameSchema,
  settingsSchema,
} from "../../../src/features/practices/practices.schema.ts";
import { readMembers } from "../../../src/features/matching/supply.repository.ts";
import { ensureCatalogue } from "../../../src/features/services/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { addRoutes, createServer } from "../../../src/platform/http/server.ts";
import { newId, newSecret, sha256 } from "../../../src/platform/ids/ids.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { aBroker, aGroup, aPractice, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";

let db: TestDatabase;
let api: FastifyInstance;
beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-21T09:00:00Z");
  await ensureCatalogue(db.q);
  api = createServer({ log: silentLogger, requestTimeoutMs: 10_000, trustProxy: false });
  const cookies = { isSecure: false, allowedOrigins: ["https://cover.example.org"] };
  const gatekeeper = createGatekeeper({ database: db.database, cookies, log: silentLogger });
  addRoutes(api, practiceRoutes, db.database, gatekeeper);
});
afterAll(async () => {
  await api.close();
  await db.close();
});

type Send = (method: "GET" | "PATCH", url: string, body?: object, ifMatch?: number) => Promise<LightMyRequestResponse>;

/** Calls the API as somebody, by a token of theirs. */
const as = async (actor: Actor): Promise<Send> => {
  const token = newSecret();
  await db.q.insert(apiTokens).values({
    id: newId(),
    tokenHash: sha256(token),
    userId: actor.userId,
    organisationCode: actor.organisationCode,
    name: "test",
    createdAt: sql`app_now()`,
  });
  return async (method, url, body, ifMatch) =>
    api.inject({
      method,
      url,
      headers: {
        authorization: `Bearer ${token}`,
        ...(ifMatch === undefined ? {} : { "if-match": `"${ifMatch}"` }),
      },
      ...(body === undefined ? {} : { payload: body }),
    });
};

const someone = async (
  roles: readonly Role[] = ["manager"],
): Promise<{ actor: Actor; send: Send; settings: Settings }> => {
  const actor = await aUser(db, { roles });
  const send = await as(actor);
  return { actor, send, settings: settingsSchema.parse((await send("GET", "/v1/settings")).json()) };
};

describe("C3: settings", () => {
  it("say what the practice could do, its cap, switch, hours and buddies", async () => {
    const { actor, send, settings } = await someone();
    const buddy = await aPractice(db);
    const site = settings.sites[0];
    const answer = await send(
      "PATCH",
      "/v1/settings",
      {
        dailyCap: 6,
        services: ["phleb", "wound-simple", "phleb"],
        provides: ["hoist", "step-free", "hoist"],
        acceptRoles: ["manager", "nurse"],
        bypassPhone: "01642 672 351",
        buddies: [buddy.code],
        sites: [{ id: site?.id, openingHours: [{ weekday: 1, opens: "07:30", closes: "20:00" }] }],
      },
      settings.version,
    );
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["etag"]).toBe(`"${settings.version + 1}"`);
    expect(settingsSchema.parse(answer.json())).toMatchObject({
      organisationCode: actor.organisationCode,
      dailyCap: 6,
      services: ["phleb", "wound-simple"],
      provides: ["step-free", "hoist"],
      acceptRoles: ["nurse", "manager"],
      bypassPhone: "01642672351",
      buddies: [buddy.code],
      sites: [{ openingHours: [{ weekday: 1, opens: "07:30", closes: "20:00" }] }],
    });
    expect((await send("GET", "/v1/settings")).json()).toEqual(answer.json());
  });

  it("M5: a change that could help asks for matching and tells the desk and the broker; a telephone number does not ask", async () => {
    const { actor, send, settings } = await someone();
    const broker = await aBroker(db);
    await db.q.execute(sql`truncate match_due`);
    await send("PATCH", "/v1/settings", { bypassPhone: "01642672351" }, settings.version);
    const due = z.object({ groupCode: z.string(), cause: z.string() });
    const asked = () => rows(db.q, due, sql`select group_code as "groupCode", cause from match_due`);
    expect(await asked()).toEqual([]);
    await send("PATCH", "/v1/settings", { isAccepting: false }, settings.version + 1);
    await send("PATCH", "/v1/settings", { isAccepting: true }, settings.version + 2);
    expect((await asked()).at(-1)).toEqual({ groupCode: actor.groupCode, cause: "settings.changed" });
    const heard = await rows(
      db.q,
      z.object({ stream: z.string(), changed: z.unknown() }),
      sql`select stream, data -> 'changed' as changed from events
          where data ->> 'organisationCode' = ${actor.organisationCode} and stream in (${actor.organisationCode}, ${broker.organisationCode})`,
    );
    expect(heard).toHaveLength(6);
    expect(heard).toContainEqual({ stream: broker.organisationCode, changed: ["isAccepting"] });
    const audited = await rows(
      db.q,
      z.object({ n: z.coerce.number() }),
      sql`select count(*) as n from audit_entries where action = 'settings.change' and subject = ${actor.organisationCode}`,
    );
    expect(audited).toEqual([{ n: 3 }]);
  });

  it("C3: asking may be on until a time: the matcher sees it go off by itself, and the same again needs a new time", async () => {
    const { actor, send, settings } = await someone();
    const isAccepting = async () =>
      (await readMembers(db.q, actor.groupCode ?? "", [actor.organisationCode], [])).get(actor.organisationCode)
        ?.isAccepting;
    const until = { isAccepting: true, acceptingUntil: "2026-12-21T18:00:00+00:00" };
    const on = await send("PATCH", "/v1/settings", until, settings.version);
    expect(on.json()).toMatchObject({ isAccepting: true, acceptingUntil: "2026-12-21T18:00:00.000Z" });
    expect(await isAccepting()).toBe(true);
    await db.holdClock("2026-12-21T18:00:00Z");
    try {
      expect(await isAccepting()).toBe(false);
      expect((await send("GET", "/v1/settings")).json()).toMatchObject({ isAccepting: false, acceptingUntil: null });
      const past = await send("PATCH", "/v1/settings", until, settings.version + 1);
      expect([past.statusCode, past.json()]).toMatchObject([422, { code: "settings-in-past" }]);
      await send("PATCH", "/v1/settings", { isAccepting: true }, settings.version + 1);
      expect(await isAccepting()).toBe(true);
    } finally {
      await db.holdClock("2026-12-21T09:00:00Z");
    }
  });

  it("are not overwritten unseen: 428 without If-Match, 412 when stale, one of two at once", async () => {
    const { send, settings } = await someone();
    expect((await send("PATCH", "/v1/settings", { dailyCap: 1 })).statusCode).toBe(428);
    const both = await Promise.all(
      [1, 2].map((dailyCap) => send("PATCH", "/v1/settings", { dailyCap }, settings.version)),
    );
    expect(both.map(({ statusCode }) => statusCode).toSorted((left, right) => left - right)).toEqual([200, 412]);
  });

  it("are a manager's to change, and the desk's to read", async () => {
    const { send, settings } = await someone(["nurse"]);
    expect((await send("PATCH", "/v1/settings", { dailyCap: 1 }, settings.version)).statusCode).toBe(403);
  });

  it("P3: a buddy of another group is answered exactly as one that does not exist", async () => {
    const { send, settings } = await someone();
    await aGroup(db, { code: "ELSEWHERE" });
    const foreign = await aPractice(db, { group: "ELSEWHERE" });
    const answers = await Promise.all(
      [foreign.code, "NOBODY1"].map(async (code) =>
        send("PATCH", "/v1/settings", { buddies: [code] }, settings.version),
      ),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([422, 422]);
    expect(answers[0]?.json()).toEqual(answers[1]?.json());
  });

  it.each([
    { dailyCap: -1 },
    { dailyCap: 1.5 },
    { services: ["no-such-service"] },
    { provides: ["a nice view"] },
    { acceptRoles: [] },
    { acceptRoles: ["broker"] },
    { bypassPhone: "943 476 5919" },
    { sites: [{ id: newId(), openingHours: [{ weekday: 1, opens: "08:00", closes: "18:30" }] }] },
    { sites: [{ id: newId(), openingHours: [{ weekday: 1, opens: "8", closes: "18:30" }] }] },
    { name: "A new name" },
  ])("refuse %j", async (patch) => {
    const { send, settings } = await someone();
    expect((await send("PATCH", "/v1/settings", patch, settings.version)).statusCode).toBe(422);
    expect((await send("GET", "/v1/settings")).json()).toEqual(settings);
  });
});

describe("P3, P4: who sees which organisations", () => {
  it("a practice sees its group by name only, and nothing of another group", async () => {
    const { actor, send } = await someone();
    const neighbour = await aPractice(db, { name: "Seaview Surgery" });
    const foreign = await aPractice(db, { name: "Seaview Hidden", group: "ELSEWHERE" });
    const list = organisationListSchema.parse((await send("GET", "/v1/organisations?q=seaview")).json());
    expect(list.items.map(({ code }) => code)).toEqual([neighbour.code]);
    const view: unknown = (await send("GET", `/v1/organisations/${neighbour.code}`)).json();
    expect(organisationNameSchema.parse(view)).toMatchObject({ name: "Seaview Surgery", isOwn: false });
    const own: unknown = (await send("GET", `/v1/organisations/${actor.organisationCode}`)).json();
    expect(organisationDetailSchema.parse(own)).toMatchObject({ isOwn: true, isSigned: true });
    const hidden = await send("GET", `/v1/organisations/${foreign.code}`);
    const missing = await send("GET", "/v1/organisations/NOBODY1");
    expect([hidden.statusCode, missing.statusCode]).toEqual([404, 404]);
    expect(hidden.json()).toEqual(missing.json());
  });

  it("a broker sees those of its group in full", async () => {
    const broker = await as(await aBroker(db));
    const practice = await aPractice(db, { dailyCap: 4 });
    const view: unknown = (await broker("GET", `/v1/organisations/${practice.code}`)).json();
    expect(organisationDetailSchema.parse(view)).toMatchObject({ dailyCap: 4, isOwn: false });
  });

  it("pages go through every one once, by name", async () => {
    const group = (await aGroup(db, { code: "PAGED" })).code;
    for (let index = 0; index < 7; index += 1) await aPractice(db, { group, name: `Same ${index % 2}` });
    const home = await aPractice(db, { group, name: "Home" });
    const send = await as(await aUser(db, { at: home.code }));
    const seen: string[] = [];
    for (let after = ""; ;) {
      const page = organisationListSchema.parse((await send("GET", `/v1/organisations?limit=3${after}`)).json());
      seen.push(...page.items.map(({ name }) => name));
      if (page.next === null) break;
      after = `&after=${page.next}`;
    }
    expect(seen).toEqual(["Home", "Same 0", "Same 0", "Same 0", "Same 0", "Same 1", "Same 1", "Same 1"]);
    expect((await send("GET", "/v1/organisations?after=elsewhere")).statusCode).toBe(422);
    expect((await send("GET", "/v1/organisations?q=%25")).json()).toMatchObject({ items: [] });
  });

  it("networks are one's own; a broker's are those of the group, counted inside it", async () => {
    const group = (await aGroup(db, { code: "NETS" })).code;
    const a = await aPractice(db, { group, pcn: "UA" });
    await aPractice(db, { group, pcn: "UB" });
    await aPractice(db, { group: "ELSEWHERE", pcn: "UA" });
    const mine = await as(await aUser(db, { at: a.code }));
    const broker = await as(await aBroker(db, { group }));
    const codes = async (send: Send) =>
      networkListSchema
        .parse((await send("GET", "/v1/networks")).json())
        .items.map(({ code, members }) => [code, members]);
    expect(await codes(mine)).toEqual([
      ["UA", 1],
      ["NETS", 3],
    ]);
    expect(await codes(broker)).toEqual([
      ["UA", 1],
      ["UB", 1],
      ["NETS", 3],
    ]);
  });
});
