import type { Command } from "commander";
import type { CommandContext } from "./command.ts";
import { addAdmin } from "./admin.ts";
import { addBackup, addRestore } from "./backup.ts";
import { addDemo } from "./demo.ts";
import { addImport } from "./import.ts";
import { addMail } from "./mail.ts";
import { addMatch } from "./match.ts";
import { addMigrate } from "./migrate.ts";
import { addApi, addMatcher, addServe } from "./serve.ts";

/** Every command, in the order of `--help`. */
export const addCommands = (program: Command, context: CommandContext): void => {
  addServe(program, context);
  addApi(program, context);
  addMatcher(program, context);
  addDemo(program, context);
  addImport(program, context);
  addMatch(program, context);
  addMail(program, context);
  addMigrate(program, context);
  addBackup(program, context);
  addRestore(program, context);
  addAdmin(program, context);
};
