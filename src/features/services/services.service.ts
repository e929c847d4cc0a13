import type { Tx } from "../../platform/db/database.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { orderedRequirements } from "./requirements.schema.ts";
import { unknownMatchedAs } from "./services.errors.ts";
import { isMatchedTo, readService, writeService } from "./services.repository.ts";
import type { Service, ServiceInput } from "./services.schema.ts";

/** Adds a service to the catalogue, or replaces it whole. Services are never deleted, since old needs name them: switch them off. */
export const putService = async (tx: Tx, actor: Actor, code: string, input: ServiceInput): Promise<Service> => {
  const { matchedAs } = input;
  if (matchedAs !== null) {
    const target = matchedAs === code ? undefined : await readService(tx.q, matchedAs);
    // One step only: a chain would have to be followed wherever a service is matched.
    if (target === undefined || target.matchedAs !== null || (await isMatchedTo(tx.q, code)))
      throw unknownMatchedAs(matchedAs);
  }
  const service: Service = { ...input, code, requires: orderedRequirements(input.requires) };
  await writeService(tx.q, service);
  await recordAudit(tx, actor, "service.put", code, { isActive: service.isActive, matchedAs });
  return service;
};
