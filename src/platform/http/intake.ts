import type { Socket } from "node:net";
import { errorCodes, type FastifyInstance, type FastifyRequest } from "fastify";
import { DomainError } from "../errors/domain-error.ts";
import { problem } from "./problem.ts";

/*
 * What is refused before any route looks at it: bodies in another language than JSON, text that PostgreSQL cannot store,
 * and bytes that are not HTTP.
 */

/** PostgreSQL refuses NUL in text; half of a surrogate pair is no character, and refused in jsonb. */
const UNSTORABLE = /[\0]|\p{Surrogate}/u;
/** Deeper than any contract, and shallow enough for every walk over it. */
const MAX_DEPTH = 32;

/** Throws for text that could not be stored, anywhere in the value, keys included, and for nesting without end. */
export const requireStorable = (value: unknown, depth = 0): void => {
  if (typeof value === "string") {
    if (UNSTORABLE.test(value))
      throw new DomainError("invalid", "unstorable-text", "Some text holds characters that are no characters.");
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (depth >= MAX_DEPTH)
    throw new DomainError("invalid", "too-deep", `The input is nested more than ${MAX_DEPTH} levels deep.`);
  for (const [key, part] of Object.entries(value)) {
    requireStorable(key);
    requireStorable(part, depth + 1);
  }
};

/**
 * One parser, for JSON. Text and everything else is 415, so that no body slips past its schema under another type. An
 * empty body is no body: some clients name a type although they send nothing.
 */
export const acceptOnlyJson = (server: FastifyInstance): void => {
  const parseJson = server.getDefaultJsonParser("error", "error");
  server.removeAllContentTypeParsers();
  server.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body.trim() === "") done(null, undefined);
    else void parseJson(request, body, done);
  });
};

/**
 * Bodies come as they are. Nothing here unpacks one, so there is no small body that becomes a large one; and compressed
 * bytes read as JSON would only be called unreadable.
 */
export const refuseCompressed = (request: FastifyRequest): void => {
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") throw new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE(encoding);
};

const BROKEN: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, "Request Header Fields Too Large", "headers-too-large"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout", "request-timeout"],
};

/** Answers what the HTTP parser could not read, for which no request exists, and closes. */
export const answerBroken = (error: Error & { readonly code?: string }, socket: Socket): void => {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, reason, code] = BROKEN[error.code ?? ""] ?? [400, "Bad Request", "unreadable-request"];
  const body = JSON.stringify(problem(status, code, "The request could not be read as HTTP."));
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
};
