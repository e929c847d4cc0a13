import { DomainError, type FieldProblem } from "../../platform/errors/domain-error.ts";

export const settingsStale = (version: number): DomainError =>
  new DomainError("stale", "settings-stale", "Somebody changed these settings since you read them. Read them again.", {
    details: { version },
  });

/** "Ask us until 18:00", when it is 18:30. */
export const settingsInPast = (): DomainError => {
  const fields = [{ pointer: "/acceptingUntil", message: "Choose a time that is still ahead." }];
  return new DomainError("invalid", "settings-in-past", "This time has passed.", { fields });
};

/** Services, buddies or sites that are not there, or not yours to name. */
export const unknownInSettings = (fields: readonly FieldProblem[]): DomainError =>
  new DomainError("invalid", "settings-unknown-reference", "Something that these settings name does not exist.", {
    fields,
  });

export const codeTaken = (code: string): DomainError =>
  new DomainError("conflict", "organisation-exists", `There is an organisation of code ${code} already.`);

export const noSuchGroup = (code: string): DomainError =>
  new DomainError("invalid", "group-unknown", `There is no network of code ${code}.`);

export const notMembers = (codes: readonly string[], groupCode: string): DomainError =>
  new DomainError("invalid", "not-members", `Not members of ${groupCode}: ${codes.join(", ")}.`);

export const agreementDates = (): DomainError =>
  new DomainError("invalid", "agreement-dates", "The agreement must end after it begins.");

export const badCursor = (): DomainError =>
  new DomainError("invalid", "cursor-unknown", "This is not a place to continue from. Start from the first page.", {
    fields: [{ pointer: "/query/after", message: "Use `next` of the page before." }],
  });

export const columnMissing = (columns: readonly string[]): DomainError =>
  new DomainError("invalid", "import-column-missing", `The file's first line does not name: ${columns.join(", ")}.`);

export const noSuchColumn = (column: string, columns: readonly string[]): DomainError =>
  new DomainError(
    "invalid",
    "import-column-unknown",
    `There is no column ${column} to group by. Columns: ${columns.join(", ")}.`,
  );

export const otherKind = (codes: readonly string[]): DomainError =>
  new DomainError(
    "invalid",
    "import-other-kind",
    `These codes belong to a hub or federation here, not to a practice: ${codes.join(", ")}. Take their lines out.`,
  );
