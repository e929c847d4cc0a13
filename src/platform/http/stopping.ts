import type { FastifyInstance } from "fastify";

const LOOK_EVERY_MS = 50;

/**
 * Lets a closing server finish what it has begun: requests at hand get their answers, and their connections end with them.
 * What is not done after `withinMs` is cut off; its client repeats it with the same `Idempotency-Key` elsewhere (O6).
 */
export const finishGently = (server: FastifyInstance, withinMs: number): void => {
  server.addHook("preClose", (done) => {
    // Node closes connections that are idle when the closing begins; those that become idle later keep it waiting.
    const looking = setInterval(() => server.server.closeIdleConnections(), LOOK_EVERY_MS);
    const cutting = setTimeout(() => server.server.closeAllConnections(), withinMs);
    server.server.once("close", () => {
      clearInterval(looking);
      clearTimeout(cutting);
    });
    done();
  });
};
