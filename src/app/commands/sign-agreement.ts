import { Option } from "commander";
import { z } from "zod";
import { system } from "../../features/audit/index.ts";
import {
  createOrganisation,
  newOrganisationSchema,
  signAgreement,
  signAgreementSchema,
} from "../../features/practices/index.ts";
import { ensureCatalogue } from "../../features/services/index.ts";
import type { Database } from "../../platform/db/database.ts";
import { UsageError, withDatabase, type AddCommand } from "./command.ts";

/** Options as they were typed, or what is wrong with them, by the name of each. */
const typed = <T extends z.ZodType>(schema: T, options: unknown): z.output<T> => {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new UsageError(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n"));
};

/** `covershare admin sign-agreement`: takes the options as they were typed; a UsageError or DomainError says what is wrong with them. */
export const signAgreementCommand = async (database: Database, options: unknown): Promise<{ signed: number }> => {
  const input = typed(signAgreementSchema, options);
  return database.transact(async (tx) => signAgreement(tx, system, input));
};

/** `covershare admin create-organisation`, for hubs and federations, which no file brings. */
export const createOrganisationCommand = async (
  database: Database,
  options: unknown,
): Promise<{ code: string; isNewGroup: boolean }> => {
  const { groupCode, ...organisation } = typed(newOrganisationSchema, options);
  return database.transact(async (tx) => {
    await ensureCatalogue(tx.q);
    return createOrganisation(tx, system, organisation, { groupCode });
  });
};

const signing = z.object({
  group: z.string(),
  version: z.string(),
  signedBy: z.string(),
  from: z.string(),
  until: z.string().optional(),
  organisation: z.array(z.string()).optional(),
});

export const addSignAgreement: AddCommand = (parent, context) => {
  parent
    .command("sign-agreement")
    .description(
      "sign the data-sharing agreement for a sharing group, or for some of its members; they are then matched",
    )
    .requiredOption("--group <code>", "the sharing group, for example 93C")
    .requiredOption("--version <version>", "the version of the agreement, for example 1.0")
    .requiredOption("--signed-by <name>", "who signed")
    .requiredOption("--from <date>", "from which day, YYYY-MM-DD")
    .option("--until <date>", "until which day, included; without it, until it is replaced")
    .option("--organisation <codes...>", "only these members")
    .action(async (given: unknown) => {
      const { group, organisation, ...rest } = signing.parse(given);
      const options = { ...rest, groupCode: group, organisations: organisation };
      const result = await withDatabase(context, async (database) => signAgreementCommand(database, options));
      context.out(JSON.stringify({ group, ...result }));
    });
};

const creating = z.object({
  code: z.string(),
  kind: z.string(),
  name: z.string(),
  group: z.string().optional(),
  lat: z.coerce.number().optional(),
  lon: z.coerce.number().optional(),
});

export const addCreateOrganisation: AddCommand = (parent, context) => {
  parent
    .command("create-organisation")
    .description("create a hub or a federation, or a practice that no file names")
    .requiredOption("--code <code>", "its code, 2 to 20 letters, digits or hyphens")
    .addOption(
      new Option("--kind <kind>", "what it is").choices(["hub", "federation", "practice"]).makeOptionMandatory(),
    )
    .requiredOption("--name <name>", "its name")
    .option("--group <code>", "its sharing group, made if there is none of that code; it stays unsigned until it signs")
    .option("--lat <degrees>", "where it is: degrees north; a hub without a place is never a neighbour")
    .option("--lon <degrees>", "degrees east, negative for west")
    .action(async (given: unknown) => {
      const { group, ...rest } = creating.parse(given);
      const options = { ...rest, groupCode: group };
      const created = await withDatabase(context, async (database) => createOrganisationCommand(database, options));
      if (created.isNewGroup) context.say(`The sharing group ${group ?? ""} is new.`);
      context.out(JSON.stringify({ code: created.code }));
    });
};
