import { z } from "zod";
import { unique } from "../../platform/lists/lists.ts";
import { holdsNhsNumber } from "../privacy/index.ts";
import { orderedRequirements, requirementListSchema, serviceCodeSchema } from "../services/index.ts";

/** How patients are seen. */
export const channel = z.enum(["in-person", "telephone", "video", "home-visit"]);
export type Channel = z.output<typeof channel>;

/** firm: take without asking. ask: ask us first. */
export const pledge = z.enum(["firm", "ask"]);
export type Pledge = z.output<typeof pledge>;

/** FHIR's slotstatus: busy-tentative is held by a waiting offer; busy-unavailable has gone or was withdrawn. */
export const slotState = z.enum(["free", "busy-tentative", "busy", "busy-unavailable"]);
export type SlotState = z.output<typeof slotState>;

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

/** ISO 8601 with a zone, of this century: what the database and people can hold. */
export const moment = z.iso
  .datetime({ offset: true, error: "Use an instant such as 2026-12-22T09:00:00Z." })
  .transform((text) => new Date(text))
  .refine((at) => at.getUTCFullYear() >= 2000 && at.getUTCFullYear() < 2100, "Use a year from 2000 to 2099.");

export const slotMinutes = z.int().min(5, "Use 5 to 120 minutes.").max(120, "Use 5 to 120 minutes.");

export const serviceCodes = z
  .array(serviceCodeSchema)
  .min(1, "Name at least one service.")
  .max(40)
  .transform((codes) => unique(codes).sort());

export const provides = requirementListSchema.transform((codes): string[] => orderedRequirements(codes));

/** What every way of publishing says about a clinic, besides its times. */
export const clinicBasics = z.strictObject({
  /** Default: the main site. */
  siteId: z.uuid().optional(),
  services: serviceCodes,
  channel: channel.default("in-person"),
  provides: provides.default([]),
  pledge,
  slotMinutes,
});

export const breakInput = z.strictObject({ from: moment, until: moment });

/** One clinic for each of `clinicians`, all alike. */
export const publishBody = clinicBasics.extend({
  startsAt: moment,
  endsAt: moment,
  breaks: z.array(breakInput).max(8).default([]),
  clinicians: z.int().min(1).max(10).default(1),
  /** The clinician's lane; several clinicians get `N1-1`, `N1-2`… */
  lane: lane.max(5).optional(),
});
export type PublishBody = z.output<typeof publishBody>;

const yes = z.enum(["true", "false"]).transform((text) => text === "true");
export const publishQuery = z.strictObject({ dryRun: yes.default(false) });

export const published = z.strictObject({
  /** True: nothing was saved, and there are no ids yet. */
  isDryRun: z.boolean(),
  slotCount: z.int(),
  clinics: z.array(z.strictObject({ id: z.uuid().nullable(), lane: z.string().nullable(), slotCount: z.int() })),
});

const shown = z.iso.datetime();
const counts = z.strictObject({ free: z.int(), held: z.int(), busy: z.int(), unavailable: z.int(), ended: z.int() });

export const clinicView = z.strictObject({
  id: z.uuid(),
  siteId: z.uuid(),
  services: z.array(z.string()),
  channel,
  provides: z.array(z.string()),
  pledge,
  /** Whether it may be taken without asking at this moment (C5). */
  isFirmToday: z.boolean(),
  confirmedOn: z.string().nullable(),
  startsAt: shown,
  endsAt: shown,
  breaks: z.array(z.strictObject({ from: shown, until: shown })),
  slotMinutes: z.int(),
  lane: z.string().nullable(),
  seriesId: z.uuid().nullable(),
  source: z.enum(["form", "import", "call"]),
  isWithdrawn: z.boolean(),
  version: z.int(),
  /** Slots by state; `ended` are free ones whose start has passed. */
  counts,
});
export type ClinicView = z.output<typeof clinicView>;

export const slotView = z.strictObject({ id: z.uuid(), startsAt: shown, endsAt: shown, state: slotState });
export const clinicWithSlots = clinicView.extend({ slots: z.array(slotView) });
export const ownSlotView = slotView.extend({ clinicId: z.uuid(), services: z.array(z.string()) });
export type OwnSlotView = z.output<typeof ownSlotView>;

const page = { after: z.string().max(200).optional(), limit: z.coerce.number().int().min(1).max(200).default(50) };
const window = { from: moment.optional(), until: moment.optional() };

/** Default: what has not ended yet. */
export const clinicQuery = z.strictObject({ ...window, withdrawn: yes.default(false), ...page });
export const clinicPage = z.strictObject({ items: z.array(clinicView), next: z.string().nullable() });

export const slotQuery = z.strictObject({
  ...window,
  state: slotState.optional(),
  clinicId: z.uuid().optional(),
  service: serviceCodeSchema.optional(),
  ...page,
});
export const slotPage = z.strictObject({ items: z.array(ownSlotView), next: z.string().nullable() });

export const idParams = z.strictObject({ id: z.uuid("This is not an id.") });
export const confirmBreakingBody = z.strictObject({ confirmBreaking: z.boolean().default(false) });
export const noBody = z.strictObject({});

export const changeBody = z
  .strictObject({
    startsAt: moment.optional(),
    endsAt: moment.optional(),
    breaks: z.array(breakInput).max(8).optional(),
    services: serviceCodes.optional(),
    provides: provides.optional(),
    pledge: pledge.optional(),
    confirmBreaking: z.boolean().default(false),
  })
  .refine((body) => Object.keys(body).some((key) => key !== "confirmBreaking"), "Say what changes.");
export type ChangeBody = z.output<typeof changeBody>;

/** What became of the agreements that a change touched. */
export const lossView = z.strictObject({ moved: z.int(), broken: z.int() });
export const changedClinic = z.strictObject({ clinic: clinicWithSlots, agreements: lossView });
export const goneView = z.strictObject({ slotId: z.uuid(), agreements: lossView });
export const confirmedView = z.strictObject({ confirmedOn: z.string(), clinics: z.int() });

export const MAX_IMPORT_BYTES = 1024 * 1024;
/** The file inside JSON: the API reads no other language, so that no body slips past its schema under another type. */
export const importBody = z.strictObject({ csv: z.string().max(MAX_IMPORT_BYTES, "Send at most 1 MB.") });
export const importQuery = z.strictObject({ skipBad: yes.default(false) });
export const importView = z.strictObject({
  rows: z.int(),
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  withdrawn: z.int(),
  bad: z.array(z.strictObject({ line: z.int(), column: z.string(), problem: z.string(), fix: z.string() })),
});
