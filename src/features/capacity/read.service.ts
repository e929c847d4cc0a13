import type { z } from "zod";
import { appNow, type Queryable } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { invalidInput } from "../../platform/http/problem.ts";
import type { Actor } from "../access/index.ts";
import type { clinicQuery, ClinicView, clinicWithSlots, OwnSlotView, slotQuery } from "./capacity.schema.ts";
import { findClinic, listClinics, listSlots, type ClinicRow } from "./clinics-read.repository.ts";
import { isFirmToday } from "./firm.rules.ts";
import { pageOf, readCursor, type Position } from "./page-cursor.rules.ts";

const view = <C extends ClinicRow>(clinic: C, now: Date): C & { isFirmToday: boolean } => ({
  ...clinic,
  isFirmToday: isFirmToday(clinic, now),
});

const positionIn = (after: string | undefined): Position | undefined => {
  if (after === undefined) return undefined;
  const position = readCursor(after);
  if (position === undefined)
    throw invalidInput([{ pointer: "/query/after", message: "Use the `next` of the page before." }]);
  return position;
};

/** A page of the organisation's own clinics, by start. */
export const ownClinics = async (
  q: Queryable,
  actor: Actor,
  query: z.output<typeof clinicQuery>,
): Promise<{ items: ClinicView[]; next: string | null }> => {
  const now = await appNow(q);
  const found = await listClinics(q, actor.organisationCode, {
    from: query.from,
    until: query.until,
    isWithdrawn: query.withdrawn,
    after: positionIn(query.after),
    limit: query.limit + 1,
  });
  return pageOf(
    found.map((clinic) => view(clinic, now)),
    query.limit,
  );
};

/** One clinic of the organisation's own, with its slots. */
export const ownClinic = async (q: Queryable, actor: Actor, id: string): Promise<z.output<typeof clinicWithSlots>> => {
  const found = await findClinic(q, actor.organisationCode, id);
  if (found === undefined) throw notFound("clinic");
  return view(found, await appNow(q));
};

/** A page of the organisation's own slots, by start. */
export const ownSlots = async (
  q: Queryable,
  actor: Actor,
  query: z.output<typeof slotQuery>,
): Promise<{ items: OwnSlotView[]; next: string | null }> => {
  const { after, limit, ...filter } = query;
  const found = await listSlots(q, actor.organisationCode, { ...filter, after: positionIn(after), limit: limit + 1 });
  return pageOf(found, limit);
};
