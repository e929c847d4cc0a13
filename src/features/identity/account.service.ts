import type { Database, Tx } from "../../platform/db/database.ts";
import { DomainError, notFound } from "../../platform/errors/domain-error.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { sessionNeeded, tooManyTokens, weakPassword, wrongPassword, wrongSignIn } from "./identity.errors.ts";
import { passwordProblem } from "./identity.rules.ts";
import { endOtherSessions, endSession } from "./sessions.repository.ts";
import { readAccount } from "./sign-in.repository.ts";
import { authenticate } from "./sign-in.service.ts";
import { setPasswordHash } from "./colleagues.repository.ts";
import type { Passwords } from "./passwords.ts";
import { issueToken, readTokens, revokeToken, type IssuedToken } from "./tokens.repository.ts";

const MOST_TOKENS = 20;

/** A token cannot make more of itself or change its owner's password: that takes the person. */
const personOf = (actor: Actor): { sessionId: string } => {
  if (actor.credential.kind !== "session") throw sessionNeeded();
  return { sessionId: actor.credential.id };
};

/** Ends another of one's own sessions, on a shared computer perhaps. */
export const endOwnSession = async (tx: Tx, actor: Actor, id: string): Promise<void> => {
  if ((await endSession(tx, actor.userId, id)) === undefined) throw notFound("session");
  await recordAudit(tx, actor, "session.end", id);
};

/** Refuses what people try first; length was checked by the schema. */
export const requireGoodPassword = (password: string, email: string): void => {
  const problem = passwordProblem(password, email);
  if (problem !== undefined) throw weakPassword(problem);
};

/** Changes the password and ends every other session: whoever knew the old one is out within seconds (S2). */
export const changePassword = async (
  database: Database,
  passwords: Passwords,
  actor: Actor,
  input: { readonly currentPassword: string; readonly password: string; readonly address: string },
): Promise<void> => {
  const { sessionId } = personOf(actor);
  const account = await readAccount(database.q, actor.userId);
  if (account === undefined) throw wrongSignIn();
  try {
    await authenticate(database, passwords, {
      email: account.email,
      password: input.currentPassword,
      address: input.address,
    });
  } catch (error) {
    // 401 would send the page to the sign-in form; what is wrong is one field.
    throw error instanceof DomainError && error.code === wrongSignIn().code ? wrongPassword() : error;
  }
  requireGoodPassword(input.password, account.email);
  const hash = await passwords.hash(input.password);
  await database.transact(async (tx) => {
    await setPasswordHash(tx, actor.userId, hash);
    const ended = await endOtherSessions(tx, actor.userId, sessionId);
    await recordAudit(tx, actor, "password.change", actor.userId, { endedSessions: ended });
  });
};

/** Issues a token for the organisation acted for. */
export const createToken = async (tx: Tx, actor: Actor, name: string): Promise<IssuedToken> => {
  personOf(actor);
  if ((await readTokens(tx.q, actor.userId)).length >= MOST_TOKENS) throw tooManyTokens(MOST_TOKENS);
  const issued = await issueToken(tx, { userId: actor.userId, organisationCode: actor.organisationCode, name });
  await recordAudit(tx, actor, "token.issue", issued.id);
  return issued;
};

export const revokeOwnToken = async (tx: Tx, actor: Actor, id: string): Promise<void> => {
  if (!(await revokeToken(tx, actor.userId, id))) throw notFound("API token");
  await recordAudit(tx, actor, "token.revoke", id);
};
