import { z } from "zod";
import type { Database } from "../../platform/db/database.ts";
import { none, redirect, view, type View } from "../../platform/web/page.ts";
import { form, openForm, page, signedIn, type Actor, type AppPage } from "../access/index.ts";
import { speakInstant } from "../calendar/index.ts";
import { createToken, revokeOwnToken } from "./account.service.ts";
import { idParam, tokenInput } from "./identity.schema.ts";
import { readMemberships } from "./sessions.repository.ts";
import { readTokens, type IssuedToken } from "./tokens.repository.ts";

const showTokens = async (actor: Actor, { q }: Database, issued?: IssuedToken): Promise<View> => {
  const tokens = await readTokens(q, actor.userId);
  const names = new Map((await readMemberships(q, actor.userId)).map(({ code, name }) => [code, name]));
  return view({
    template: "identity/tokens.njk",
    title: "API tokens",
    data: {
      issued,
      tokens: tokens.map(({ id, name, organisation, createdAt, lastUsedAt }) => ({
        id,
        name,
        organisation: names.get(organisation) ?? organisation,
        since: speakInstant(createdAt),
        lastUsed: lastUsedAt === null ? undefined : speakInstant(lastUsedAt),
      })),
    },
  });
};

/** One's own tokens for the API: each acts for one organisation, with whatever roles its owner has there. */
export const tokenPages: readonly AppPage[] = [
  page(
    { path: "/settings/tokens", summary: "One's own API tokens", access: signedIn, params: none, query: none },
    async ({ actor }, database) => showTokens(actor, database),
  ),
  openForm(
    {
      path: "/settings/tokens",
      summary: "Issue an API token, shown once",
      access: signedIn,
      params: none,
      input: tokenInput,
      read: (fields) => ({ name: fields.text("name") ?? "" }),
      messages: { name: "Say what it is for, in up to 60 characters and without numbers of patients" },
      again: async ({ actor }, database) => showTokens(actor, database),
    },
    async ({ actor, input }, database) =>
      showTokens(actor, database, await database.transact(async (tx) => createToken(tx, actor, input.name))),
  ),
  form(
    {
      path: "/settings/tokens/:id/revoke",
      summary: "Revoke one of one's own API tokens",
      access: signedIn,
      params: idParam,
      input: z.object({}),
      read: () => ({}),
      again: async ({ actor }, database) => showTokens(actor, database),
    },
    async ({ actor, params }, tx) => {
      await revokeOwnToken(tx, actor, params.id);
      return redirect("/settings/tokens", { kind: "done", title: "That token works no more." });
    },
  ),
];
