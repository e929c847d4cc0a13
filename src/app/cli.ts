import { Command, CommanderError } from "commander";
import { ConfigError, describeConfig, loadConfig, type Config } from "../config/config.ts";
import { DomainError } from "../platform/errors/domain-error.ts";
import { systemCode } from "../platform/errors/system-code.ts";
import { EmbeddedPostgresError } from "../platform/embedded-postgres/errors.ts";
import { createLogger, type Logger } from "../platform/log/log.ts";
import { CommandFailed, Interrupted, UsageError, type CommandContext } from "./commands/command.ts";
import { addCommands } from "./commands/index.ts";
import { SchemaBehind } from "./schema-behind.ts";

export interface Cli {
  /** Without node and script. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly stopping: AbortSignal;
}

/** done, failed, wrong usage or input, stopped by Ctrl-C. */
export type ExitStatus = 0 | 1 | 2 | 130;

const settingsHelp = (): string =>
  [
    "",
    "Settings (environment variables):",
    ...describeConfig().map(
      ({ name, meaning, shownDefault }) => `  ${name.padEnd(24)}  ${meaning} Default: ${shownDefault}.`,
    ),
  ]
    .join("\n")
    .replaceAll("`", "");

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};

/** Runs one command and resolves to the exit status. Results go to stdout, everything else to stderr. */
export const runCli = async (cli: Cli): Promise<ExitStatus> => {
  const config = once((): Config => loadConfig(cli.environment));
  const log = once((): Logger => createLogger(config().logLevel));
  const context: CommandContext = {
    config,
    log,
    out: (text) => cli.stdout(`${text}\n`),
    say: (text) => cli.stderr(`${text}\n`),
    stopping: cli.stopping,
  };
  const program = new Command("covershare")
    .description("Mutual-aid appointment sharing for GP practices.")
    .addHelpText("after", settingsHelp())
    .showHelpAfterError("(add --help for what is possible)")
    .exitOverride()
    .configureOutput({ writeOut: cli.stdout, writeErr: cli.stderr });
  addCommands(program, context);
  try {
    await program.parseAsync([...cli.args], { from: "user" });
    return 0;
  } catch (error) {
    return await report(error, context);
  }
};

const report = async (error: unknown, context: CommandContext): Promise<ExitStatus> => {
  // Commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigError || error instanceof UsageError) {
    context.say(error.message);
    return 2;
  }
  if (error instanceof Interrupted) {
    context.say(error.message);
    return 130;
  }
  if (error instanceof DomainError) {
    context.say([error.message, ...error.fields.map((field) => `  ${field.pointer}: ${field.message}`)].join("\n"));
    return error.kind === "invalid" || error.kind === "too-large" || error.kind === "not-found" ? 2 : 1;
  }
  if (error instanceof CommandFailed || error instanceof EmbeddedPostgresError || error instanceof SchemaBehind) {
    context.say(error.message);
    return 1;
  }
  const { withoutSql } = await import("../platform/db/sql-errors.ts");
  context.say(explain(withoutSql(error)));
  return 1;
};

const NO_ANSWER = ["ECONNREFUSED", "ENOTFOUND", "ETIMEDOUT", "EHOSTUNREACH", "EAI_AGAIN"];

/** An unexpected failure in a line or two; its stack is for developers. */
const explain = (error: Error): string => {
  if (NO_ANSWER.includes(systemCode(error) ?? "")) {
    return `A server that is needed does not answer (${systemCode(error)}). Check DATABASE_URL and REDIS_URL.`;
  }
  return `It failed: ${error.message}\n${error.stack?.split("\n").slice(1, 6).join("\n") ?? ""}`;
};
