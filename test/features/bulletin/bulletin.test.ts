import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { bulletinText, type HideCode } from "../../../src/features/bulletin/bulletin.schema.ts";
import {
  answerBulletin,
  bulletinLine,
  hideAnswer,
  hidePost,
  postBulletin,
  readBulletin,
} from "../../../src/features/bulletin/bulletin.service.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { aBroker, aPractice, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";

let db: TestDatabase;
let broker: Actor;
let asker: Actor;
let helper: Actor;
let made = 0;

beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => db.close());
beforeEach(async () => {
  await db.holdClock("2026-12-21T09:00:00Z");
  made += 1;
  const group = `BULLETIN-${made}`;
  broker = await aBroker(db, { group });
  asker = await aUser(db, { at: (await aPractice(db, { group })).code });
  helper = await aUser(db, { at: (await aPractice(db, { group })).code });
});

const post = async (actor: Actor, text: string) =>
  db.database.transact(async (tx) => postBulletin(tx, actor, { text }));
const answer = async (actor: Actor, id: string, text: string) =>
  db.database.transact(async (tx) => answerBulletin(tx, actor, { id, text }));
const takeDown = async (actor: Actor, id: string, code: HideCode = "other") =>
  db.database.transact(async (tx) => hidePost(tx, actor, { id, code }));

const heard = async (stream: string): Promise<string[]> =>
  (
    await rows(
      db.q,
      z.object({ said: z.string() }),
      sql`select type || ' ' || data::text as said from events where stream = ${stream} and type like 'bulletin.%' order by "offset"`,
    )
  ).map(({ said }) => said);

describe("notices and questions of a sharing group", () => {
  it("a broker posts notices, a practice asks, anybody of the group answers, and everybody hears of it without the text", async () => {
    await post(broker, "Flu clinic at the hub on Saturday.");
    const question = await post(asker, "Has anybody a spare bladder scanner?");
    await answer(helper, question.id, "Yes, ring our desk.");
    const read = await readBulletin(db.q, helper);
    expect(new Set(read.map(({ kind, text, isOwn }) => `${kind}: ${text} ${isOwn}`))).toEqual(
      new Set([
        "notice: Flu clinic at the hub on Saturday. false",
        "question: Has anybody a spare bladder scanner? false",
      ]),
    );
    expect(read.find(({ kind }) => kind === "question")?.answers).toMatchObject([
      { text: "Yes, ring our desk.", isOwn: true },
    ]);
    for (const { organisationCode } of [broker, asker, helper]) {
      const said = await heard(organisationCode);
      expect(said.map((each) => each.split(" ")[0])).toEqual([
        "bulletin.posted",
        "bulletin.posted",
        "bulletin.answered",
      ]);
      expect(said.join()).not.toMatch(/scanner|Flu|ring/);
    }
  });

  it("P3: another group reads, answers and takes down nothing, in the words for what does not exist", async () => {
    const { id } = await post(asker, "Who has the key of the hub?");
    const stranger = await aBroker(db, { group: `BULLETIN-${made}-X` });
    expect(await readBulletin(db.q, stranger)).toEqual([]);
    const refused = async (of: string) =>
      Promise.all(
        [answer(stranger, of, "Me"), takeDown(stranger, of)].map(async (tried) =>
          tried.then(
            () => "done",
            (error: unknown) => String(error),
          ),
        ),
      );
    const unknown = await refused("01890000-0000-7000-8000-000000000000");
    expect(await refused(id)).toEqual(unknown);
    expect(unknown).not.toContain("done");
    const alone = await aUser(db, { at: (await aPractice(db, { group: null })).code });
    await expect(post(alone, "Hello?")).rejects.toMatchObject({ code: "no-bulletin" });
  });

  it("P1: refuses whatever holds something like an NHS number, line breaks, and more than 400 characters", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 20 }),
        fc.constantFrom("9434765919", "943 476 5919", "943-476-5919", "9 4 3 4 7 6 5 9 1 9"),
        (around, number) => {
          expect(bulletinText.safeParse(`${around} ${number} please`).success).toBe(false);
        },
      ),
    );
    expect(bulletinText.safeParse("one\ntwo").success).toBe(false);
    expect(bulletinText.safeParse("x".repeat(401)).success).toBe(false);
    expect(bulletinText.safeParse("x".repeat(400)).success).toBe(true);
  });

  it("is no chat: an organisation writes so much a day", async () => {
    for (let each = 0; each < 20; each += 1) await post(asker, `Question ${each}`);
    await expect(post(asker, "One more")).rejects.toMatchObject({ code: "bulletin-full" });
    await post(helper, "Mine still goes.");
    await db.advance({ hours: 24, seconds: 1 });
    await post(asker, "Good morning.");
  });
});

describe("taking down", () => {
  it("is for the broker and whoever wrote it, with a code in the audit trail", async () => {
    const { id } = await post(asker, "A question");
    await expect(takeDown(helper, id)).rejects.toMatchObject({ code: "not-yours-to-hide" });
    await takeDown(broker, id, "not-for-here");
    expect(await readBulletin(db.q, asker)).toEqual([]);
    await expect(answer(helper, id, "Too late")).rejects.toMatchObject({ code: "not-found" });
    const audited = await rows(
      db.q,
      z.object({ data: z.record(z.string(), z.unknown()), userId: z.string() }),
      sql`select data, user_id as "userId" from audit_entries where action = 'bulletin.hide' and subject = ${id}`,
    );
    expect(audited).toEqual([{ data: { code: "not-for-here" }, userId: broker.userId }]);
    const own = await post(asker, "Mine");
    await takeDown(asker, own.id, "posted-twice");
    expect(await readBulletin(db.q, asker)).toEqual([]);
  });

  it("P1: erases what could identify somebody, of posts and of answers", async () => {
    const { id } = await post(asker, "About Mrs Bell of Mill Lane");
    const { answers } = await answer(helper, id, "You mean Edna?");
    const answerId = answers[0]?.id ?? "";
    await db.database.transact(async (tx) => hideAnswer(tx, helper, { id: answerId, code: "identifies-somebody" }));
    expect((await readBulletin(db.q, asker))[0]?.answers).toEqual([]);
    await takeDown(broker, id, "identifies-somebody");
    const kept = await rows(
      db.q,
      z.object({ text: z.string() }),
      sql`select text from bulletin_posts where id = ${id} union all select text from bulletin_answers where id = ${answerId}`,
    );
    expect(kept).toEqual([{ text: "(taken down)" }, { text: "(taken down)" }]);
  });
});

describe("the desk's one quiet line", () => {
  it("says the latest notice of the week and how many questions of others nobody has answered, or nothing", async () => {
    expect(await bulletinLine(db.q, helper)).toBeUndefined();
    const { id } = await post(asker, "Who can do ear care?");
    expect(await bulletinLine(db.q, asker)).toBeUndefined();
    expect(await bulletinLine(db.q, helper)).toMatchObject({ notice: null, unanswered: 1 });
    await answer(helper, id, "We can.");
    expect(await bulletinLine(db.q, broker)).toBeUndefined();
    await post(broker, "Snow: ring before you travel.");
    expect(await bulletinLine(db.q, helper)).toMatchObject({ notice: "Snow: ring before you travel.", unanswered: 0 });
    await db.advance({ days: 8 });
    expect(await bulletinLine(db.q, helper)).toBeUndefined();
  });
});
