import type { Queryable } from "../../platform/db/database.ts";
import { readHeads } from "../../platform/event-log/event-log.ts";
import type { Actor } from "../access/index.ts";
import { endedCredentials } from "../identity/index.ts";
import { actingFor } from "./stream.repository.ts";

/** What vouches for an open stream, and whose log it is: as much of an actor as is kept for the socket's whole life. */
export type Listener = Pick<Actor, "organisationCode" | "credential">;

/**
 * Which of these may no longer follow the log of their organisation: signed out, expired, revoked, without a role there, or
 * acting for another organisation by now (S2, S7). Two statements, however many there are.
 */
export const endedAmong = async (q: Queryable, listeners: readonly Listener[]): Promise<readonly Listener[]> => {
  const credentials = [...new Map(listeners.map(({ credential }) => [credential.id, credential])).values()];
  const sessionIds = credentials.filter(({ kind }) => kind === "session").map(({ id }) => id);
  const [ended, acting] = await Promise.all([endedCredentials(q, credentials), actingFor(q, sessionIds)]);
  return listeners.filter(({ credential, organisationCode }) => {
    if (ended.has(credential.id)) return true;
    return credential.kind === "session" && acting.get(credential.id) !== organisationCode;
  });
};

/** The last offset of the actor's log, 0 if nothing ever happened: where a client starts that wants only what comes next. */
export const currentOffset = async (q: Queryable, actor: Actor): Promise<number> => {
  const [head] = await readHeads(q, [actor.organisationCode]);
  return head?.lastOffset ?? 0;
};
