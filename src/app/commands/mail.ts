import { createReadStream } from "node:fs";
import { addAbortSignal, type Readable } from "node:stream";
import { takeReport } from "../../features/reach/index.ts";
import { CommandFailed, Interrupted, UsageError, withDatabase, type ConfigureCommand } from "./command.ts";

/** A report returns at most the message, and ours are small. */
const LARGEST_BYTES = 2 * 1024 * 1024;

const readAll = async (open: () => Readable, name: string, stopping: AbortSignal): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of addAbortSignal(stopping, open())) {
      if (!Buffer.isBuffer(chunk)) continue;
      size += chunk.length;
      if (size > LARGEST_BYTES) break;
      chunks.push(chunk);
    }
  } catch {
    if (stopping.aborted) throw new Interrupted("Stopped.");
    throw new UsageError(`${name} cannot be read.`);
  }
  if (size > LARGEST_BYTES) throw new UsageError(`${name} is larger than 2 MiB: no report on a message of ours is.`);
  if (size === 0) throw new UsageError(`${name} is empty. Hand over one delivery report, as the mail system wrote it.`);
  // Bytes as they are: what is read of a report is ASCII.
  return Buffer.concat(chunks).toString("latin1");
};

const read = async (file: string | undefined, stopping: AbortSignal): Promise<string> => {
  if (file !== undefined && file !== "-") return readAll(() => createReadStream(file), `The file ${file}`, stopping);
  if (process.stdin.isTTY) throw new UsageError("Name a file, or hand a delivery report over: mail bounce < message");
  return readAll(() => process.stdin, "Standard input", stopping);
};

/** `covershare mail bounce`: what a mail system hands its reports to (a pipe alias, a sieve or procmail rule). */
export const configureMail: ConfigureCommand = (command, context) => {
  command
    .command("bounce")
    .argument("[file]", "one delivery report (RFC 3464) as it came; else standard input")
    .description(
      "take in a delivery report: the message it is about came back or was delivered, and a dead mailbox is shown " +
        "(exit status 1: about no message of ours; 2: not a report)",
    )
    .action(async (file: string | undefined) => {
      const message = await read(file, context.stopping);
      const { kind, words } = await withDatabase(context, async (database) =>
        database.transact(async (tx) => takeReport(tx, message)),
      );
      if (kind === "unreadable") throw new UsageError(words);
      if (kind === "unknown") throw new CommandFailed(words);
      context.out(words);
    });
};
