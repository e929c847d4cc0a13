import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import { fieldProblems, invalidInput } from "./problem.ts";
import type { Call, Route } from "./route.ts";

const parse = (schema: z.ZodType | undefined, value: unknown, where: string): unknown => {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value ?? {});
  if (!result.success) throw invalidInput(fieldProblems(result.error, where));
  return result.data;
};

const readIfMatch = (request: FastifyRequest, isNeeded: boolean): number | undefined => {
  const header = request.headers["if-match"];
  if (header === undefined) {
    if (!isNeeded) return undefined;
    throw new DomainError("precondition-required", "if-match-missing", "Send the ETag that you last read as If-Match.");
  }
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(header)?.[1];
  if (version === undefined)
    throw new DomainError("stale", "if-match-unknown", "If-Match is not an ETag of this resource.");
  return Number(version);
};

/** What a request says, as its route's schemas understand it. */
export type Input = Pick<Call<unknown, unknown, unknown, unknown>, "params" | "query" | "body" | "ifMatch">;

/** What was sent, or what is wrong with it, which only somebody hears who may call. */
export const readInput = <A>(route: Route<A>, request: FastifyRequest): Input | DomainError => {
  try {
    return {
      params: parse(route.params, request.params, "/path"),
      query: parse(route.query, request.query, "/query"),
      body: parse(route.body, request.body, ""),
      ifMatch: readIfMatch(request, route.needsIfMatch ?? false),
    };
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
};
