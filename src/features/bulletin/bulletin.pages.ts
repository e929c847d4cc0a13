import type { Queryable } from "../../platform/db/database.ts";
import { blank, type FormState } from "../../platform/web/fields.ts";
import { none, redirect, refuse, view, type View } from "../../platform/web/page.ts";
import { atDesk, form, isBroker, page, type Actor, type AppPage } from "../access/index.ts";
import { speakInstant } from "../calendar/index.ts";
import { bulletinBody, bulletinParams, hideBody, hideCodes, MAX_LENGTH, type BulletinPost } from "./bulletin.schema.ts";
import { answerBulletin, hideAnswer, hidePost, postBulletin, readBulletin, readPost } from "./bulletin.service.ts";

const WHY: Readonly<Record<(typeof hideCodes)[number], string>> = {
  "identifies-somebody": "It could identify somebody",
  "out-of-date": "It is out of date",
  "posted-twice": "It stands here twice",
  "not-for-here": "It is not for here",
  other: "Another reason",
};

const present = (actor: Actor, post: BulletinPost) => ({
  ...post,
  when: speakInstant(new Date(post.postedAt)),
  mayHide: post.isOwn || isBroker(actor),
  answers: post.answers.map((answer) => ({
    ...answer,
    when: speakInstant(new Date(answer.postedAt)),
    mayHide: answer.isOwn || isBroker(actor),
  })),
});

const showAll = async (actor: Actor, q: Queryable, state: FormState): Promise<View> =>
  view({
    template: "bulletin/list.njk",
    title: "Bulletin",
    form: state,
    data: {
      posts: (await readBulletin(q, actor)).map((post) => present(actor, post)),
      isBroker: isBroker(actor),
      maxLength: MAX_LENGTH,
    },
  });

const showOne = async (actor: Actor, q: Queryable, id: string, state: FormState): Promise<View> => {
  const post = present(actor, await readPost(q, actor, id));
  return view({
    template: "bulletin/post.njk",
    title: post.kind === "notice" ? "Notice" : "Question",
    form: state,
    data: { post, reasons: hideCodes.map((value) => ({ value, text: WHY[value] })), maxLength: MAX_LENGTH },
  });
};

const shared = { access: atDesk, params: bulletinParams } as const;

/** Notices and questions of the sharing group, over the same services as the API. */
export const bulletinPages: readonly AppPage[] = [
  page(
    {
      path: "/bulletin",
      summary: "Notices of the federation and questions of practices",
      access: atDesk,
      params: none,
      query: none,
    },
    async ({ actor }, { q }) => showAll(actor, q, blank({})),
  ),
  form(
    {
      path: "/bulletin",
      summary: "Post a notice or ask a question",
      access: atDesk,
      params: none,
      input: bulletinBody,
      read: (fields) => ({ text: fields.text("text") ?? "" }),
      again: async ({ actor }, { q }, state) => showAll(actor, q, state),
    },
    async ({ actor, input }, tx) => {
      await postBulletin(tx, actor, input);
      return redirect("/bulletin", { kind: "done", title: "Posted. Everybody in your group can read it." });
    },
  ),
  page(
    { ...shared, path: "/bulletin/:id", summary: "One post with its answers", query: none },
    async ({ actor, params }, { q }) => showOne(actor, q, params.id, blank({})),
  ),
  form(
    {
      ...shared,
      path: "/bulletin/:id/answers",
      summary: "Answer a post",
      input: bulletinBody,
      read: (fields) => ({ text: fields.text("text") ?? "" }),
      again: async ({ actor, params }, { q }, state) => showOne(actor, q, params.id, state),
    },
    async ({ actor, params, input }, tx) => {
      await answerBulletin(tx, actor, { ...params, ...input });
      return redirect(`/bulletin/${params.id}`, { kind: "done", title: "Answered." });
    },
  ),
  form(
    {
      ...shared,
      path: "/bulletin/:id/hide",
      summary: "Take a post down",
      input: hideBody,
      read: (fields) => ({ code: fields.text("code") }),
      again: async ({ actor, params }, { q }, state) => showOne(actor, q, params.id, state),
    },
    async ({ actor, params, input }, tx) => {
      await hidePost(tx, actor, { ...params, ...input });
      return redirect("/bulletin", { kind: "done", title: "Taken down." });
    },
  ),
  form(
    {
      ...shared,
      path: "/bulletin/answers/:id/hide",
      summary: "Take an answer down",
      input: hideBody,
      read: (fields) => ({ code: fields.text("code") }),
      // The form always says why; without it there is nothing to show again but the bulletin.
      again: async (_visit, _database, state) => refuse("/bulletin", state),
    },
    async ({ actor, params, input }, tx) => {
      const { postId } = await hideAnswer(tx, actor, { ...params, ...input });
      return redirect(`/bulletin/${postId}`, { kind: "done", title: "Taken down." });
    },
  ),
];
