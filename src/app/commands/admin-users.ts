import { text } from "node:stream/consumers";
import type { z } from "zod";
import {
  adminCreateToken,
  adminCreateUser,
  adminTokenInput,
  adminUserInput,
  createPasswords,
} from "../../features/identity/index.ts";
import { roles } from "../../features/access/index.ts";
import { UsageError, withDatabase, type AddCommand } from "./command.ts";

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

const parse = <T extends z.ZodType>(schema: T, options: unknown): z.output<T> => {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new UsageError(parsed.error.issues.map((issue) => `${issue.path.join(" ")}: ${issue.message}`).join("\n"));
};

interface UserOptions {
  readonly email: string;
  readonly name: string;
  readonly organisation: string;
  readonly role: string[];
  readonly passwordStdin?: boolean;
}

/** `covershare admin create-user`. The password never stands on the command line, where other users could read it. */
export const addCreateUser: AddCommand = (parent, context) => {
  parent
    .command("create-user")
    .description("create a user, or invite one (without --password-stdin): prints the id, or the invitation's token")
    .requiredOption("--email <address>", "what the user signs in with")
    .requiredOption("--name <name>", "shown to colleagues")
    .requiredOption("--organisation <code>", "ODS code of the organisation the roles are for")
    .requiredOption<string[]>("--role <role>", `one of ${roles.join(", ")}; may be repeated`, collect, [])
    .option("--password-stdin", "read the password from standard input")
    .action(async ({ role, passwordStdin, ...rest }: UserOptions) => {
      const password = passwordStdin === true ? (await text(process.stdin)).replace(/\r?\n$/, "") : undefined;
      const input = parse(adminUserInput, { ...rest, roles: role, ...(password === undefined ? {} : { password }) });
      const result = await withDatabase(context, async (database) =>
        adminCreateUser(database, createPasswords(), input),
      );
      context.out(result.kind === "created" ? result.userId : result.token);
      context.say(
        result.kind === "created"
          ? `${input.email} can sign in.`
          : `Send this token to ${input.email} by a safe way. It works once, until ${result.expiresAt.toISOString()}.`,
      );
    });
};

/** `covershare admin create-token`. */
export const addCreateToken: AddCommand = (parent, context) => {
  parent
    .command("create-token")
    .description("issue an API token in the name of a user, and print it this once")
    .requiredOption("--email <address>", "the user whose roles the token has")
    .requiredOption("--organisation <code>", "the organisation it acts for")
    .requiredOption("--name <name>", "what it is for")
    .action(async (options: unknown) => {
      const input = parse(adminTokenInput, options);
      const { token } = await withDatabase(context, async (database) => adminCreateToken(database, input));
      context.out(token);
      context.say("It is stored only as a hash: keep it now.");
    });
};
