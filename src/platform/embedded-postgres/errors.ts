import { systemCode } from "../errors/system-code.ts";

/** What went wrong with the embedded PostgreSQL, in words for whoever typed the command. */
export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
}

/** What the server or initdb wrote, and what it means for the person at the keyboard. The first that matches is used. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [
    /No space left on device|Disk quota exceeded/i,
    "The disk is full. Free some space and start again; the data is kept.",
  ],
  [
    /is not compatible with this version|incompatible with server/i,
    "The data was written by another major version of PostgreSQL.",
  ],
  [
    /could not look up effective user ID/i,
    "PostgreSQL needs a user that exists in /etc/passwd; the present user id has no entry there.",
  ],
  [/Permission denied/i, "A file or folder may not be read or written by the user that PostgreSQL runs as."],
  [/Cannot allocate memory|could not map anonymous shared memory/i, "There is not enough free memory for PostgreSQL."],
  [
    /error while loading shared libraries|cannot execute|No such file or directory.*lib/i,
    "The PostgreSQL program does not run on this system.",
  ],
];

/** One error from a summary, the meaning of what was logged, and its last lines. */
export const explainFailure = (summary: string, output: string): EmbeddedPostgresError => {
  const meaning = MEANINGS.find(([pattern]) => pattern.test(output))?.[1];
  const tail = output
    .trim()
    .split("\n")
    .slice(-12)
    .filter((line) => line !== "");
  const parts = [meaning === undefined ? summary : `${summary} ${meaning}`];
  if (tail.length > 0) parts.push("It last said:", ...tail.map((line) => `  ${line}`));
  return new EmbeddedPostgresError(parts.join("\n"));
};

/** Resolves to undefined when the awaited file or process is not there; every other failure stays one. */
export const ifPresent = async <T>(attempt: Promise<T>): Promise<T | undefined> => {
  try {
    return await attempt;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ESRCH") return undefined;
    throw error;
  }
};
