import { readFile } from "node:fs/promises";
// Not through the feature's index: its pages, jobs and database are not needed, and take a second to load.
import { parseScenario, toAnswer } from "../../features/matching/scenario.schema.ts";
import { solveHere } from "../../features/matching/solver/index.ts";
import { DomainError } from "../../platform/errors/domain-error.ts";
import { UsageError, type ConfigureCommand } from "./command.ts";

const readJson = async (file: string): Promise<unknown> => {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`Cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    // Windows' editors put a mark before the text.
    return JSON.parse(text.replace(/^\uFEFF/u, ""));
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** `covershare match FILE`: plans a scenario without a database and prints the answer as one JSON document. */
export const configureMatch: ConfigureCommand = (command, context) => {
  command.argument("<file>", "scenario, version 1 (see docs)").action(async (file: string) => {
    const json = await readJson(file);
    try {
      context.out(JSON.stringify(toAnswer(solveHere(parseScenario(json)))));
    } catch (error) {
      if (error instanceof DomainError && error.code === "bad-scenario") {
        throw new UsageError(`${file}: ${error.message}`);
      }
      throw error;
    }
  });
};
