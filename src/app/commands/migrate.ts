import { migrate } from "../../platform/db/migrate.ts";
import { withDatabase, type AddCommand } from "./command.ts";

export const addMigrate: AddCommand = (parent, context) => {
  parent
    .command("migrate")
    .description("bring the database to this version's schema; several at once do not collide")
    .action(async () => {
      const { url } = context.config().database;
      if (url === undefined) await withDatabase(context, async () => undefined);
      else await migrate(url);
      context.out("The database is up to date.");
    });
};
