import { system } from "../../features/audit/index.ts";
import {
  createOrganisation,
  newOrganisationSchema,
  signAgreement,
  signAgreementSchema,
} from "../../features/practices/index.ts";
import { ensureCatalogue } from "../../features/services/index.ts";
import type { Database } from "../../platform/db/database.ts";

/** `covershare admin sign-agreement`: takes the options as they were typed; a ZodError or DomainError says what is wrong with them. */
export const signAgreementCommand = async (database: Database, options: unknown): Promise<{ signed: number }> => {
  const input = signAgreementSchema.parse(options);
  return database.transact(async (tx) => signAgreement(tx, system, input));
};

/** `covershare admin create-organisation`, for hubs and federations, which no file brings. */
export const createOrganisationCommand = async (
  database: Database,
  options: unknown,
): Promise<{ code: string; isNewGroup: boolean }> => {
  const { groupCode, ...organisation } = newOrganisationSchema.parse(options);
  return database.transact(async (tx) => {
    await ensureCatalogue(tx.q);
    return createOrganisation(tx, system, organisation, { groupCode });
  });
};
