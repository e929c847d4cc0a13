import { commandReadingAhead, commandRoute, customRoute, readRoute, type Route } from "../../platform/http/route.ts";

export const roles = ["nurse", "reception", "manager", "broker", "admin"] as const;
export type Role = (typeof roles)[number];

/** Who is acting, and for which organisation. Every service takes one; none looks it up. */
export interface Actor {
  readonly userId: string;
  readonly name: string;
  /** The organisation acted for. */
  readonly organisationCode: string;
  /** The user's roles at that organisation. */
  readonly roles: readonly Role[];
  /** The sharing group of that organisation, signed or not; null where it has none. */
  readonly groupCode: string | null;
  /** The session or token that vouches for the actor, for streams that must end with it (S2). */
  readonly credential: { readonly kind: "session" | "token"; readonly id: string };
}

export const isBroker = (actor: Actor): boolean => actor.roles.includes("broker");

/** The routes of this service, with its actors. */
export type AppRoute = Route<Actor>;
export const read = readRoute<Actor>();
export const command = commandRoute<Actor>();
export const commandAhead = commandReadingAhead<Actor>();
export const custom = customRoute<Actor>();
