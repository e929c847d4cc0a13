import { verifyAudit } from "../../features/audit/index.ts";
import { CommandFailed, UsageError, withDatabase, type AddCommand } from "./command.ts";

interface VerifyOptions {
  readonly expect?: string;
}

/** `covershare admin verify-audit`: is the trail what was sealed? Reads only. */
export const addVerifyAudit: AddCommand = (parent, context) => {
  parent
    .command("verify-audit")
    .description("recompute the seals of the audit trail: OK, or the first batch that does not hold (exit status 1)")
    .option(
      "--expect <hash>",
      "a seal's hash kept elsewhere (from the logs): it must be in the chain, so that nobody sealed everything anew",
    )
    .action(async ({ expect }: VerifyOptions) => {
      if (expect !== undefined && !/^[0-9a-f]{64}$/.test(expect)) {
        throw new UsageError("--expect: a seal's hash has 64 letters and digits, 0-9 and a-f.");
      }
      const verdict = await withDatabase(context, async (database) => verifyAudit(database.q, expect));
      if (verdict.kind === "broken") {
        throw new CommandFailed(`The audit trail does not hold: seal ${verdict.seal}: ${verdict.why}.`);
      }
      if (verdict.hasExpected === false) {
        throw new CommandFailed(
          "The seals hold together, but the expected one is not among them: they were made anew.",
        );
      }
      context.out(
        verdict.seals === 0
          ? "OK: nothing is sealed yet."
          : `OK: ${verdict.seals} seals over ${verdict.entries} entries; the last is ${verdict.head}`,
      );
    });
};
