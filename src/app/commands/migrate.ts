import { ensureCatalogue } from "../../features/services/index.ts";
import { migrate } from "../../platform/db/migrate.ts";
import { withDatabase, type ConfigureCommand } from "./command.ts";

export const configureMigrate: ConfigureCommand = (command, context) => {
  command.action(async () => {
    const { url } = context.config().database;
    if (url !== undefined) await migrate(url);
    await withDatabase(context, async (database) => ensureCatalogue(database.q));
    context.out("The database is up to date.");
  });
};
