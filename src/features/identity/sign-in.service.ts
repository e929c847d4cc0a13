import type { Database, Queryable, Tx } from "../../platform/db/database.ts";
import { countedAddress } from "../../platform/http/address.ts";
import { sha256 } from "../../platform/ids/ids.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { readStanding } from "./answering.repository.ts";
import { noOrganisation, notSignedIn, sessionNeeded, tooManySignIns, wrongSignIn } from "./identity.errors.ts";
import type { Me, SignInInput } from "./identity.schema.ts";
import type { Passwords } from "./passwords.ts";
import {
  endSession,
  lastActedFor,
  openSession,
  readMemberships,
  type Membership,
  type OpenedSession,
} from "./sessions.repository.ts";
import { findAccount, forgetTries, readAccount, takeTry, type Account } from "./sign-in.repository.ts";

/**
 * The account behind an address and password. The try is counted first, so that many at once cannot slip past the
 * throttle, and the password is compared outside any transaction, for as long when there is no such account.
 * @param address the network address it came from.
 */
export const authenticate = async (
  database: Database,
  passwords: Passwords,
  given: { readonly email: string; readonly password: string; readonly address: string },
): Promise<Account> => {
  const bucket = sha256(`${given.email}\n${countedAddress(given.address)}`);
  const seconds = await takeTry(database.q, bucket);
  if (seconds > 0) throw tooManySignIns(seconds);
  const account = await findAccount(database.q, given.email);
  const isRight = await passwords.matches(account?.passwordHash, given.password);
  if (account === undefined || !isRight || account.deactivatedAt !== null) throw wrongSignIn();
  await forgetTries(database.q, bucket);
  return account;
};

const choose = (memberships: readonly Membership[], wanted: string | undefined): Membership => {
  const chosen =
    wanted === undefined ? memberships.at(0) : memberships.find((membership) => membership.code === wanted);
  if (chosen === undefined) throw noOrganisation();
  return chosen;
};

/** Signs in for the organisation asked for, else the one acted for last, else the first. */
export const signIn = async (
  database: Database,
  passwords: Passwords,
  input: SignInInput & { readonly address: string },
): Promise<OpenedSession & { readonly actor: Pick<Actor, "userId" | "organisationCode"> }> => {
  const account = await authenticate(database, passwords, input);
  return database.transact(async (tx) => {
    const memberships = await readMemberships(tx.q, account.id);
    const last = input.organisation === undefined ? await lastActedFor(tx.q, account.id) : undefined;
    const wanted = input.organisation ?? (memberships.some(({ code }) => code === last) ? last : undefined);
    const { code } = choose(memberships, wanted);
    const session = await openSession(tx, { userId: account.id, actingFor: code });
    const actor = { userId: account.id, organisationCode: code };
    await recordAudit(tx, actor, "session.start", session.id);
    return { ...session, actor };
  });
};

export const signOut = async (tx: Tx, actor: Actor): Promise<void> => {
  if (actor.credential.kind !== "session") throw sessionNeeded();
  await endSession(tx, actor.userId, actor.credential.id);
  await recordAudit(tx, actor, "session.end", actor.credential.id);
};

/**
 * Acts for another of the user's organisations from now on. The session gets a new secret, so streams and pages of the
 * old one end, and nothing written for one organisation can be sent in the name of another.
 */
export const switchOrganisation = async (tx: Tx, actor: Actor, organisation: string): Promise<OpenedSession> => {
  if (actor.credential.kind !== "session") throw sessionNeeded();
  const { code } = choose(await readMemberships(tx.q, actor.userId), organisation);
  const ended = await endSession(tx, actor.userId, actor.credential.id);
  if (ended === undefined) throw notSignedIn();
  const session = await openSession(tx, { userId: actor.userId, actingFor: code, signedInAt: ended.signedInAt });
  await recordAudit(tx, { userId: actor.userId, organisationCode: code }, "session.switch", session.id);
  return session;
};

/** What the user's pages need to know about the user. */
export const describeMe = async (
  q: Queryable,
  { userId, organisationCode }: Pick<Actor, "userId" | "organisationCode">,
  csrfToken: string | null,
): Promise<Me> => {
  const [account, organisations, standing] = await Promise.all([
    readAccount(q, userId),
    readMemberships(q, userId),
    readStanding(q, { userId, organisationCode }),
  ]);
  const current = organisations.find(({ code }) => code === organisationCode);
  if (account === undefined || current === undefined) throw notSignedIn();
  return {
    user: { id: account.id, name: account.name, email: account.email },
    organisations,
    actingFor: {
      code: current.code,
      name: current.name,
      roles: current.roles,
      groupCode: standing.groupCode,
      mayAnswerOffers: standing.may,
    },
    csrfToken,
  };
};
