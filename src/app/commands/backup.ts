import { settleAfterRestore } from "../../features/operations/index.ts";
import { BackupRefused, restoreBackup, writeBackup } from "../../platform/backup/index.ts";
import { openAddress } from "../resources.ts";
import { CommandFailed, withDatabase, type AddCommand, type ConfigureCommand, type CommandContext } from "./command.ts";

const withAddress = async <T>(
  context: CommandContext,
  migrates: "embedded" | "never",
  work: (url: string) => Promise<T>,
): Promise<T> => {
  const { url, releasers } = await openAddress({
    config: context.config(),
    log: context.log(),
    migrates,
    applicationName: "covershare backup",
  });
  try {
    return await work(url);
  } catch (error) {
    if (error instanceof BackupRefused) throw new CommandFailed(error.message);
    throw error;
  } finally {
    await releasers.release();
  }
};

/** `covershare backup FILE`: also while everything runs. */
export const configureBackup: ConfigureCommand = (command, context) => {
  command
    .argument("<file>", "where to; it holds what the database holds: keep it as safe")
    .action(async (file: string) => {
      const facts = await withAddress(context, "embedded", async (url) => writeBackup(url, file));
      context.out(JSON.stringify({ file, ...facts }));
    });
};

/** `covershare restore FILE`: everything else stopped. */
export const configureRestore: ConfigureCommand = (command, context) => {
  command
    .argument("<file>", "what `covershare backup` wrote")
    .option("--replace", "throw away what the database holds")
    .action(async (file: string, { replace }: { readonly replace?: boolean }) => {
      const facts = await withAddress(context, "never", async (url) =>
        restoreBackup(url, file, { replaces: replace === true }),
      );
      const { streams } = await withDatabase(context, async (database) =>
        database.transact(async (tx) => settleAfterRestore(tx, facts.takenAt)),
      );
      context.out(JSON.stringify({ file, ...facts, streams }));
      context.say(
        "Everybody's screen starts afresh. API tokens that were revoked since the backup must be revoked again.",
      );
    });
};

/** `covershare admin after-restore`, for databases that were set back by other means. */
export const addAfterRestore: AddCommand = (parent, context) => {
  parent
    .command("after-restore")
    .description(
      "after a database was set back by other means (pg_restore, a snapshot): once, before anything else starts",
    )
    .action(async () => {
      const result = await withDatabase(context, async (database) =>
        database.transact(async (tx) => settleAfterRestore(tx, null)),
      );
      context.out(JSON.stringify(result));
    });
};
