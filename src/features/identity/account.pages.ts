import { z } from "zod";
import type { Database } from "../../platform/db/database.ts";
import { originOf } from "../../platform/web/origin.ts";
import { none, redirect, view, type View } from "../../platform/web/page.ts";
import { form, managersOnly, openForm, page, signedIn, type Actor, type AppPage, type Role } from "../access/index.ts";
import { speakInstant } from "../calendar/index.ts";
import { changePassword, endOwnSession } from "./account.service.ts";
import { readColleagues, readInvitations } from "./colleagues.repository.ts";
import { inviteColleague, setPracticeRoles } from "./colleagues.service.ts";
import type { IdentityParts } from "./identity.routes.ts";
import { idParam, invitationInput, passwordInput, practiceRolesInput, sessionParam } from "./identity.schema.ts";
import { readMemberships, readSessions } from "./sessions.repository.ts";
import { speakRoles } from "./sign-in.pages.ts";

const showAccount = async (actor: Actor, { q }: Database): Promise<View> => {
  const names = new Map((await readMemberships(q, actor.userId)).map(({ code, name }) => [code, name]));
  const sessions = (await readSessions(q, actor.userId)).map(({ id, actingFor, createdAt, lastSeenAt }) => ({
    id,
    actingFor: names.get(actingFor) ?? actingFor,
    since: speakInstant(createdAt),
    lastSeen: speakInstant(lastSeenAt),
    isCurrent: id === actor.credential.id,
  }));
  return view({ template: "identity/account.njk", title: "Your account", data: { sessions } });
};

const roleChoices: readonly { value: Role; text: string }[] = [
  { value: "reception", text: "Reception" },
  { value: "nurse", text: "Nurse" },
  { value: "manager", text: "Manager" },
];

const showColleagues = async (actor: Actor, { q }: Database, link?: { email: string; url: string }): Promise<View> => {
  const colleagues = await readColleagues(q, actor.organisationCode);
  const invitations = await readInvitations(q, actor.organisationCode);
  return view({
    template: "identity/colleagues.njk",
    title: "Colleagues",
    data: {
      noticeTitle: "Not changed",
      roleChoices,
      link,
      colleagues: colleagues.map(({ id, name, email, roles }) => ({
        id,
        name,
        email,
        roles: speakRoles(roles),
        isMe: id === actor.userId,
        choices: roleChoices.map(({ value, text }) => ({ value, text, isHeld: roles.includes(value) })),
      })),
      invitations: invitations.map(({ email, name, roles }) => ({ email, name, roles: speakRoles(roles) })),
    },
  });
};

/** One's own account, and who else may act for the organisation. */
export const accountPages = ({ passwords }: IdentityParts): readonly AppPage[] => [
  page(
    { path: "/settings/account", summary: "Password and sessions", access: signedIn, params: none, query: none },
    async ({ actor }, database) => showAccount(actor, database),
  ),
  openForm(
    {
      path: "/settings/account",
      summary: "Change one's password",
      access: signedIn,
      params: none,
      input: passwordInput,
      read: (fields) => ({ currentPassword: fields.text("currentPassword"), password: fields.text("password") }),
      messages: { currentPassword: "Enter your current password" },
      missing: { password: "Enter a new password of at least 10 characters" },
      again: async ({ actor }, database) => showAccount(actor, database),
    },
    async ({ actor, input, request }, database) => {
      await changePassword(database, passwords, actor, { ...input, address: request.ip });
      return redirect("/settings/account", {
        kind: "done",
        title: "Your password is changed. Other sessions have ended.",
      });
    },
  ),
  form(
    {
      path: "/settings/sessions/:id/end",
      summary: "End one of one's own sessions",
      access: signedIn,
      params: sessionParam,
      input: z.object({}),
      read: () => ({}),
      again: async ({ actor }, database) => showAccount(actor, database),
    },
    async ({ actor, params }, tx) => {
      await endOwnSession(tx, actor, params.id);
      return redirect("/settings/account", { kind: "done", title: "That session has ended." });
    },
  ),
  page(
    { path: "/settings/colleagues", summary: "Who may act here", access: managersOnly, params: none, query: none },
    async ({ actor }, database) => showColleagues(actor, database),
  ),
  openForm(
    {
      path: "/settings/colleagues",
      summary: "Invite a colleague",
      access: managersOnly,
      params: none,
      input: invitationInput,
      read: (fields) => ({ email: fields.text("email"), name: fields.text("name"), roles: fields.list("roles") }),
      messages: { name: "Enter the name of your colleague", roles: "Choose at least one role" },
      missing: { email: "Enter the email address of your colleague" },
      again: async ({ actor }, database) => showColleagues(actor, database),
    },
    async ({ actor, input, request }, database) => {
      const { email, token } = await database.transact(async (tx) => inviteColleague(tx, actor, input));
      return showColleagues(actor, database, { email, url: `${originOf(request)}/invitations/${token}` });
    },
  ),
  form(
    {
      path: "/settings/colleagues/:id/roles",
      summary: "Change what a colleague does here; without any role, the colleague has left",
      access: managersOnly,
      params: idParam,
      input: practiceRolesInput,
      read: (fields) => ({ roles: fields.list("roles") }),
      again: async ({ actor }, database) => showColleagues(actor, database),
    },
    async ({ actor, params, input }, tx) => {
      await setPracticeRoles(tx, actor, params.id, input.roles);
      const title =
        input.roles.length === 0 ? "Removed. They are signed out here within seconds." : "The roles are changed.";
      return redirect("/settings/colleagues", { kind: "done", title });
    },
  ),
];
