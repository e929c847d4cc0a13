import { readFile } from "node:fs/promises";
import { z } from "zod";
import { system } from "../../features/audit/index.ts";
import { importClinics } from "../../features/capacity/index.ts";
import { membershipOf, readOrganisation } from "../../features/practices/index.ts";
import { DomainError } from "../../platform/errors/domain-error.ts";
import { CommandFailed, UsageError, withDatabase, type AddCommand, type CommandContext } from "./command.ts";

const options = z.object({ organisation: z.string().min(1), skipBad: z.boolean().default(false) });
const badRows = z.object({
  bad: z.array(z.object({ line: z.number(), column: z.string(), problem: z.string(), fix: z.string() })),
});

const read = async (path: string): Promise<string> => {
  try {
    return await readFile(path, "utf8");
  } catch {
    throw new UsageError(`The file ${path} cannot be read.`);
  }
};

const sayBad = (context: CommandContext, bad: readonly z.output<typeof badRows>["bad"][number][]): void => {
  for (const { line, column, problem, fix } of bad) context.say(`line ${line}, ${column}: ${problem} ${fix}`);
};

const run = async (context: CommandContext, path: string, given: z.output<typeof options>): Promise<void> => {
  const csv = await read(path);
  try {
    const { bad, ...counts } = await withDatabase(context, async (database) =>
      database.transact(async (tx) => {
        const organisation = await readOrganisation(tx.q, given.organisation);
        if (organisation === undefined) throw new UsageError(`There is no organisation ${given.organisation}.`);
        const membership = await membershipOf(tx.q, organisation.code);
        const importer = {
          author: system,
          organisationCode: organisation.code,
          groupCode: membership?.groupCode ?? null,
        };
        return importClinics(tx, importer, csv, { skipBad: given.skipBad });
      }),
    );
    sayBad(context, bad);
    context.out(JSON.stringify({ ...counts, bad: bad.length }));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    sayBad(context, badRows.safeParse(error.details).data?.bad ?? []);
    if (error.kind === "invalid") throw new UsageError(error.message);
    throw new CommandFailed(error.message);
  }
};

/** `covershare import clinics FILE --organisation CODE`: the same import as `POST /v1/clinics/import` (C6). */
export const addImportClinics: AddCommand = (parent, context) => {
  parent
    .command("clinics <file>")
    .description(
      "import an organisation's clinics from CSV with the columns date,from,until,services,slot_minutes,pledge and, if wanted, channel,provides,lane,key",
    )
    .requiredOption("--organisation <code>", "whose clinics these are")
    .option("--skip-bad", "import the good rows even if others are bad")
    .action(async (file: string, given: unknown) => {
      const parsed = options.safeParse(given);
      if (!parsed.success) throw new UsageError("Say whose clinics these are: --organisation A81001.");
      await run(context, file, parsed.data);
    });
};
