import { isBroker, type Actor } from "../access/index.ts";

/*
 * Whose requests an actor may see and change (P3): those of the organisation acted for, and, for a broker, those of its
 * sharing group. Everything else is looked up with this scope, so it is simply not found.
 */

export interface Scope {
  readonly homeCode: string;
  /** The group of which all requests are in sight; null for everybody but brokers. */
  readonly groupCode: string | null;
}

export const scopeOf = (actor: Actor): Scope => ({
  homeCode: actor.organisationCode,
  groupCode: isBroker(actor) ? actor.groupCode : null,
});

/** Desk work of the organisation itself: post for it, acknowledge for it (R5, R7). */
export const worksAtDesk = (actor: Actor): boolean =>
  actor.roles.some((role) => role === "nurse" || role === "reception" || role === "manager");
