import { z } from "zod";
import type { Tx } from "../../platform/db/database.ts";
import { recordAudit, type Author } from "../audit/index.ts";
import { dateSchema } from "../calendar/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { plainText } from "../privacy/index.ts";
import { giveDefaultServices } from "../services/index.ts";
import { membersAmong } from "./membership.repository.ts";
import { rebuildNeighbours } from "./neighbours.repository.ts";
import {
  ensureNetwork,
  insertOrganisation,
  joinGroup,
  joinNetwork,
  networkExists,
  signMembers,
  type NewNetwork,
  type NewOrganisation,
} from "./organisations.repository.ts";
import { agreementDates, codeTaken, noSuchGroup, notMembers } from "./practices.errors.ts";
import { latSchema, lonSchema, nameSchema, organisationCodeSchema, organisationKinds } from "./practices.schema.ts";

/** What an administrator gives to create an organisation by hand. */
export const newOrganisationSchema = z
  .strictObject({
    code: organisationCodeSchema,
    kind: z.enum(organisationKinds),
    name: nameSchema,
    groupCode: organisationCodeSchema.optional(),
    lat: latSchema.optional(),
    lon: lonSchema.optional(),
  })
  .refine(
    ({ lat, lon }) => (lat === undefined) === (lon === undefined),
    "Give both latitude and longitude, or neither.",
  );

/** Networks that the organisation joins at once, made if they are not there, and its sharing group. */
export interface Belonging {
  readonly groupCode?: string | undefined;
  readonly networks?: readonly NewNetwork[];
}

/**
 * Creates a practice, hub or federation with its main site, as an unsigned member of its sharing group (P6), which is
 * made if there is none of that code. Answers whether it was.
 */
export const createOrganisation = async (
  tx: Tx,
  author: Author,
  input: NewOrganisation,
  { groupCode, networks = [] }: Belonging,
): Promise<{ code: string; isNewGroup: boolean }> => {
  if (!(await insertOrganisation(tx.q, input))) throw codeTaken(input.code);
  for (const network of networks) {
    await ensureNetwork(tx.q, network);
    await joinNetwork(tx.q, network.code, input.code);
  }
  let isNewGroup = false;
  if (groupCode !== undefined) {
    isNewGroup = await ensureNetwork(tx.q, { code: groupCode, kind: "sharing-group", name: groupCode });
    await joinGroup(tx.q, groupCode, input.code);
    await rebuildNeighbours(tx.q, [groupCode]);
  }
  await recordAudit(tx, author, "organisation.create", input.code, { kind: input.kind, groupCode: groupCode ?? null });
  return { code: input.code, isNewGroup };
};

/** The signing of a sharing agreement (P6). */
export const signAgreementSchema = z.strictObject({
  groupCode: organisationCodeSchema,
  version: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$/, "A version is letters, digits, dots and hyphens, for example 1.0."),
  signedBy: plainText(120),
  /** London dates, both included. */
  from: dateSchema,
  until: dateSchema.optional(),
  /** Which members; without it, all of the group. */
  organisations: z.array(organisationCodeSchema).min(1).optional(),
});
export type SignAgreement = z.output<typeof signAgreementSchema>;

/**
 * Signs the agreement for a group, or for some of its members. From `from` on they are matched. Whoever signs for the first
 * time and has said nothing yet could do what is shared by default (C3), so that it can be called.
 */
export const signAgreement = async (tx: Tx, author: Author, input: SignAgreement): Promise<{ signed: number }> => {
  const { groupCode, version, from, until = null, organisations } = input;
  if (until !== null && until < from) throw agreementDates();
  if (!(await networkExists(tx.q, groupCode))) throw noSuchGroup(groupCode);
  if (organisations !== undefined) {
    const known = new Set(await membersAmong(tx.q, groupCode, organisations));
    const strangers = organisations.filter((code) => !known.has(code));
    if (strangers.length > 0) throw notMembers(strangers, groupCode);
  }
  const members = await signMembers(tx.q, groupCode, organisations, { version, signedBy: input.signedBy, from, until });
  const signed = members.length;
  await giveDefaultServices(
    tx.q,
    members.filter(({ isFirst }) => isFirst).map(({ code }) => code),
  );
  await recordAudit(tx, author, "agreement.sign", groupCode, { version, from, until, signed, organisations });
  if (signed > 0) await askForMatching(tx, groupCode, "agreement.signed");
  return { signed };
};
