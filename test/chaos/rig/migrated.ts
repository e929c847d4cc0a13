import { migrate } from "../../../src/platform/db/migrate.ts";
import { databaseUrl, runStatement } from "../../support/postgres-server.ts";

/** Creates the database that the address names, and brings it to this version's schema. */
export const migrateUrl = async (url: string): Promise<void> => {
  const name = new URL(url).pathname.slice(1);
  await runStatement(databaseUrl(url, "postgres"), `create database ${name}`);
  await migrate(url);
};
