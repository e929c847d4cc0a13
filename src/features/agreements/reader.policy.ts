import { isBroker, type Actor } from "../access/index.ts";
import type { Reader } from "./list.repository.ts";

/** A broker reads the group's agreements; everybody else those of the own organisation (P3). */
export const readerFor = (actor: Actor): Reader =>
  isBroker(actor) && actor.groupCode !== null
    ? { kind: "group", groupCode: actor.groupCode }
    : { kind: "organisation", code: actor.organisationCode };
