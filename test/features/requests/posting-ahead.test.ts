import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { readAheadOf } from "../../../src/features/requests/drafting.service.ts";
import { postRequest } from "../../../src/features/requests/index.ts";
import { postRequestBody } from "../../../src/features/requests/requests.schema.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { newSecret, sha256 } from "../../../src/platform/ids/ids.ts";
import { aBroker, aService, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { anApi, aPost, aToken, MONDAY, post, recordingPorts } from "./support.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock(MONDAY);
  await aService(db, "wound-simple");
});
afterAll(async () => db.close());

const body = postRequestBody.parse(aPost());
const shown = z.object({ homeCode: z.string(), postedByCode: z.string(), group: z.string() });

const send = async (token: string, more: Record<string, unknown> = {}) =>
  anApi(db, recordingPorts().ports).inject({
    method: "POST",
    url: "/v1/cover-requests",
    headers: { authorization: `Bearer ${token}` },
    payload: z.record(z.string(), z.unknown()).parse(aPost({}, more)),
  });

const lastPosted = async () =>
  rows(
    db.q,
    shown,
    sql`select home_code as "homeCode", posted_by_code as "postedByCode", group_code as "group"
        from cover_requests order by id desc limit 1`,
  );

describe("a post whose context was read before it was known who posts", () => {
  it("is of the practice whose token it is, and is told of its open requests", async () => {
    const nurse = await aUser(db, { roles: ["nurse"] });
    const earlier = await post(db, nurse);
    const answer = await send(await aToken(db, nurse));
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({ warnings: [{ reference: earlier.reference }] });
    expect(await lastPosted()).toEqual([
      { homeCode: nurse.organisationCode, postedByCode: nurse.organisationCode, group: nurse.groupCode },
    ]);
  });

  it("R5: is of the practice that a broker names, and not of the broker's own", async () => {
    const broker = await aBroker(db);
    const nurse = await aUser(db, { roles: ["nurse"] });
    const answer = await send(await aToken(db, broker), { onBehalfOf: nurse.organisationCode });
    expect(answer.statusCode).toBe(201);
    expect(await lastPosted()).toEqual([
      { homeCode: nurse.organisationCode, postedByCode: broker.organisationCode, group: nurse.groupCode },
    ]);
  });

  it("takes nothing from a practice for which its author acted a moment ago", async () => {
    const [now, before] = [await aUser(db, { roles: ["nurse"] }), await aUser(db, { roles: ["nurse"] })];
    await post(db, before);
    const hash = sha256(await aToken(db, before));
    const ahead = await readAheadOf(db.q, hash, body);
    expect([ahead.homeCode, ahead.openLines.length]).toEqual([before.organisationCode, 1]);
    const view = await db.database.transact(async (tx) => postRequest(tx, now, body, Promise.resolve(ahead)));
    expect([view.homeCode, view.warnings]).toEqual([now.organisationCode, []]);
  });

  it("knows a session by whom it acts for", async () => {
    const nurse = await aUser(db, { roles: ["nurse"] });
    const hash = sha256(newSecret());
    await db.q.execute(sql`insert into sessions (id_hash, user_id, acting_for, created_at, last_seen_at)
      values (${hash}, ${nurse.userId}, ${nurse.organisationCode}, app_now(), app_now())`);
    expect(await readAheadOf(db.q, hash, body)).toMatchObject({
      homeCode: nurse.organisationCode,
      groupCode: nurse.groupCode,
      isSigned: true,
    });
  });

  it("finds nothing for a credential that nobody has, and a revoked token posts nothing", async () => {
    expect(await readAheadOf(db.q, sha256(newSecret()), body)).toMatchObject({
      homeCode: null,
      groupCode: null,
      openLines: [],
    });
    const token = await aToken(db, await aUser(db, { roles: ["nurse"] }));
    await db.q.execute(sql`update api_tokens set revoked_at = app_now() where token_hash = ${sha256(token)}`);
    const before = await lastPosted();
    expect((await send(token)).statusCode).toBe(401);
    expect(await lastPosted()).toEqual(before);
  });
});
