import type { Database, Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import type { Actor, Role } from "../access/index.ts";
import { recordAudit, system, type Author } from "../audit/index.ts";
import { requireGoodPassword } from "./account.service.ts";
import {
  addRoles,
  findInvitation,
  insertInvitation,
  insertUser,
  lockRoles,
  removeRole,
  useInvitation,
  type InvitationInput,
} from "./colleagues.repository.ts";
import { emailTaken, lastManager, mayNotGrant } from "./identity.errors.ts";
import { managing, mayGrant } from "./identity.rules.ts";
import type { Passwords } from "./passwords.ts";
import { endAt } from "./sessions.repository.ts";
import { findAccount } from "./sign-in.repository.ts";
import { authenticate } from "./sign-in.service.ts";
import { revokeTokensAt } from "./tokens.repository.ts";

export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly password: string;
  readonly at: readonly { readonly organisationCode: string; readonly roles: readonly Role[] }[];
}

/** An account with a password, made by whoever runs the service. The hash is made before the transaction begins. */
export const createUser = async (
  database: Database,
  passwords: Passwords,
  input: NewUser,
): Promise<{ readonly userId: string }> => {
  requireGoodPassword(input.password, input.email);
  const passwordHash = await passwords.hash(input.password);
  return database.transact(async (tx) => {
    const userId = await insertUser(tx, { email: input.email, name: input.name, passwordHash });
    if (userId === undefined) throw emailTaken();
    for (const { organisationCode, roles } of input.at) await addRoles(tx, userId, organisationCode, roles);
    await recordAudit(tx, system, "user.create", userId);
    return { userId };
  });
};

/** Makes the link that turns its holder into a colleague. The link's token leaves here once. */
export const invite = async (
  tx: Tx,
  author: Author,
  input: InvitationInput,
): Promise<{ readonly email: string; readonly token: string; readonly expiresAt: Date }> => {
  const { token, tokenHash, expiresAt } = await insertInvitation(tx, input);
  await recordAudit(tx, author, "user.invite", tokenHash, { roles: input.roles });
  return { email: input.email, token, expiresAt };
};

/** A manager invites for the organisation acted for, with roles a manager may give. */
export const inviteColleague = async (
  tx: Tx,
  actor: Actor,
  input: Omit<InvitationInput, "organisationCode">,
): Promise<{ readonly email: string; readonly token: string; readonly expiresAt: Date }> => {
  if (!mayGrant(actor.roles, input.roles)) throw mayNotGrant();
  return invite(tx, actor, { ...input, organisationCode: actor.organisationCode });
};

/**
 * Takes an invitation up. Somebody new chooses the password; somebody who has an account elsewhere gives theirs, so the
 * link alone opens nobody's account. The answer does not tell which of the two it was.
 */
export const acceptInvitation = async (
  database: Database,
  passwords: Passwords,
  input: { readonly token: string; readonly password: string; readonly address: string },
): Promise<{ readonly email: string }> => {
  const invitation = await findInvitation(database.q, input.token);
  if (invitation === undefined) throw notFound("invitation");
  const { email, name, organisationCode, roles, tokenHash } = invitation;
  const known = await findAccount(database.q, email);
  if (known === undefined) requireGoodPassword(input.password, email);
  else await authenticate(database, passwords, { email, password: input.password, address: input.address });
  const passwordHash = known === undefined ? await passwords.hash(input.password) : undefined;
  return database.transact(async (tx) => {
    if (!(await useInvitation(tx, tokenHash))) throw notFound("invitation");
    const userId = passwordHash === undefined ? known?.id : await insertUser(tx, { email, name, passwordHash });
    // Somebody made that account meanwhile: the link stays open and asks for its password next time.
    if (userId === undefined) throw emailTaken();
    await addRoles(tx, userId, organisationCode, roles);
    await recordAudit(tx, { userId, organisationCode }, "user.join", userId, { roles });
    return { email };
  });
};

/** Gives a colleague one more role here. */
export const giveRole = async (tx: Tx, actor: Actor, userId: string, role: Role): Promise<void> => {
  if (!mayGrant(actor.roles, [role])) throw mayNotGrant();
  const held = await lockRoles(tx, actor.organisationCode);
  if (!held.some((one) => one.userId === userId)) throw notFound("colleague");
  await addRoles(tx, userId, actor.organisationCode, [role]);
  await recordAudit(tx, actor, "user.give-role", userId, { role });
};

/** Roles that a practice gives its own people. */
export const practiceRoles: readonly Role[] = ["reception", "nurse", "manager"];

/**
 * Makes a colleague's practice roles exactly these; none at all is leaving. Roles that only an administrator gives stay.
 */
export const setPracticeRoles = async (
  tx: Tx,
  actor: Actor,
  userId: string,
  wanted: readonly Role[],
): Promise<void> => {
  const held = (await lockRoles(tx, actor.organisationCode)).filter((one) => one.userId === userId);
  if (held.length === 0) throw notFound("colleague");
  const has = (role: Role): boolean => held.some((one) => one.role === role);
  // Given first, so that nobody is without any role in between and loses sessions by it.
  for (const role of practiceRoles) if (wanted.includes(role) && !has(role)) await giveRole(tx, actor, userId, role);
  for (const role of practiceRoles) if (!wanted.includes(role) && has(role)) await takeRole(tx, actor, userId, role);
};

/** Takes a role here away; with the last one, the colleague's sessions and tokens for this organisation end. */
export const takeRole = async (tx: Tx, actor: Actor, userId: string, role: Role): Promise<void> => {
  if (!mayGrant(actor.roles, [role])) throw mayNotGrant();
  const held = await lockRoles(tx, actor.organisationCode);
  const theirs = held.filter((one) => one.userId === userId);
  if (!theirs.some((one) => one.role === role)) throw notFound("colleague");
  const stays = held.filter((one) => one.userId !== userId || one.role !== role);
  if (managing.includes(role) && !stays.some((one) => managing.includes(one.role))) throw lastManager();
  await removeRole(tx, userId, actor.organisationCode, role);
  if (theirs.length === 1) {
    await endAt(tx, userId, actor.organisationCode);
    await revokeTokensAt(tx, userId, actor.organisationCode);
  }
  await recordAudit(tx, actor, "user.take-role", userId, { role });
};
