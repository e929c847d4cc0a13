import { z } from "zod";
import { DomainError, notFound } from "../../platform/errors/domain-error.ts";
import { localPath } from "../../platform/web/site.ts";
import { blank } from "../../platform/web/fields.ts";
import { none, redirect, view, type View } from "../../platform/web/page.ts";
import { anyone, openForm, page, signedIn, type Actor, type AppPage, type Role } from "../access/index.ts";
import { acceptInvitation } from "./colleagues.service.ts";
import { findInvitation } from "./colleagues.repository.ts";
import type { IdentityParts } from "./identity.routes.ts";
import { acceptInput, invitationParam, signInInput, switchInput } from "./identity.schema.ts";
import { clearedCookie, sessionCookie } from "./session-cookie.rules.ts";
import { readMemberships } from "./sessions.repository.ts";
import { signIn, signOut, switchOrganisation } from "./sign-in.service.ts";

/** Who to be, on the sign-in page of a demonstration. Everybody in it is invented, so the password is no secret. */
export interface Chooser {
  readonly password: string;
  /** `does` is what this person has to do in the story. */
  readonly people: readonly {
    readonly name: string;
    readonly place: string;
    readonly does: string;
    readonly email: string;
  }[];
}

export interface IdentityPageParts extends IdentityParts {
  /** Where somebody with these roles lands. */
  readonly homeOf: (roles: readonly Role[]) => string;
  /** Only where all data is invented. */
  readonly chooser?: Chooser | undefined;
}

const showSignIn = (next: string | undefined, chooser: Chooser | undefined): View =>
  view({ template: "identity/sign-in.njk", title: "Sign in", data: { next, chooser, noticeTitle: "Please wait" } });

const ROLES: Readonly<Record<Role, string>> = {
  nurse: "nurse",
  reception: "reception",
  manager: "manager",
  broker: "federation",
  admin: "administrator",
};
export const speakRoles = (roles: readonly Role[]): string => roles.map((role) => ROLES[role]).join(", ");

/** A wrong password is a problem of the form, not of a session: 401 would lead to this very page. */
const asFormProblem = (error: unknown): unknown =>
  error instanceof DomainError && error.kind === "unauthenticated"
    ? new DomainError("invalid", error.code, error.message, { fields: [{ pointer: "/email", message: error.message }] })
    : error;

const showSwitch = async (actor: Actor, q: Parameters<typeof readMemberships>[0]): Promise<View> => {
  const organisations = (await readMemberships(q, actor.userId)).map(({ code, name, roles }) => ({
    code,
    name,
    roles: speakRoles(roles),
    isCurrent: code === actor.organisationCode,
  }));
  return view({ template: "identity/switch.njk", title: "Switch organisation", data: { organisations } });
};

/** Signing in and out, switching organisation, taking up an invitation. */
export const signInPages = ({ passwords, cookies, homeOf, chooser }: IdentityPageParts): readonly AppPage[] => [
  page(
    { path: "/", summary: "Leads to where the role works", access: signedIn, params: none, query: none },
    async (visit) => redirect(homeOf(visit.actor.roles)),
  ),
  page(
    {
      path: "/sign-in",
      summary: "The form that signs in",
      access: anyone,
      params: none,
      query: z.object({ next: z.string().max(500).optional() }),
    },
    async ({ query }) => showSignIn(localPath(query.next), chooser),
  ),
  openForm(
    {
      path: "/sign-in",
      summary: "Sign in",
      access: anyone,
      params: none,
      input: signInInput,
      read: (fields) => ({ email: fields.text("email"), password: fields.text("password") }),
      messages: { password: "Enter your password" },
      missing: { email: "Enter your email address" },
      again: async ({ request }) => {
        const body = z.object({ next: z.string() }).safeParse(request.body);
        return showSignIn(localPath(body.data?.next), chooser);
      },
    },
    async ({ input, fields, request, reply }, database) => {
      try {
        const { secret } = await signIn(database, passwords, { ...input, address: request.ip });
        void reply.header("set-cookie", sessionCookie(cookies, secret));
        return redirect(localPath(fields.text("next")) ?? "/");
      } catch (error) {
        throw asFormProblem(error);
      }
    },
  ),
  openForm(
    {
      path: "/sign-out",
      summary: "Sign out",
      access: signedIn,
      params: none,
      input: none,
      read: () => ({}),
      again: async () => redirect("/sign-in"),
    },
    async ({ actor, reply }, database) => {
      await database.transact(async (tx) => signOut(tx, actor));
      void reply.header("set-cookie", clearedCookie(cookies));
      return redirect("/sign-in", { kind: "done", title: "You are signed out." });
    },
  ),
  page(
    { path: "/switch", summary: "The organisations one may act for", access: signedIn, params: none, query: none },
    async ({ actor }, { q }) => showSwitch(actor, q),
  ),
  openForm(
    {
      path: "/switch",
      summary: "Act for another of one's organisations",
      access: signedIn,
      params: none,
      input: switchInput,
      read: (fields) => ({ organisation: fields.text("organisation") }),
      again: async ({ actor }, { q }) => showSwitch(actor, q),
    },
    async ({ actor, input, reply }, database) => {
      const { secret } = await database.transact(async (tx) => switchOrganisation(tx, actor, input.organisation));
      void reply.header("set-cookie", sessionCookie(cookies, secret));
      return redirect("/");
    },
  ),
  page(
    {
      path: "/invitations/:token",
      summary: "The form that takes up an invitation",
      access: anyone,
      params: invitationParam,
      query: none,
    },
    async ({ params }, { q }) => {
      const invitation = await findInvitation(q, params.token);
      if (invitation === undefined) throw notFound("invitation");
      const data = { token: params.token, email: invitation.email, roles: speakRoles(invitation.roles) };
      return view({ template: "identity/invitation.njk", title: "Welcome to Covershare", data, form: blank() });
    },
  ),
  openForm(
    {
      path: "/invitations/:token",
      summary: "Take up an invitation",
      access: anyone,
      params: invitationParam,
      input: acceptInput,
      read: (fields) => ({ password: fields.text("password") }),
      messages: { password: "Choose a password of at least 10 characters" },
      again: async ({ params }, { q }) => {
        const invitation = await findInvitation(q, params.token);
        if (invitation === undefined) throw notFound("invitation");
        const data = { token: params.token, email: invitation.email, roles: speakRoles(invitation.roles) };
        return view({ template: "identity/invitation.njk", title: "Welcome to Covershare", data });
      },
    },
    async ({ params, input, request }, database) => {
      try {
        await acceptInvitation(database, passwords, { ...params, ...input, address: request.ip });
      } catch (error) {
        throw asFormProblem(error);
      }
      return redirect("/sign-in", { kind: "done", title: "You have joined. Sign in with your password." });
    },
  ),
];
