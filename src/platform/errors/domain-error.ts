/**
 * What went wrong in terms the edges can translate. Each feature lists its errors in `<feature>.errors.ts`; every edge
 * has one table from `kind` to its own language (HTTP status, close code, exit status).
 */
export type ErrorKind =
  | "invalid" // the input breaks a rule: 422
  | "unauthenticated" // nobody, or nobody any more: 401
  | "forbidden" // known, but may not: 403
  | "not-found" // does not exist, or is not yours (P3): 404
  | "conflict" // a lost race or a state that has moved on: 409
  | "stale" // If-Match does not match: 412
  | "precondition-required" // If-Match is missing: 428
  | "too-large" // 413
  | "too-many" // come back later: 429
  | "unavailable"; // something that is needed does not answer: 503

/** One problem of one field, with the path as JSON Pointer (RFC 6901). */
export interface FieldProblem {
  readonly pointer: string;
  readonly message: string;
}

export class DomainError extends Error {
  override readonly name = "DomainError";
  readonly kind: ErrorKind;
  /** Stable, kebab-case, documented in docs of the API: clients decide by it. */
  readonly code: string;
  /** What the caller may know besides the message: what is still possible, when to come back. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly fields: readonly FieldProblem[];

  constructor(
    kind: ErrorKind,
    code: string,
    message: string,
    options: { details?: Readonly<Record<string, unknown>>; fields?: readonly FieldProblem[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.code = code;
    this.details = options.details ?? {};
    this.fields = options.fields ?? [];
  }
}

/** An id that is not yours takes this same path as one that does not exist (P3). */
export const notFound = (what: string): DomainError =>
  new DomainError("not-found", "not-found", `There is no such ${what}, or it is not yours to see.`);

/** For switch statements and states that the types exclude. */
export const unreachable = (value: never): never => {
  throw new Error(`Unreachable: ${String(value)}`);
};
