import { z } from "zod";
import type { Database, Queryable } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { plainText } from "../privacy/index.ts";
import { recordAudit, system } from "../audit/index.ts";
import { createUser, invite } from "./colleagues.service.ts";
import { noOrganisation } from "./identity.errors.ts";
import { emailAddress, newPassword, organisationCode, personName, role } from "./identity.schema.ts";
import type { Passwords } from "./passwords.ts";
import { readMemberships, organisationExists } from "./sessions.repository.ts";
import { findAccount } from "./sign-in.repository.ts";
import { issueToken, type IssuedToken } from "./tokens.repository.ts";

/*
 * What whoever runs the service may do from its command line, where there is no actor: the first users of an organisation
 * come from here, and every broker and administrator.
 */

export const adminUserInput = z.object({
  email: emailAddress,
  name: personName,
  organisation: organisationCode,
  roles: z.array(role).min(1, "Name at least one --role."),
  /** Without it the answer is an invitation. */
  password: newPassword.optional(),
});

export const adminTokenInput = z.object({
  email: emailAddress,
  organisation: organisationCode,
  name: plainText(60),
});

const requireOrganisation = async (q: Queryable, code: string): Promise<void> => {
  if (!(await organisationExists(q, code))) throw notFound("organisation");
};

/** Creates a user with the password given, or an invitation whose token is answered once. */
export const adminCreateUser = async (
  database: Database,
  passwords: Passwords,
  input: z.output<typeof adminUserInput>,
): Promise<
  | { readonly kind: "created"; readonly userId: string }
  | { readonly kind: "invited"; readonly token: string; readonly expiresAt: Date }
> => {
  const { email, name, organisation, roles, password } = input;
  await requireOrganisation(database.q, organisation);
  if (password !== undefined) {
    const at = [{ organisationCode: organisation, roles }];
    return { kind: "created", ...(await createUser(database, passwords, { email, name, password, at })) };
  }
  const invited = await database.transact(async (tx) =>
    invite(tx, system, { email, name, organisationCode: organisation, roles }),
  );
  return { kind: "invited", token: invited.token, expiresAt: invited.expiresAt };
};

/** Issues an API token in the name of a user, for an integration that nobody signs in for. */
export const adminCreateToken = async (
  database: Database,
  input: z.output<typeof adminTokenInput>,
): Promise<IssuedToken> => {
  const account = await findAccount(database.q, input.email);
  if (account === undefined) throw notFound("user");
  return database.transact(async (tx) => {
    const memberships = await readMemberships(tx.q, account.id);
    if (!memberships.some(({ code }) => code === input.organisation)) throw noOrganisation();
    const issued = await issueToken(tx, {
      userId: account.id,
      organisationCode: input.organisation,
      name: input.name,
    });
    await recordAudit(tx, system, "token.issue", issued.id);
    return issued;
  });
};
