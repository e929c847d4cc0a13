import type { Access } from "../../platform/http/route.ts";

/** Whoever works at a desk that publishes. Not the broker: what a practice can give, it says itself. */
export const atOwnDesk: Access = { kind: "roles", roles: ["nurse", "reception", "manager"] };
