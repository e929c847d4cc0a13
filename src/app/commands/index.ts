import type { Command } from "commander";
import type { CommandContext, ConfigureCommand } from "./command.ts";

/** A command as `--help` lists it, and how to load what carries it out. */
interface Listed {
  readonly name: string;
  readonly does: string;
  readonly load: () => Promise<ConfigureCommand>;
}

/** Every command, in the order of `--help`. Each is loaded only when it is called: the modules of all take over a second. */
const commands: readonly Listed[] = [
  {
    name: "serve",
    does: "run everything in one process: pages, API, stream and matcher; brings the database up to date first",
    load: async () => (await import("./serve.ts")).configureServe,
  },
  {
    name: "api",
    does: "run pages, API and stream; as many processes as needed, beside at least one matcher",
    load: async () => (await import("./serve.ts")).configureApi,
  },
  {
    name: "matcher",
    does: "carry out jobs: plan, ask, expire, widen; as many processes as needed",
    load: async () => (await import("./serve.ts")).configureMatcher,
  },
  {
    name: "demo",
    does: "create an invented federation, play the story of fourteen dressings live, and stay up to look around",
    load: async () => (await import("./demo.ts")).configureDemo,
  },
  {
    name: "import",
    does: "bring practices or clinics in from a file",
    load: async () => (await import("./import.ts")).configureImport,
  },
  {
    name: "match",
    does: "plan a scenario file and print the answer as JSON",
    load: async () => (await import("./match.ts")).configureMatch,
  },
  {
    name: "mail",
    does: "what mail systems report back",
    load: async () => (await import("./mail.ts")).configureMail,
  },
  {
    name: "migrate",
    does: "bring the database to this version's schema; several at once do not collide",
    load: async () => (await import("./migrate.ts")).configureMigrate,
  },
  {
    name: "backup",
    does: "write the whole database to one file, as of this moment, while everything runs",
    load: async () => (await import("./backup.ts")).configureBackup,
  },
  {
    name: "restore",
    does: "fill the database from a backup; stop every other process first",
    load: async () => (await import("./backup.ts")).configureRestore,
  },
  {
    name: "admin",
    does: "users, tokens, organisations and agreements",
    load: async () => (await import("./admin.ts")).configureAdmin,
  },
];

/** Adds all that can be called. */
export const addCommands = (program: Command, context: CommandContext): void => {
  for (const { name, does } of commands) program.command(name).description(does);
  program.hook("preSubcommand", async (_, command) => {
    const configure = await commands.find(({ name }) => name === command.name())?.load();
    configure?.(command, context);
  });
  // Commander's own would show a command that is not loaded yet.
  program
    .helpCommand(false)
    .command("help")
    .argument("[command]")
    .description("display help for command")
    .action(async (name?: string) => {
      await program.parseAsync([...(name === undefined ? [] : [name]), "--help"], { from: "user" });
    });
};
