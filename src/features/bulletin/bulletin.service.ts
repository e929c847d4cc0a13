import type { OutgoingEvent, Queryable, Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { bulletinFull, noBulletin, notYoursToHide } from "./bulletin.errors.ts";
import { bulletinAnswered, bulletinHidden, bulletinPosted } from "./bulletin.events.ts";
import {
  findPost,
  hide,
  insertAnswer,
  insertPost,
  listPosts,
  postOfAnswer,
  readersOf,
  readLine,
  writtenToday,
  type BulletinLine,
  type Reader,
} from "./bulletin.repository.ts";
import type { BulletinPost, HideCode } from "./bulletin.schema.ts";

/** An organisation writes so much in 24 hours: a bulletin is not a chat. */
const AT_MOST_A_DAY = 20;

const readerOf = ({ organisationCode, groupCode }: Actor): Reader | undefined =>
  groupCode === null ? undefined : { organisationCode, groupCode };

const requireReader = (actor: Actor): Reader => {
  const reader = readerOf(actor);
  if (reader === undefined) throw noBulletin();
  return reader;
};

/** A post of one's own group that is in sight. @throws not-found for any other, in the same words (P3). */
export const readPost = async (q: Queryable, actor: Actor, id: string): Promise<BulletinPost> => {
  const reader = readerOf(actor);
  const post = reader === undefined ? undefined : await findPost(q, reader, id);
  if (post === undefined) throw notFound("post");
  return post;
};

export const readBulletin = async (q: Queryable, actor: Actor): Promise<BulletinPost[]> => {
  const reader = readerOf(actor);
  return reader === undefined ? [] : listPosts(q, reader);
};

/** One quiet line for the desk; nothing where there is nothing to say. */
export const bulletinLine = async (q: Queryable, actor: Actor): Promise<BulletinLine | undefined> => {
  const reader = readerOf(actor);
  const line = reader === undefined ? undefined : await readLine(q, reader);
  return line === undefined || (line.notice === null && line.unanswered === 0) ? undefined : line;
};

const announce = async (tx: Tx, groupCode: string, event: (stream: string) => OutgoingEvent): Promise<void> => {
  for (const stream of await readersOf(tx.q, groupCode)) tx.emit(event(stream));
};

const refuseFlood = async (q: Queryable, { organisationCode }: Reader): Promise<void> => {
  if ((await writtenToday(q, organisationCode)) >= AT_MOST_A_DAY) throw bulletinFull();
};

/** The federation posts a notice; a practice asks its group a question. @throws `no-bulletin`, `bulletin-full`. */
export const postBulletin = async (tx: Tx, actor: Actor, { text }: { text: string }): Promise<BulletinPost> => {
  const reader = requireReader(actor);
  await refuseFlood(tx.q, reader);
  const kind = isBroker(actor) ? "notice" : "question";
  const postId = await insertPost(tx, { ...reader, kind, text, userId: actor.userId });
  const data = { postId, organisationCode: reader.organisationCode, kind } as const;
  await announce(tx, reader.groupCode, (stream) => eventFor(bulletinPosted, stream, data));
  await recordAudit(tx, actor, "bulletin.post", postId, { kind });
  return readPost(tx.q, actor, postId);
};

/** Anybody of the group answers a post. */
export const answerBulletin = async (
  tx: Tx,
  actor: Actor,
  { id, text }: { id: string; text: string },
): Promise<BulletinPost> => {
  await readPost(tx.q, actor, id);
  const reader = requireReader(actor);
  await refuseFlood(tx.q, reader);
  const { organisationCode } = reader;
  const answerId = await insertAnswer(tx, { postId: id, organisationCode, text, userId: actor.userId });
  const data = { postId: id, organisationCode, answerId };
  await announce(tx, reader.groupCode, (stream) => eventFor(bulletinAnswered, stream, data));
  await recordAudit(tx, actor, "bulletin.answer", id, { answerId });
  return readPost(tx.q, actor, id);
};

const mayHide = (actor: Actor, organisationCode: string): boolean =>
  isBroker(actor) || actor.organisationCode === organisationCode;

/** A broker, or whoever wrote it, takes a post with its answers from sight, with a coded reason. @throws `not-yours-to-hide`. */
export const hidePost = async (tx: Tx, actor: Actor, { id, code }: { id: string; code: HideCode }): Promise<void> => {
  const { organisationCode } = await readPost(tx.q, actor, id);
  if (!mayHide(actor, organisationCode)) throw notYoursToHide();
  await hide(tx, { table: "bulletin_posts", id }, { userId: actor.userId, code });
  const data = { postId: id, organisationCode, answerId: null };
  await announce(tx, requireReader(actor).groupCode, (stream) => eventFor(bulletinHidden, stream, data));
  await recordAudit(tx, actor, "bulletin.hide", id, { code });
};

/** The same of one answer. Returns the post it belonged to. */
export const hideAnswer = async (
  tx: Tx,
  actor: Actor,
  { id, code }: { id: string; code: HideCode },
): Promise<{ readonly postId: string }> => {
  const found = actor.groupCode === null ? undefined : await postOfAnswer(tx.q, actor.groupCode, id);
  if (found === undefined) throw notFound("answer");
  if (!mayHide(actor, found.organisationCode)) throw notYoursToHide();
  await hide(tx, { table: "bulletin_answers", id }, { userId: actor.userId, code });
  const data = { ...found, answerId: id };
  await announce(tx, requireReader(actor).groupCode, (stream) => eventFor(bulletinHidden, stream, data));
  await recordAudit(tx, actor, "bulletin.hide-answer", id, { code });
  return { postId: found.postId };
};
