import type { z } from "zod";

/**
 * A job is one typed contract, declared once: its name, what it carries, and how it is retried. Payloads are ids; handlers
 * are idempotent, because every job may run twice, and expendable, because the sweep finds what was lost (decision 1).
 */
export interface JobContract<P extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly payload: P;
  readonly attempts: number;
}

export const defineJob = <P extends z.ZodType>(contract: JobContract<P>): JobContract<P> => contract;

/** A contract with what carries it out. Built by `handles`, so that the payload is parsed before the handler sees it. */
export interface JobHandler {
  readonly contract: JobContract;
  run(payload: unknown): Promise<void>;
}

/** Ties a handler to its contract; the payload is parsed on receipt, and one that does not fit fails without a retry. */
export const handles = <P extends z.ZodType>(
  contract: JobContract<P>,
  handler: (payload: z.output<P>) => Promise<void>,
): JobHandler => ({ contract, run: async (payload) => handler(contract.payload.parse(payload)) });
