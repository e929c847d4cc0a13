import type { FastifyRequest } from "fastify";

/** Where the page was opened is where others find us too: for addresses that somebody copies and sends on. */
export const originOf = (request: FastifyRequest): string => `${request.protocol}://${request.host}`;
