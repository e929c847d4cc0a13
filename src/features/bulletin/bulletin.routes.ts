import { atDesk, command, read, type AppRoute } from "../access/index.ts";
import { bulletinBody, bulletinList, bulletinParams, bulletinPost, hideBody } from "./bulletin.schema.ts";
import { answerBulletin, hideAnswer, hidePost, postBulletin, readBulletin } from "./bulletin.service.ts";

const shared = { tag: "Bulletin", access: atDesk } as const;

export const bulletinRoutes: readonly AppRoute[] = [
  read(
    {
      ...shared,
      method: "GET",
      path: "/v1/bulletin",
      summary: "Notices of the federation and questions of practices in your sharing group, newest first",
      response: bulletinList,
    },
    async ({ actor }, { q }) => ({ body: { items: await readBulletin(q, actor) } }),
  ),
  command(
    {
      ...shared,
      method: "POST",
      path: "/v1/bulletin",
      summary: "Post a notice, as a broker, or ask your group a question: one line without anything about a patient",
      body: bulletinBody,
      response: bulletinPost,
    },
    async ({ actor, body }, tx) => ({ status: 201, body: await postBulletin(tx, actor, body) }),
  ),
  command(
    {
      ...shared,
      method: "POST",
      path: "/v1/bulletin/:id/answers",
      summary: "Answer a post",
      params: bulletinParams,
      body: bulletinBody,
      response: bulletinPost,
    },
    async ({ actor, params, body }, tx) => ({
      status: 201,
      body: await answerBulletin(tx, actor, { ...params, ...body }),
    }),
  ),
  command(
    {
      ...shared,
      method: "POST",
      path: "/v1/bulletin/:id/hide",
      summary: "Take a post down: your own, or any as its group's broker",
      params: bulletinParams,
      body: hideBody,
    },
    async ({ actor, params, body }, tx) => {
      await hidePost(tx, actor, { ...params, ...body });
      return { status: 204 };
    },
  ),
  command(
    {
      ...shared,
      method: "POST",
      path: "/v1/bulletin/answers/:id/hide",
      summary: "Take one answer down: your own, or any as its group's broker",
      params: bulletinParams,
      body: hideBody,
    },
    async ({ actor, params, body }, tx) => {
      await hideAnswer(tx, actor, { ...params, ...body });
      return { status: 204 };
    },
  ),
];
