import { z } from "zod";
import { DomainError, type ErrorKind, type FieldProblem } from "../errors/domain-error.ts";
import { sqlState } from "../db/sql-errors.ts";

/** An RFC 9457 problem document. `code` is stable; clients decide by it, never by the text. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly FieldProblem[];
  readonly [extension: string]: unknown;
}

const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  stale: 412,
  "precondition-required": 428,
  "too-large": 413,
  "too-many": 429,
  unavailable: 503,
};

const TITLES: Readonly<Record<number, string>> = {
  400: "The request could not be read",
  401: "Sign in first",
  403: "Not allowed",
  404: "Not found",
  405: "Method not allowed",
  409: "Things have moved on",
  412: "Changed since you read it",
  408: "Took too long",
  413: "Too large",
  414: "Address too long",
  415: "Unsupported content type",
  422: "The input breaks a rule",
  431: "Headers too large",
  428: "If-Match is missing",
  429: "Too many requests",
  500: "Something went wrong here",
  503: "Not available just now",
};

/** JSON Pointer (RFC 6901) of a zod path. */
const pointer = (path: readonly PropertyKey[]): string =>
  path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** Each issue of a failed parse as a field problem; unions show their first branch, which is the one most often meant. */
export const fieldProblems = (error: z.ZodError, prefix = ""): FieldProblem[] =>
  error.issues.map((issue) => ({ pointer: `${prefix}${pointer(issue.path)}`, message: issue.message }));

/** Turns a failed parse into the one validation error of the API. */
export const invalidInput = (fields: readonly FieldProblem[]): DomainError =>
  new DomainError(
    "invalid",
    "invalid-input",
    "Some of the input is missing or breaks a rule; each problem is listed.",
    {
      fields,
    },
  );

export const problem = (
  status: number,
  code: string,
  detail: string,
  extra: Readonly<Record<string, unknown>> = {},
): Problem => ({
  ...extra,
  type: `urn:covershare:problem:${code}`,
  title: TITLES[status] ?? "The request failed",
  status,
  code,
  detail,
});

const fastifyError = z.object({
  statusCode: z.number().int().min(400).max(499),
  code: z.string().startsWith("FST_"),
});

/** Failed parses of the JSON parser carry a status and no code of Fastify's. */
const unreadable = z.object({ statusCode: z.literal(400) });

/** What Fastify refuses by itself, in our words. */
const REFUSALS: Readonly<Record<string, readonly [code: string, detail: string]>> = {
  FST_ERR_BAD_URL: ["unreadable-address", "The address holds an escape sequence that cannot be decoded."],
  FST_ERR_MAX_PARAM_LENGTH: ["address-too-long", "A part of the address is too long."],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    "unsupported-content-type",
    "Send the body as application/json, and not compressed.",
  ],
  FST_ERR_CTP_BODY_TOO_LARGE: ["body-too-large", "The body is larger than this route accepts."],
};

/**
 * The HTTP edge's one table from errors to problems. What nobody expected is a plain 500 without detail; what the
 * database refused because it is out of reach or overloaded is 503, so that clients try again.
 */
export const toProblem = (error: unknown): Problem => {
  if (error instanceof DomainError) {
    return problem(STATUS[error.kind], error.code, error.message, {
      ...error.details,
      ...(error.fields.length === 0 ? {} : { errors: error.fields }),
    });
  }
  if (error instanceof z.ZodError) return toProblem(invalidInput(fieldProblems(error)));
  const known = fastifyError.safeParse(error);
  if (known.success) {
    const { statusCode, code } = known.data;
    const [ours, detail] = REFUSALS[code] ?? ["unreadable-body", "The body is not valid JSON."];
    return problem(statusCode, ours, detail);
  }
  if (unreadable.safeParse(error).success) return problem(400, "unreadable-body", "The body is not valid JSON.");
  if (isUnreachable(error)) {
    return problem(
      503,
      "database-unavailable",
      "The database does not answer just now. Nothing was changed; try again.",
      { retryAfterSeconds: 2 },
    );
  }
  return problem(
    500,
    "internal",
    "Something went wrong here. Nothing was half done; the log has the details under this request's id.",
  );
};

/** Lost connections, shutdown, too many connections, and statements cut off by their timeout. */
const isUnreachable = (error: unknown): boolean => {
  const code = sqlState(error)?.code ?? "";
  if (code.startsWith("08") || code.startsWith("57") || code.startsWith("53") || ["40001", "40P01"].includes(code))
    return true;
  for (let at = error; at instanceof Error; at = at.cause) {
    if (
      /ECONNREFUSED|ECONNRESET|EPIPE|Connection terminated|timeout exceeded when trying to connect|not queryable|Query read timeout/.test(
        at.message,
      )
    )
      return true;
  }
  return false;
};
