import { ensureCatalogue } from "../../features/services/index.ts";
import { migrate } from "../../platform/db/migrate.ts";
import { withDatabase, type AddCommand } from "./command.ts";

export const addMigrate: AddCommand = (parent, context) => {
  parent
    .command("migrate")
    .description("bring the database to this version's schema; several at once do not collide")
    .action(async () => {
      const { url } = context.config().database;
      if (url !== undefined) await migrate(url);
      await withDatabase(context, async (database) => ensureCatalogue(database.q));
      context.out("The database is up to date.");
    });
};
