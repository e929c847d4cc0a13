import { z } from "zod";
import type { Queryable } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { findOrganisation, listOrganisations } from "./directory.repository.ts";
import { badCursor } from "./practices.errors.ts";
import type { organisationDetailSchema, organisationListSchema, organisationNameSchema } from "./practices.schema.ts";

const cursorSchema = z.tuple([z.string(), z.string()]);

const writeCursor = (last: { name: string; code: string }): string =>
  Buffer.from(JSON.stringify([last.name, last.code])).toString("base64url");

const readCursor = (text: string): { name: string; code: string } => {
  try {
    const [name, code] = cursorSchema.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    return { name, code };
  } catch {
    throw badCursor();
  }
};

/** One page of the organisations that the actor may see, by name. */
export const browseOrganisations = async (
  q: Queryable,
  actor: Actor,
  page: { readonly q: string | undefined; readonly after: string | undefined; readonly limit: number },
): Promise<z.output<typeof organisationListSchema>> => {
  const after = page.after === undefined ? undefined : readCursor(page.after);
  const found = await listOrganisations(q, actor, { search: page.q, after, limit: page.limit + 1 });
  const items = found.slice(0, page.limit);
  const last = items.at(-1);
  return { items, next: found.length > items.length && last !== undefined ? writeCursor(last) : null };
};

/**
 * One organisation: in full for itself and for its broker, by name for its neighbours, so that nobody can compare
 * practices (P4).
 */
export const viewOrganisation = async (
  q: Queryable,
  actor: Actor,
  code: string,
): Promise<z.output<typeof organisationDetailSchema> | z.output<typeof organisationNameSchema>> => {
  const found = await findOrganisation(q, actor, code);
  if (found === undefined) throw notFound("organisation");
  if (found.isOwn || isBroker(actor)) return found;
  const { name, kind, isOwn } = found;
  return { code: found.code, name, kind, isOwn };
};
