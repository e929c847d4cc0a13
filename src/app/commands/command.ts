import type { Command } from "commander";
import type { Config } from "../../config/config.ts";
import type { Database } from "../../platform/db/database.ts";
import type { Logger } from "../../platform/log/log.ts";

/** What a command may use of the process it runs in. */
export interface CommandContext {
  /** Read when first asked for, so that `--help` works whatever the environment says. Throws ConfigError. */
  readonly config: () => Config;
  readonly log: () => Logger;
  /** A result, on standard output; one line unless it has its own breaks. */
  readonly out: (text: string) => void;
  /** Everything else that people read, on standard error. */
  readonly say: (text: string) => void;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly stopping: AbortSignal;
}

/** Gives a command of the program its arguments, options and action, or its own commands. */
export type ConfigureCommand = (command: Command, context: CommandContext) => void;

/** Adds one command to a group such as `admin`. */
export type AddCommand = (group: Command, context: CommandContext) => void;

/** The command was called wrongly, or its input is wrong: exit status 2, with this message. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command failed in a way that its caller expected and can act upon: exit status 1, with this message alone. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

/** Stopped by Ctrl-C before it was done: exit status 130. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Resolves once the first Ctrl-C or SIGTERM came. */
export const untilStopped = async (signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
};

/**
 * For one-off commands: opens the database (the given one, or the embedded one: attached to where it runs, else started
 * and stopped again), works, and closes it. Ctrl-C ends the work; what was not committed is as if it had never been.
 */
export const withDatabase = async <T>(
  context: CommandContext,
  work: (database: Database, log: Logger) => Promise<T>,
): Promise<T> => {
  const log = context.log();
  // Loaded here, so that what needs no database starts without all of this.
  const { openDatabaseOnly } = await import("../resources.ts");
  const { database, releasers } = await openDatabaseOnly({
    config: context.config(),
    log,
    migrates: "embedded",
    applicationName: "covershare command",
  });
  try {
    return await Promise.race([work(database, log), interrupted(context.stopping)]);
  } finally {
    await releasers.release();
  }
};

const interrupted = async (signal: AbortSignal): Promise<never> => {
  await untilStopped(signal);
  throw new Interrupted("Stopped.");
};
