import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { isoText } from "../../platform/db/iso-text.ts";
import { newId } from "../../platform/ids/ids.ts";
import { bulletinPost, type BulletinPost, type HideCode } from "./bulletin.schema.ts";

const SHOWN_DAYS = 60;
const AT_MOST = 100;

export interface Reader {
  readonly organisationCode: string;
  readonly groupCode: string;
}

const select = (reader: Reader, where: SQL): SQL => sql`
  select p.id, p.kind, p.organisation_code as "organisationCode", o.name as "organisationName", p.text,
    ${isoText(sql`p.posted_at`)} as "postedAt", p.organisation_code = ${reader.organisationCode} as "isOwn",
    coalesce((select json_agg(json_build_object('id', a.id, 'organisationCode', a.organisation_code, 'organisationName', ao.name,
        'text', a.text, 'postedAt', ${isoText(sql`a.posted_at`)}, 'isOwn', a.organisation_code = ${reader.organisationCode})
        order by a.posted_at, a.id)
      from bulletin_answers a join organisations ao on ao.code = a.organisation_code
      where a.post_id = p.id and a.hidden_at is null), '[]') as answers
  from bulletin_posts p join organisations o on o.code = p.organisation_code
  where p.group_code = ${reader.groupCode} and p.hidden_at is null and ${where}
  order by p.posted_at desc, p.id desc limit ${AT_MOST}`;

export const listPosts = async (q: Queryable, reader: Reader): Promise<BulletinPost[]> =>
  rows(q, bulletinPost, select(reader, sql`p.posted_at > app_now() - ${SHOWN_DAYS} * interval '1 day'`));

export const findPost = async (q: Queryable, reader: Reader, id: string): Promise<BulletinPost | undefined> =>
  (await rows(q, bulletinPost, select(reader, sql`p.id = ${id}`)))[0];

export interface Written {
  readonly organisationCode: string;
  readonly text: string;
  readonly userId: string;
}

export const insertPost = async (
  tx: Tx,
  post: Written & { readonly groupCode: string; readonly kind: "notice" | "question" },
): Promise<string> => {
  const id = newId();
  await tx.q.execute(sql`
    insert into bulletin_posts (id, group_code, organisation_code, kind, text, posted_by, posted_at)
    values (${id}, ${post.groupCode}, ${post.organisationCode}, ${post.kind}, ${post.text}, ${post.userId}, app_now())`);
  return id;
};

export const insertAnswer = async (tx: Tx, answer: Written & { readonly postId: string }): Promise<string> => {
  const id = newId();
  await tx.q.execute(sql`
    insert into bulletin_answers (id, post_id, organisation_code, text, posted_by, posted_at)
    values (${id}, ${answer.postId}, ${answer.organisationCode}, ${answer.text}, ${answer.userId}, app_now())`);
  return id;
};

/** How much an organisation has written in the last 24 hours. */
export const writtenToday = async (q: Queryable, organisationCode: string): Promise<number> => {
  const [found] = await rows(
    q,
    z.object({ n: z.number() }),
    sql`select (select count(*) from bulletin_posts where organisation_code = ${organisationCode} and posted_at > app_now() - interval '1 day')::int
             + (select count(*) from bulletin_answers where organisation_code = ${organisationCode} and posted_at > app_now() - interval '1 day')::int as n`,
  );
  return found?.n ?? 0;
};

/** The post that an answer belongs to, if both are in sight; with whose the answer is. */
export const postOfAnswer = async (
  q: Queryable,
  groupCode: string,
  answerId: string,
): Promise<{ postId: string; organisationCode: string } | undefined> =>
  (
    await rows(
      q,
      z.object({ postId: z.string(), organisationCode: z.string() }),
      sql`select p.id as "postId", a.organisation_code as "organisationCode" from bulletin_answers a join bulletin_posts p on p.id = a.post_id
          where a.id = ${answerId} and p.group_code = ${groupCode} and a.hidden_at is null and p.hidden_at is null`,
    )
  )[0];

const ERASED = "(taken down)";

/** Takes it from sight; where it identifies somebody, its text goes from the table too (P1). */
export const hide = async (
  tx: Tx,
  what: { readonly table: "bulletin_posts" | "bulletin_answers"; readonly id: string },
  by: { readonly userId: string; readonly code: HideCode },
): Promise<void> => {
  await tx.q.execute(sql`
    update ${sql.identifier(what.table)} set hidden_at = app_now(), hidden_by = ${by.userId}, hide_code = ${by.code},
      text = case when ${by.code}::text = 'identifies-somebody' then ${ERASED} else text end
    where id = ${what.id} and hidden_at is null`);
};

/** Everybody who reads a group's bulletin, by code. */
export const readersOf = async (q: Queryable, groupCode: string): Promise<string[]> =>
  (
    await rows(
      q,
      z.object({ code: z.string() }),
      sql`select organisation_code as code from sharing_memberships where group_code = ${groupCode} order by 1`,
    )
  ).map(({ code }) => code);

const line = z.object({
  /** The latest notice of the last week. */
  notice: z.string().nullable(),
  postId: z.string().nullable(),
  /** Questions of others in the last week that nobody has answered. */
  unanswered: z.number(),
});
export type BulletinLine = z.output<typeof line>;

/** What a desk shows of the bulletin: one quiet line. */
export const readLine = async (q: Queryable, reader: Reader): Promise<BulletinLine> => {
  const recent = sql`p.group_code = ${reader.groupCode} and p.hidden_at is null and p.posted_at > app_now() - interval '7 days'`;
  const [found] = await rows(
    q,
    line,
    sql`
      with latest as (select p.id, p.text from bulletin_posts p where ${recent} and p.kind = 'notice' order by p.posted_at desc, p.id desc limit 1)
      select (select text from latest) as notice, (select id from latest) as "postId",
        (select count(*) from bulletin_posts p where ${recent} and p.kind = 'question' and p.organisation_code <> ${reader.organisationCode}
           and not exists (select 1 from bulletin_answers a where a.post_id = p.id and a.hidden_at is null))::int as unanswered`,
  );
  return found ?? { notice: null, postId: null, unanswered: 0 };
};
