import { z } from "zod";
import { anyone, command, custom, managersOnly, read, type AppRoute } from "../access/index.ts";
import { readColleagues, readInvitations } from "./colleagues.repository.ts";
import { acceptInvitation, giveRole, inviteColleague, takeRole } from "./colleagues.service.ts";
import {
  acceptInput,
  colleague,
  createdInvitation,
  invitationInput,
  invitationParam,
  openInvitation,
  userRoleParam,
} from "./identity.schema.ts";
import type { Passwords } from "./passwords.ts";

const tag = "Colleagues";

/** Routes by which managers say who may act for their organisation. */
export const colleagueRoutes = ({ passwords }: { readonly passwords: Passwords }): readonly AppRoute[] => [
  read(
    {
      method: "GET",
      path: "/v1/users",
      summary: "Who may act for the organisation, and who is invited",
      tag,
      access: managersOnly,
      response: z.object({ items: z.array(colleague), invitations: z.array(openInvitation) }),
    },
    async ({ actor }, { q }) => {
      const [items, invitations] = await Promise.all([
        readColleagues(q, actor.organisationCode),
        readInvitations(q, actor.organisationCode),
      ]);
      return {
        body: {
          items,
          invitations: invitations.map(({ email, name, roles, expiresAt }) => ({ email, name, roles, expiresAt })),
        },
      };
    },
  ),
  custom(
    {
      method: "POST",
      path: "/v1/users",
      summary: "Invite a colleague; the link's token is shown this once and works for seven days",
      tag,
      access: managersOnly,
      body: invitationInput,
      response: createdInvitation,
    },
    async ({ actor, body }, database) => ({
      status: 201,
      body: await database.transact(async (tx) => inviteColleague(tx, actor, body)),
      headers: { "cache-control": "no-store" },
    }),
  ),
  custom(
    {
      method: "POST",
      path: "/v1/invitations/:token/accept",
      summary: "Take up an invitation with a new password, or with that of the account one has",
      tag,
      access: anyone,
      params: invitationParam,
      body: acceptInput,
      response: z.object({ email: z.string() }),
    },
    async ({ params, body, request }, database) => ({
      body: await acceptInvitation(database, passwords, { ...params, ...body, address: request.ip }),
    }),
  ),
  command(
    {
      method: "PUT",
      path: "/v1/users/:id/roles/:role",
      summary: "Give a colleague one more role here",
      tag,
      access: managersOnly,
      params: userRoleParam,
    },
    async ({ actor, params }, tx) => {
      await giveRole(tx, actor, params.id, params.role);
      return { status: 204 };
    },
  ),
  command(
    {
      method: "DELETE",
      path: "/v1/users/:id/roles/:role",
      summary: "Take a role here away; with the last one, sessions and tokens for this organisation end",
      tag,
      access: managersOnly,
      params: userRoleParam,
    },
    async ({ actor, params }, tx) => {
      await takeRole(tx, actor, params.id, params.role);
      return { status: 204 };
    },
  ),
];
