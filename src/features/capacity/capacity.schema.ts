import { z } from "zod";
import { holdsNhsNumber } from "../privacy/index.ts";

/** How patients are seen. */
export const channel = z.enum(["in-person", "telephone", "video", "home-visit"]);
export type Channel = z.output<typeof channel>;

/** firm: take without asking. ask: ask us first. */
export const pledge = z.enum(["firm", "ask"]);
export type Pledge = z.output<typeof pledge>;

/** FHIR's slotstatus: busy-tentative is held by a waiting offer; busy-unavailable has gone or was withdrawn. */
export const slotState = z.enum(["free", "busy-tentative", "busy", "busy-unavailable"]);
export type SlotState = z.output<typeof slotState>;

/** Codes of the catalogue or of the vocabulary of requirements: lower case with hyphens. */
export const code = z.string().regex(/^[a-z][a-z0-9-]{1,39}$/, "Use a code such as wound-simple or step-free.");

/** A clinician's lane such as `N1`: a code, never a name (P1). Eight characters hold no NHS number. */
export const lane = z.string().regex(/^[A-Z][A-Z0-9-]{0,7}$/, "Use a short code such as N1, not a name.");

/** The importer's own key of a clinic. */
export const externalKey = z
  .string()
  .regex(/^[A-Za-z0-9._:/-]{1,64}$/, "Use up to 64 letters, digits and . _ : / -")
  .refine(
    (text) => !holdsNhsNumber(text),
    "This looks like an NHS number. Covershare never holds one: use another key.",
  );

/** ISO 8601 with a zone; anything from 1 to 9999 that Date can hold. */
export const moment = z.iso
  .datetime({ offset: true, error: "Use an instant such as 2026-12-22T09:00:00Z." })
  .pipe(z.coerce.date());

export const slotMinutes = z.int().min(5, "Use 5 to 120 minutes.").max(120, "Use 5 to 120 minutes.");

/** What every way of publishing says about a clinic, besides its times. */
export const clinicBasics = z.strictObject({
  siteId: z.uuid().optional(),
  services: z.array(code).min(1, "Name at least one service.").max(40),
  channel: channel.default("in-person"),
  provides: z.array(code).max(20).default([]),
  pledge,
  slotMinutes,
});
