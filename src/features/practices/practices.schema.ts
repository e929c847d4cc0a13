import { z } from "zod";
import { openingHoursSchema, openingWeekSchema } from "../calendar/index.ts";
import { plainText } from "../privacy/index.ts";
import { requirementListSchema, serviceCodeSchema } from "../services/index.ts";

/** ODS codes of practices are six characters, those of hubs and federations are not. Case is not kept. */
export const organisationCodeSchema = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z0-9][A-Z0-9-]{1,19}$/, "A code is 2 to 20 letters, digits or hyphens, for example A81001.");

export const organisationKinds = ["practice", "hub", "federation"] as const;
export type OrganisationKind = (typeof organisationKinds)[number];

/** Northings and eastings of the British Isles in degrees: what lies outside is a mix-up of columns. */
export const latSchema = z.number().min(49.5, "Latitude is 49.5 to 61.").max(61, "Latitude is 49.5 to 61.");
export const lonSchema = z.number().min(-8.8, "Longitude is -8.8 to 2.").max(2, "Longitude is -8.8 to 2.");

/**
 * A telephone number as people write it. Eleven digits beginning with 0, or +44: an NHS number has ten, so neither can be
 * mistaken for the other.
 */
export const phoneSchema = z
  .string()
  .max(30)
  .refine(
    (text) => /^(?:0\d{10}|\+44\d{9,10})$/.test(withoutSpaces(text)),
    "Write an eleven-digit telephone number that begins with 0, or one that begins with +44.",
  );

const withoutSpaces = (text: string): string => text.replaceAll(/[\s()-]/g, "");

/** As it is kept: digits only, a leading + where there was one. */
export const keptPhone = (text: string): string => withoutSpaces(text);

export const acceptRoles = ["nurse", "reception", "manager"] as const;

const siteHoursSchema = z.strictObject({ id: z.uuid(), openingHours: openingWeekSchema });

/** What a practice may change of its settings (C3); what is left out stays. */
export const settingsPatchSchema = z.strictObject({
  isAccepting: z.boolean().optional(),
  /** Be asked only until then; null: until it is switched off. Goes with `isAccepting: true`, and is forgotten without it. */
  acceptingUntil: z.iso
    .datetime({ offset: true, error: "Use an instant such as 2026-12-22T18:00:00Z." })
    .nullable()
    .optional(),
  /** Needs a day; null: no cap. */
  dailyCap: z.int().min(0).max(500).nullable().optional(),
  services: z.array(serviceCodeSchema).max(100).optional(),
  provides: requirementListSchema.optional(),
  acceptRoles: z.array(z.enum(acceptRoles)).min(1, "Somebody must be able to answer.").max(3).optional(),
  bypassPhone: phoneSchema.nullable().optional(),
  buddies: z.array(organisationCodeSchema).max(20).optional(),
  sites: z.array(siteHoursSchema).max(50).optional(),
});
export type SettingsPatch = z.output<typeof settingsPatchSchema>;

export const settingsSchema = z.strictObject({
  organisationCode: z.string(),
  name: z.string(),
  /** Whether neighbours may ask just now. */
  isAccepting: z.boolean(),
  /** Until when that is so; null: until it is switched off, or it is off. */
  acceptingUntil: z.string().nullable(),
  dailyCap: z.int().nullable(),
  services: z.array(z.string()),
  provides: z.array(z.string()),
  acceptRoles: z.array(z.string()),
  bypassPhone: z.string().nullable(),
  buddies: z.array(z.string()),
  sites: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      address: z.string().nullable(),
      isMain: z.boolean(),
      openingHours: z.array(openingHoursSchema),
    }),
  ),
  version: z.int(),
});
export type Settings = z.output<typeof settingsSchema>;

/** An organisation as others of its group see it: its name, and no more (P3, P4). */
export const organisationNameSchema = z.strictObject({
  code: z.string(),
  name: z.string(),
  kind: z.enum(organisationKinds),
  isOwn: z.boolean(),
});

export const organisationListSchema = z.strictObject({
  items: z.array(organisationNameSchema),
  next: z.string().nullable(),
});

/** An organisation in full: for itself, and for the broker of its group. */
export const organisationDetailSchema = organisationNameSchema.extend({
  postcode: z.string().nullable(),
  listSize: z.int().nullable(),
  status: z.string(),
  isAccepting: z.boolean(),
  dailyCap: z.int().nullable(),
  provides: z.array(z.string()),
  services: z.array(z.string()),
  bypassPhone: z.string().nullable(),
  groupCode: z.string().nullable(),
  isSigned: z.boolean(),
});

export const networkSchema = z.strictObject({
  code: z.string(),
  kind: z.string(),
  name: z.string(),
  /** How many of your sharing group are in it. */
  members: z.int(),
});
export const networkListSchema = z.strictObject({ items: z.array(networkSchema) });

/** Names of organisations, sites and networks. */
export const nameSchema = plainText(200);
