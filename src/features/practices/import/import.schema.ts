/** How a practice stands in the ODS. Only ACTIVE is ever asked. */
export type PracticeStatus = "ACTIVE" | "DORMANT" | "PROPOSED" | "CLOSED";

export interface ImportedNetwork {
  readonly code: string;
  readonly kind: "pcn" | "icb" | "sharing-group";
  readonly name: string;
}

/** One practice of a file, whatever the format. Null: the file does not say, and what is known stays. */
export interface PracticeRow {
  /** Line of the file on which it ends, from 1. */
  readonly line: number;
  readonly code: string;
  readonly name: string;
  readonly address: string | null;
  readonly postcode: string | null;
  readonly status: PracticeStatus;
  readonly lat: number | null;
  readonly lon: number | null;
  readonly listSize: number | null;
  readonly networks: readonly ImportedNetwork[];
  readonly group: ImportedNetwork | null;
}

/** A row that was refused: where it is, what is wrong, and what to do (C6). Never repeats what might be personal. */
export interface RowProblem {
  readonly line: number;
  readonly code: string | null;
  readonly column: string;
  readonly problem: string;
  readonly fix: string;
}

export interface ReadFile {
  readonly practices: readonly PracticeRow[];
  readonly problems: readonly RowProblem[];
  /** Kinds of network that the file states: memberships of these, and no others, are brought in step. */
  readonly networkKinds: readonly ImportedNetwork["kind"][];
}

/** What an import did, in practices. */
export interface ImportSummary {
  readonly rows: number;
  readonly created: number;
  readonly updated: number;
  readonly closed: number;
  readonly unchanged: number;
  /** Closed practices that were never known here, and need not be. */
  readonly ignored: number;
  readonly refused: number;
  /** Sharing groups whose members or distances changed. */
  readonly groupsTouched: number;
}
