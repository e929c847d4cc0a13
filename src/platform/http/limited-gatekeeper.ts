import type { RateLimiter } from "./rate-limit.ts";
import type { Gatekeeper } from "./server.ts";

/** The same gatekeeper, which lets one user through only so often: routes, pages and streams alike. */
export const limitUsers = <A>(gatekeeper: Gatekeeper<A>, perUser: RateLimiter): Gatekeeper<A> => ({
  ...gatekeeper,
  identify: async (request) => {
    const actor = await gatekeeper.identify(request);
    if (actor !== undefined) perUser.take(gatekeeper.scope(actor));
    return actor;
  },
});
