import type { Access } from "../../platform/http/route.ts";
import type { Role } from "./actor.ts";

/*
 * The few kinds of caller that routes name. What an actor may do with one particular request, offer or clinic is decided
 * by the service, which reads only what belongs to the actor's organisation or group (P3).
 */

const only = (...roles: readonly Role[]): Access => ({ kind: "roles", roles });

/** No sign-in needed: health, documents, signing in itself. */
export const anyone: Access = { kind: "public" };
export const signedIn: Access = { kind: "signed-in" };
/** Whoever works at a practice's desk, and the broker on its behalf. */
export const atDesk: Access = only("nurse", "reception", "manager", "broker");
export const managersOnly: Access = only("manager", "admin");
export const brokersOnly: Access = only("broker");
export const adminsOnly: Access = only("admin");
